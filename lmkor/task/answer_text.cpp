#include "lmkor/task/answer_text.h"

#include <algorithm>
#include <map>
#include <vector>

#include "lmkor/text/bert_unicode.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

constexpr std::u32string_view kMarks = U"'\"《》<>〈〉()‘’";

// What Python's str.split() divides at.
bool is_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

// 2 * shared / (a + b) by precision and recall, in the script's order of operations.
template <class Items>
double overlap_f1(const Items& answer, const Items& right) {
  std::map<typename Items::value_type, int64_t> counts;
  for (const auto& item : right) ++counts[item];
  int64_t shared = 0;
  for (const auto& item : answer) {
    if (counts[item]-- > 0) ++shared;
  }
  if (shared == 0) return 0;
  const double precision = static_cast<double>(shared) / static_cast<double>(answer.size());
  const double recall = static_cast<double>(shared) / static_cast<double>(right.size());
  return 2 * precision * recall / (precision + recall);
}

std::u32string characters(std::string_view text) {
  std::u32string out = normalize_answer(text);
  std::erase(out, U' ');
  return out;
}

std::vector<std::u32string> words(std::string_view text) {
  std::vector<std::u32string> out(1);
  for (const char32_t c : normalize_answer(text)) {
    if (c == U' ') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

}  // namespace

std::u32string normalize_answer(std::string_view text) {
  std::u32string lower;
  for (const char32_t c : text::to_utf32(text)) {
    if (kMarks.find(c) != std::u32string_view::npos) {
      lower += U' ';
    } else {
      text::append_bert_lower(lower, c);
    }
  }
  std::u32string out;
  bool divided = false;
  for (const char32_t c : lower) {
    if (is_ascii_punctuation(c)) continue;
    if (is_space(c)) {
      divided = !out.empty();
      continue;
    }
    if (divided) out += U' ';
    divided = false;
    out += c;
  }
  return out;
}

bool answers_equal(std::string_view answer, std::string_view right) {
  return normalize_answer(answer) == normalize_answer(right);
}

double answer_char_f1(std::string_view answer, std::string_view right) {
  return overlap_f1(characters(answer), characters(right));
}

double answer_word_f1(std::string_view answer, std::string_view right) {
  return overlap_f1(words(answer), words(right));
}

}  // namespace lmkor::task
