#include "lmkor/corpus/language.h"

#include <algorithm>

#include <cld2/public/compact_lang_det.h>

#include "lmkor/text/hangul.h"
#include "lmkor/text/scan.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

// So much of a document is enough to tell its language.
constexpr size_t kMaxBytes = 64 << 10;
constexpr int kFairPercent = 20;

// The beginning of `text`, cut between characters.
std::string_view beginning(std::string_view text) {
  size_t size = std::min(text.size(), kMaxBytes);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

LetterCount count_letters(std::string_view text) {
  LetterCount count;
  for (size_t i = 0; i < text.size();) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(text.data() + i, bytes);
    i += bytes;
    if (c < 0x80) {
      count.letters += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    } else if (text::is_hangul(c)) {
      ++count.letters;
      ++count.hangul;
    } else {
      count.letters += text::is_other_letter(c);
    }
  }
  return count;
}

std::string detect_language(std::string_view text, double min_hangul_share) {
  text = beginning(text);
  // Most documents are Korean even if everything that is no syllable is taken for a letter of another script.
  const text::CharacterScan scan = text::scan_characters(text);
  const size_t most_letters = scan.syllables + scan.jamo + scan.latin + scan.others;
  const size_t hangul = scan.syllables + scan.jamo;
  if (hangul > 0 && static_cast<double>(hangul) >= min_hangul_share * static_cast<double>(most_letters)) return "ko";
  const LetterCount count = count_letters(text);
  if (count.letters == 0) return "un";
  if (count.hangul > 0 && static_cast<double>(count.hangul) >= min_hangul_share * static_cast<double>(count.letters))
    return "ko";
  CLD2::Language languages[3];
  int percents[3];
  int text_bytes = 0;
  bool is_reliable = false;
  const CLD2::Language top =
      CLD2::ExtDetectLanguageSummary(text.data(), static_cast<int>(text.size()),
                                     /*is_plain_text=*/false, languages, percents, &text_bytes, &is_reliable);
  for (int i = 0; i < 3; ++i) {
    if (languages[i] == CLD2::KOREAN && percents[i] >= kFairPercent) return "ko";
  }
  if (!is_reliable || top == CLD2::UNKNOWN_LANGUAGE) return "un";
  return CLD2::LanguageCode(top);
}

}  // namespace lmkor::corpus
