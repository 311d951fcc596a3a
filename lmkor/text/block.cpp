#include "lmkor/text/block.h"

#include <algorithm>
#include <iterator>

namespace lmkor::text {
namespace {

struct Block {
  char32_t first, last;
  std::string_view name;
};

// Ascending.
constexpr Block kBlocks[] = {
    {0x0000, 0x007F, "Basic Latin"},
    {0x0080, 0x00FF, "Latin-1 Supplement"},
    {0x0100, 0x017F, "Latin Extended-A"},
    {0x0180, 0x024F, "Latin Extended-B"},
    {0x0250, 0x02AF, "IPA Extensions"},
    {0x02B0, 0x02FF, "Spacing Modifier Letters"},
    {0x0300, 0x036F, "Combining Diacritical Marks"},
    {0x0370, 0x03FF, "Greek and Coptic"},
    {0x0400, 0x04FF, "Cyrillic"},
    {0x0530, 0x058F, "Armenian"},
    {0x0590, 0x05FF, "Hebrew"},
    {0x0600, 0x06FF, "Arabic"},
    {0x0900, 0x097F, "Devanagari"},
    {0x0E00, 0x0E7F, "Thai"},
    {0x1100, 0x11FF, "Hangul Jamo"},
    {0x1E00, 0x1EFF, "Latin Extended Additional"},
    {0x1F00, 0x1FFF, "Greek Extended"},
    {0x2000, 0x206F, "General Punctuation"},
    {0x2070, 0x209F, "Superscripts and Subscripts"},
    {0x20A0, 0x20CF, "Currency Symbols"},
    {0x20D0, 0x20FF, "Combining Diacritical Marks for Symbols"},
    {0x2100, 0x214F, "Letterlike Symbols"},
    {0x2150, 0x218F, "Number Forms"},
    {0x2190, 0x21FF, "Arrows"},
    {0x2200, 0x22FF, "Mathematical Operators"},
    {0x2300, 0x23FF, "Miscellaneous Technical"},
    {0x2400, 0x243F, "Control Pictures"},
    {0x2460, 0x24FF, "Enclosed Alphanumerics"},
    {0x2500, 0x257F, "Box Drawing"},
    {0x2580, 0x259F, "Block Elements"},
    {0x25A0, 0x25FF, "Geometric Shapes"},
    {0x2600, 0x26FF, "Miscellaneous Symbols"},
    {0x2700, 0x27BF, "Dingbats"},
    {0x27C0, 0x27EF, "Miscellaneous Mathematical Symbols-A"},
    {0x27F0, 0x27FF, "Supplemental Arrows-A"},
    {0x2900, 0x297F, "Supplemental Arrows-B"},
    {0x2980, 0x29FF, "Miscellaneous Mathematical Symbols-B"},
    {0x2A00, 0x2AFF, "Supplemental Mathematical Operators"},
    {0x2B00, 0x2BFF, "Miscellaneous Symbols and Arrows"},
    {0x2E80, 0x2EFF, "CJK Radicals Supplement"},
    {0x2F00, 0x2FDF, "Kangxi Radicals"},
    {0x3000, 0x303F, "CJK Symbols and Punctuation"},
    {0x3040, 0x309F, "Hiragana"},
    {0x30A0, 0x30FF, "Katakana"},
    {0x3130, 0x318F, "Hangul Compatibility Jamo"},
    {0x3200, 0x32FF, "Enclosed CJK Letters and Months"},
    {0x3300, 0x33FF, "CJK Compatibility"},
    {0x3400, 0x4DBF, "CJK Unified Ideographs Extension A"},
    {0x4E00, 0x9FFF, "CJK Unified Ideographs"},
    {0xA960, 0xA97F, "Hangul Jamo Extended-A"},
    {0xAC00, 0xD7AF, "Hangul Syllables"},
    {0xD7B0, 0xD7FF, "Hangul Jamo Extended-B"},
    {0xE000, 0xF8FF, "Private Use Area"},
    {0xF900, 0xFAFF, "CJK Compatibility Ideographs"},
    {0xFB00, 0xFB4F, "Alphabetic Presentation Forms"},
    {0xFE00, 0xFE0F, "Variation Selectors"},
    {0xFE10, 0xFE1F, "Vertical Forms"},
    {0xFE30, 0xFE4F, "CJK Compatibility Forms"},
    {0xFE50, 0xFE6F, "Small Form Variants"},
    {0xFE70, 0xFEFF, "Arabic Presentation Forms-B"},
    {0xFF00, 0xFFEF, "Halfwidth and Fullwidth Forms"},
    {0xFFF0, 0xFFFF, "Specials"},
    {0x1D400, 0x1D7FF, "Mathematical Alphanumeric Symbols"},
    {0x1F000, 0x1F02F, "Mahjong Tiles"},
    {0x1F0A0, 0x1F0FF, "Playing Cards"},
    {0x1F100, 0x1F1FF, "Enclosed Alphanumeric Supplement"},
    {0x1F200, 0x1F2FF, "Enclosed Ideographic Supplement"},
    {0x1F300, 0x1F5FF, "Miscellaneous Symbols and Pictographs"},
    {0x1F600, 0x1F64F, "Emoticons"},
    {0x1F650, 0x1F67F, "Ornamental Dingbats"},
    {0x1F680, 0x1F6FF, "Transport and Map Symbols"},
    {0x1F780, 0x1F7FF, "Geometric Shapes Extended"},
    {0x1F900, 0x1F9FF, "Supplemental Symbols and Pictographs"},
    {0x1FA70, 0x1FAFF, "Symbols and Pictographs Extended-A"},
    {0x20000, 0x2A6DF, "CJK Unified Ideographs Extension B"},
    {0x2F800, 0x2FA1F, "CJK Compatibility Ideographs Supplement"},
};

}  // namespace

std::string_view block_name(char32_t code_point) {
  const Block* after = std::upper_bound(std::begin(kBlocks), std::end(kBlocks), code_point,
                                        [](char32_t c, const Block& block) { return c < block.first; });
  if (after == std::begin(kBlocks) || code_point > after[-1].last) return "Other";
  return after[-1].name;
}

}  // namespace lmkor::text
