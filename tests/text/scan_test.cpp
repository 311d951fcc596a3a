#include "lmkor/text/scan.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lmkor/base/random.h"
#include "lmkor/text/cpu/scan_kernel.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

bool is_plain(char32_t c) { return (c >= 0x20 && c <= 0x7E) || c == '\n' || is_syllable(c) || is_jamo(c); }
bool is_sign(char32_t c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return c > 0x20 && !letter && c != 0x7F && !is_syllable(c);
}

// Long plain stretches with a few other characters, among them the neighbours of every bound.
std::u32string draw_text(const base::Random& random, uint64_t& at) {
  constexpr std::u32string_view kUsual = U"가나다라마힣각 ab1 \n";
  constexpr std::u32string_view kOthers =
      U"ㄱㅣㅋ!?.@\t…“é國あ\u001F\u007F\u00A0\u3130\u3164\uABFF\uD7A4\uE000\uFFFD😀·";
  std::u32string text;
  for (uint64_t i = random.below(at++, 400); i > 0; --i) {
    const bool usual = random.below(at++, 60) != 0;
    const auto from = usual ? kUsual : kOthers;
    text += from[random.below(at++, from.size())];
  }
  return text;
}

// Calls check(text, characters, begins) for many texts; begins[i] is the byte at which character i begins, the last one
// their size.
template <class Check>
void for_texts(uint64_t seed, int rounds, Check&& check) {
  const base::Random random(seed, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::u32string wide = draw_text(random, at);
    std::string text;
    std::vector<size_t> begins = {0};
    for (const char32_t c : wide) {
      append_utf8(text, c);
      begins.push_back(text.size());
    }
    check(text, wide, begins);
  }
}

const uint8_t* bytes_of(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

TEST(Scan, FindsWhatNeedsALook) {
  size_t passed = 0;
  for_texts(17, 3000, [&](const std::string& text, const std::u32string& wide, const std::vector<size_t>& begins) {
    const size_t from = wide.size() / 3;
    size_t unplain = text.size(), sign_pair = text.size(), blank_pair = text.size();
    for (size_t i = wide.size(); i-- > from;) {
      const char32_t next = i + 1 < wide.size() ? wide[i + 1] : U'a';
      const auto is_blank = [](char32_t c) { return c == ' ' || c == '\n'; };
      if (!is_plain(wide[i])) unplain = begins[i];
      if (is_sign(wide[i]) && is_sign(next)) sign_pair = begins[i];
      if (is_blank(wide[i]) && is_blank(next)) blank_pair = begins[i];
    }
    for (const cpu::ScanKernel* kernel : cpu::scan_kernels()) {
      ASSERT_EQ(kernel->unplain(bytes_of(text), text.size(), begins[from]), unplain) << kernel->name;
      ASSERT_EQ(kernel->blank_pair(bytes_of(text), text.size(), begins[from]), blank_pair) << kernel->name;
      const size_t found = kernel->sign_pair(bytes_of(text), text.size(), begins[from]);
      ASSERT_LE(found, sign_pair) << kernel->name;
      ASSERT_EQ(found, find_sign_pair(text, begins[from])) << kernel->name;
      passed += found - begins[from];
    }
  });
  EXPECT_GT(passed, 50000u);
}

TEST(Scan, FindsWhereSentencesMayEnd) {
  constexpr std::u32string_view kMarks = U".?!~\"')]}";
  const auto is_in = [](char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; };
  size_t passed = 0;
  for_texts(18, 3000, [&](const std::string& text, const std::u32string& wide, const std::vector<size_t>& begins) {
    const size_t from = wide.size() / 3;
    size_t expected = text.size();
    for (size_t i = wide.size(); i-- > from;) {
      const char32_t c = wide[i], next = i + 1 < wide.size() ? wide[i + 1] : U'a',
                     before = i > from ? wide[i - 1] : U'.';
      const bool blank = c == ' ' || c == '\t' || c == '\r';
      // U+B000 to U+CFFF have EB and EC for their first byte, and most of them go on.
      const bool goes_on =
          before < 0x80 ? kMarks.find(before) == std::u32string_view::npos
                        : is_in(before, 0xB000, 0xCFFF) && before % 64 != U'다' % 64 && before % 64 != U'요' % 64;
      const bool stop = c == '.' || c == '?' || c == '!';
      if (c == '\n' || (blank && !goes_on) || (stop && is_in(next, 0xA000, 0xDFFF))) expected = begins[i];
    }
    for (const cpu::ScanKernel* kernel : cpu::scan_kernels()) {
      const size_t found = kernel->sentence_end(bytes_of(text), text.size(), begins[from]);
      ASSERT_LE(found, expected) << kernel->name;
      ASSERT_EQ(found, find_sentence_end(text, begins[from])) << kernel->name;
      passed += expected > begins[from] ? found - begins[from] : 0;
    }
  });
  EXPECT_GT(passed, 20000u);
}

TEST(Scan, FindsNumbersAndAddresses) {
  const base::Random random(20, base::RandomUse::kGenerate);
  uint64_t at = 0;
  size_t found_some = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (uint64_t i = random.below(at++, 600); i > 0; --i) {
      const uint64_t kind = random.below(at++, 400);
      text += kind == 0 ? '@' : kind < 30 ? static_cast<char>('0' + kind % 10) : 'a';
    }
    const size_t from = text.size() / 3;
    const auto digits = [&](size_t begin) {
      size_t count = 0;
      for (size_t i = begin; i < std::min(begin + kScanBytes, text.size()); ++i)
        count += text[i] >= '0' && text[i] <= '9';
      return count;
    };
    size_t expected = from;
    for (; expected < text.size(); expected += kScanBytes) {
      const size_t here = digits(expected);
      if (text.substr(expected, kScanBytes).find('@') != std::string::npos) break;
      if (here > 0 && here + digits(expected + kScanBytes) >= kFewestDigits) break;
    }
    expected = std::min(expected, text.size());
    found_some += expected < text.size();
    for (const cpu::ScanKernel* kernel : cpu::scan_kernels())
      ASSERT_EQ(kernel->number(bytes_of(text), text.size(), from), expected) << kernel->name;
  }
  EXPECT_GT(found_some, 1000u);
  EXPECT_LT(found_some, 2900u);
}

TEST(Scan, LooseBlanks) {
  for (const char* text : {" 가", "가 ", "가  나", "가 \n나", "가\n\n나", "\n"})
    EXPECT_TRUE(has_loose_blanks(text)) << text;
  for (const char* text : {"", "가", "가 나\n다", "a b c"}) EXPECT_FALSE(has_loose_blanks(text)) << text;
}

TEST(Scan, CountsCharacters) {
  EXPECT_EQ(scan_characters("").characters, 0u);
  for_texts(19, 300, [&](const std::string& text, const std::u32string& wide, const std::vector<size_t>&) {
    CharacterScan expected;
    for (const char32_t c : wide) {
      ++expected.characters;
      expected.blanks += c == ' ' || c == '\n' || c == '\t';
      expected.latin += (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      expected.digits += c >= '0' && c <= '9';
      expected.syllables += is_syllable(c);
      expected.jamo += is_jamo(c);
      expected.others += c >= 0x80 && !is_syllable(c) && !is_jamo(c);
    }
    const CharacterScan got = scan_characters(text);
    ASSERT_EQ(got.characters, expected.characters);
    ASSERT_EQ(got.blanks, expected.blanks);
    ASSERT_EQ(got.latin, expected.latin);
    ASSERT_EQ(got.digits, expected.digits);
    ASSERT_EQ(got.syllables, expected.syllables);
    ASSERT_EQ(got.jamo, expected.jamo);
    ASSERT_EQ(got.others, expected.others);
    cpu::ByteCounts first{};
    cpu::scan_kernels().front()->count(bytes_of(text), text.size(), first);
    for (const cpu::ScanKernel* kernel : cpu::scan_kernels()) {
      cpu::ByteCounts counts{};
      kernel->count(bytes_of(text), text.size(), counts);
      ASSERT_EQ(std::memcmp(&counts, &first, sizeof counts), 0) << kernel->name;
    }
  });
}

}  // namespace
}  // namespace lmkor::text
