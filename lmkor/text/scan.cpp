#include "lmkor/text/scan.h"

#include "lmkor/text/cpu/scan_kernel.h"

namespace lmkor::text {
namespace {

const cpu::ScanKernel& kernel() {
  static const cpu::ScanKernel& fastest = *cpu::scan_kernels().front();
  return fastest;
}

size_t find(cpu::ScanKernel::Find search, std::string_view utf8, size_t from) {
  return search(reinterpret_cast<const uint8_t*>(utf8.data()), utf8.size(), from);
}

}  // namespace

size_t find_unplain(std::string_view utf8, size_t from) { return find(kernel().unplain, utf8, from); }
size_t find_sign_pair(std::string_view utf8, size_t from) { return find(kernel().sign_pair, utf8, from); }
size_t find_blank_pair(std::string_view utf8, size_t from) { return find(kernel().blank_pair, utf8, from); }
size_t find_sentence_end(std::string_view utf8, size_t from) { return find(kernel().sentence_end, utf8, from); }
size_t find_number(std::string_view utf8, size_t from) { return find(kernel().number, utf8, from); }

bool has_loose_blanks(std::string_view utf8) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n'; };
  return !utf8.empty() && (is_blank(utf8.front()) || is_blank(utf8.back()) || find_blank_pair(utf8, 0) < utf8.size());
}

CharacterScan scan_characters(std::string_view utf8) {
  cpu::ByteCounts counts{};
  kernel().count(reinterpret_cast<const uint8_t*>(utf8.data()), utf8.size(), counts);
  CharacterScan sums;
  sums.characters = utf8.size() - counts.trail;
  sums.blanks = counts.blank;
  sums.latin = counts.latin;
  sums.digits = counts.digit;
  sums.syllables = counts.syllable;
  sums.jamo = counts.jamo;
  sums.others = sums.characters - counts.ascii - counts.syllable - counts.jamo;
  return sums;
}

}  // namespace lmkor::text
