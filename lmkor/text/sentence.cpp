#include "lmkor/text/sentence.h"

#include <algorithm>
#include <cstdint>

#include "lmkor/text/hangul.h"
#include "lmkor/text/scan.h"
#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

constexpr std::u32string_view kStops = U".?!。？！．…";
constexpr std::u32string_view kClosers = U"\"')]}”’」』〉》）】";
// Syllables that end a clause in speech: only these let ㅋㅋ, ~ and ... end a sentence.
constexpr std::u32string_view kFinals = U"다요죠네까음임함됨듯당용";
// Of these, the ones that end a sentence even without a blank after the full stop.
constexpr std::u32string_view kSureFinals = U"다요죠까";
// Syllables before a final 요 that make it the ending of a verb: not 필요, 중요, 수요.
constexpr std::u32string_view kBeforeYo = U"어아에예네군세든래까나데지해돼여워와봐게려";
// A sentence without a full stop ends only between stretches as long as this, in bytes (a dozen syllables): short
// exclamations stay together.
constexpr size_t kLongEnough = 36;
constexpr std::u32string_view kLaughs = U"ㅋㅎㅠㅜ";
constexpr std::u32string_view kListing = U"가나다라마바사아자차카타파하";
// What follows a quotation and goes on with its sentence.
constexpr std::string_view kQuoting[] = {"라고", "라는", "라며", "라면서", "이라", "하고",
                                         "하며", "하는", "고 ",  "며 ",    "는 "};
constexpr std::string_view kAbbreviations[] = {"Mr", "Mrs", "Ms",  "Dr",  "Prof", "St",   "vs",
                                               "No", "no",  "Vol", "vol", "pp",   "Fig",  "fig",
                                               "cf", "al",  "Inc", "Co",  "Ltd",  "Corp", "approx"};

bool is_one_of(char32_t c, std::u32string_view set) { return set.find(c) != std::u32string_view::npos; }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_latin(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// Walks backwards over code points of valid UTF-8; 0 where nothing is left. Broken bytes come out as U+FFFD.
class Backwards {
 public:
  Backwards(std::string_view text, size_t end) : text_(text), end_(end) {}
  char32_t peek() const {
    if (end_ == 0) return 0;
    const size_t begin = before();
    if (end_ - begin == 1) return static_cast<unsigned char>(text_[begin]) < 0x80 ? text_[begin] : kReplacement;
    if (end_ - begin == 3 && (text_[begin] & 0xF0) == 0xE0) {
      uint32_t bytes = 0;
      return decode_valid(text_.data() + begin, bytes);
    }
    return decode_one(text_.substr(begin, end_ - begin)).code_point;
  }
  void step() { end_ = before(); }
  size_t end() const { return end_; }

 private:
  size_t before() const {
    size_t begin = end_ - 1;
    while (begin > 0 && end_ - begin < 4 && (static_cast<unsigned char>(text_[begin]) & 0xC0) == 0x80) --begin;
    return begin;
  }
  std::string_view text_;
  size_t end_;
};

bool follows_quotation(std::string_view rest) {
  return std::any_of(std::begin(kQuoting), std::end(kQuoting),
                     [&](std::string_view word) { return rest.starts_with(word); });
}

// Whether one full stop after `at` belongs to a number, a listing mark, an initial or an abbreviation. `at` stands
// before the full stop; `sentence` begins where the last sentence ended.
bool stop_belongs_to_word(std::string_view sentence, Backwards at) {
  const char32_t last = at.peek();
  if (is_digit(last)) return true;
  if (!is_latin(last) && !is_one_of(last, kListing)) return false;
  const size_t word_end = at.end();
  while (at.peek() != 0 && (is_latin(at.peek()) || is_one_of(at.peek(), kListing))) at.step();
  const std::string_view word = sentence.substr(at.end(), word_end - at.end());
  if (!is_latin(last))
    return word.size() == 3 && sentence.substr(0, at.end()).find_first_not_of(" \t(") == std::string_view::npos;
  if (word.size() == 1) return true;
  return std::find(std::begin(kAbbreviations), std::end(kAbbreviations), word) != std::end(kAbbreviations);
}

// Whether `at` stands behind an ending that only sentences have: -ㅂ니다, -ㅂ니까, -어요 and its like.
bool is_sure_ending(Backwards at) {
  const char32_t last = at.peek();
  if (last != U'다' && last != U'까' && last != U'요') return false;
  at.step();
  const char32_t before = at.peek();
  if (last == U'요') return is_one_of(before, kBeforeYo);
  if (before != U'니') return false;
  at.step();
  constexpr char32_t kFinals = 28, kFinalBieup = 17;  // of the syllables of one initial and vowel, those that end in ㅂ
  return is_syllable(at.peek()) && (at.peek() - 0xAC00) % kFinals == kFinalBieup;
}

// Whether `sentence`, which a blank and then `rest` follow, is complete.
bool ends_sentence(std::string_view sentence, std::string_view rest) {
  Backwards at(sentence, sentence.size());
  if (is_syllable(at.peek())) {
    return sentence.size() >= kLongEnough && is_sure_ending(at) &&
           rest.substr(0, rest.find('\n')).size() >= kLongEnough;
  }
  while (is_one_of(at.peek(), kClosers)) at.step();
  bool laughed = false;
  for (; is_one_of(at.peek(), kLaughs); at.step()) laughed = true;
  bool wavy = false;
  for (; at.peek() == '~'; at.step()) wavy = true;
  int dots = 0;
  bool asks = false, stops = false;
  for (; is_one_of(at.peek(), kStops); at.step()) {
    stops = true;
    if (at.peek() == '.') {
      ++dots;
    } else if (at.peek() == U'…') {
      dots += 3;
    } else {
      asks = true;
    }
  }
  if (asks) return true;
  if (at.peek() == 0) return false;
  if (stops && dots == 1 && !laughed && !wavy) return !stop_belongs_to_word(sentence, at);
  return (stops || laughed || wavy) && is_one_of(at.peek(), kFinals);
}

// Whether the stop that ends `sentence` ends it although Hangul follows at once.
bool ends_without_blank(std::string_view sentence, std::string_view rest) {
  if (rest.empty() || !is_syllable(decode_one(rest).code_point) || follows_quotation(rest)) return false;
  Backwards at(sentence, sentence.size());
  while (is_one_of(at.peek(), U".?!")) at.step();
  if (!is_one_of(at.peek(), kSureFinals)) return false;
  at.step();
  return is_syllable(at.peek());
}

}  // namespace

void split_sentences(std::string_view paragraph, std::vector<std::string_view>& sentences) {
  size_t begin = 0;
  for (size_t i = find_sentence_end(paragraph, 0); i < paragraph.size();) {
    const char byte = paragraph[i];
    size_t next = i + 1;
    bool ends = false;
    if (byte == '\n') {
      ends = true;
    } else if (is_blank(byte)) {
      while (next < paragraph.size() && is_blank(paragraph[next])) ++next;
      const std::string_view rest = paragraph.substr(next);
      ends = i > begin && ends_sentence(paragraph.substr(begin, i - begin), rest) && !follows_quotation(rest);
    } else {
      ends = ends_without_blank(paragraph.substr(begin, next - begin), paragraph.substr(next));
    }
    if (ends) {
      sentences.push_back(paragraph.substr(begin, next - begin));
      begin = next;
    }
    i = find_sentence_end(paragraph, next);
  }
  if (begin < paragraph.size()) sentences.push_back(paragraph.substr(begin));
}

std::vector<std::string_view> split_sentences(std::string_view paragraph) {
  std::vector<std::string_view> sentences;
  split_sentences(paragraph, sentences);
  return sentences;
}

}  // namespace lmkor::text
