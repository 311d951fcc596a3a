#include "lmkor/task/noise.h"

#include <algorithm>
#include <array>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

using text::is_syllable;

// Random numbers of one word, taken one after the other.
struct Dice {
  base::Random random;
  uint64_t position = 0;
  double uniform() { return random.uniform(position++); }
  uint64_t below(uint64_t bound) { return random.below(position++, bound); }
};

struct Parts {
  int initial, vowel, final;
};
constexpr Parts parts_of(char32_t c) {
  const int index = static_cast<int>(c - 0xAC00);
  return {index / 588, index % 588 / 28, index % 28};
}
constexpr char32_t syllable_of(const Parts& parts) {
  return static_cast<char32_t>(0xAC00 + parts.initial * 588 + parts.vowel * 28 + parts.final);
}

constexpr std::u32string_view kInitials = U"ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
constexpr std::u32string_view kVowels = U"ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
constexpr std::u32string_view kFinals = U"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";
// Keys of the two-set keyboard in rows; neighbours in a row are slipped to.
constexpr std::array<std::u32string_view, 3> kKeys = {U"ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", U"ㅁㄴㅇㄹㅎㅗㅓㅏㅣ",
                                                      U"ㅋㅌㅊㅍㅠㅜㅡ"};

// Number of a syllable of the word drawn at random; npos where it has none that `fits`.
template <class Fits>
size_t draw_syllable(const std::u32string& word, Dice& dice, const Fits& fits) {
  std::vector<size_t> places;
  for (size_t i = 0; i < word.size(); ++i) {
    if (is_syllable(word[i]) && fits(word[i])) places.push_back(i);
  }
  return places.empty() ? std::u32string::npos : places[dice.below(places.size())];
}
constexpr auto kAny = [](char32_t) { return true; };

// 좋아 -> 좋ㅇㅏ: what is left of a syllable that was not put together.
void split_jamo(std::u32string& word, Dice& dice) {
  const size_t at = draw_syllable(word, dice, kAny);
  if (at == std::u32string::npos) return;
  const Parts parts = parts_of(word[at]);
  std::u32string jamo = {kInitials[static_cast<size_t>(parts.initial)], kVowels[static_cast<size_t>(parts.vowel)]};
  if (parts.final) jamo += kFinals[static_cast<size_t>(parts.final - 1)];
  word.replace(at, 1, jamo);
}

// The key beside the right one that gives a jamo of the same place, or 0.
char32_t slipped(char32_t key, std::u32string_view among, Dice& dice) {
  for (const std::u32string_view row : kKeys) {
    const size_t at = row.find(key);
    if (at == std::u32string_view::npos) continue;
    std::u32string near;
    for (const size_t other : {at - 1, at + 1}) {
      if (other < row.size() && among.find(row[other]) != std::u32string_view::npos) near += row[other];
    }
    return near.empty() ? 0 : near[dice.below(near.size())];
  }
  return 0;
}

void slip_key(std::u32string& word, Dice& dice) {
  const size_t at = draw_syllable(word, dice, kAny);
  if (at == std::u32string::npos) return;
  Parts parts = parts_of(word[at]);
  const bool vowel = dice.below(2) == 1;
  const std::u32string_view among = vowel ? kVowels : kInitials;
  int& part = vowel ? parts.vowel : parts.initial;
  if (const char32_t other = slipped(among[static_cast<size_t>(part)], among, dice))
    part = static_cast<int>(among.find(other));
  word[at] = syllable_of(parts);
}

void add_laughter(std::u32string& word, Dice& dice) {
  constexpr std::u32string_view kLaughs = U"ㅋㅎㅠ";
  const char32_t laugh = kLaughs[dice.below(kLaughs.size())];
  word.append(2 + dice.below(4), laugh);
}

// A final consonant, or a syllable of a word of several, is gone.
void drop_letter(std::u32string& word, Dice& dice) {
  const size_t closed = draw_syllable(word, dice, [](char32_t c) { return parts_of(c).final != 0; });
  if (closed != std::u32string::npos && (dice.below(2) == 0 || word.size() < 3)) {
    Parts parts = parts_of(word[closed]);
    parts.final = 0;
    word[closed] = syllable_of(parts);
  } else if (word.size() >= 3) {
    word.erase(dice.below(word.size()), 1);
  }
}

// 멍멍이 -> 댕댕이: syllables written by others that look like them (야민정음). Pairs, in both directions.
constexpr std::u32string_view kLookAlikes = U"멍댕머대귀커며띠명띵비네파과광팡유윾우윽눈곡논굑";

void look_alike(std::u32string& word, Dice& dice) {
  const size_t at =
      draw_syllable(word, dice, [](char32_t c) { return kLookAlikes.find(c) != std::u32string_view::npos; });
  if (at == std::u32string::npos) return;
  word[at] = kLookAlikes[kLookAlikes.find(word[at]) ^ 1];
}

using Words = std::vector<std::u32string>;

Words divide(std::string_view text) {
  Words out(1);
  for (const char32_t c : text::to_utf32(text)) {
    if (c == U' ') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

struct NoiseRow : NoiseKind {
  void (*change)(std::u32string& word, Dice& dice);  // null: the blank behind the word goes
};
constexpr NoiseRow kKinds[] = {
    {{"blanks", "blanks left out", true}, nullptr},
    {{"jamo", "syllables split into letters", false}, split_jamo},
    {{"slips", "a key beside the right one", false}, slip_key},
    {{"laughs", "ㅋㅋ, ㅎㅎ or ㅠㅠ behind words", false}, add_laughter},
    {{"drops", "letters left out", false}, drop_letter},
    {{"look-alikes", "syllables written by ones that look alike", false}, look_alike},
};

struct Source {
  const NoiseRow& kind;
  double share;
  uint64_t seed;

  void change(std::u32string& word, Dice& dice) const {
    if (dice.uniform() < share) kind.change(word, dice);
  }

  std::string text(const std::string& plain, uint64_t stream) const {
    Dice dice{base::Random(seed, base::RandomUse::kReplace, stream)};
    Words words = divide(plain);
    std::u32string out;
    for (size_t i = 0; i < words.size(); ++i) {
      if (kind.change) change(words[i], dice);
      out += words[i];
      const bool keeps_blank = kind.change || !(dice.uniform() < share);
      if (i + 1 < words.size() && keeps_blank) out += U' ';
    }
    return text::to_utf8(out);
  }
};

}  // namespace

std::span<const NoiseKind> noise_kinds() {
  static const std::vector<NoiseKind> rows(std::begin(kKinds), std::end(kKinds));
  return rows;
}

std::vector<std::string> noise_names() {
  std::vector<std::string> out;
  for (const NoiseKind& kind : kKinds) out.emplace_back(kind.name);
  return out;
}

Noised add_noise(const Task& task, const std::vector<Example>& examples, const std::string& kind, double share,
                 uint64_t seed) {
  const auto* found =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const NoiseRow& row) { return row.name == kind; });
  if (found == std::end(kKinds)) {
    throw base::Error(base::ErrorKind::kUsage, base::str("--noise: got \"", kind, "\", expected all or some of ",
                                                         base::join(noise_names(), ", ")));
  }
  if (task.kind == Kind::kTags && found->joins_words) {
    throw base::Error(base::ErrorKind::kUsage, base::str("--noise: ", kind, " changes which words there are, but ",
                                                         task.name, " tags words; expected another kind"));
  }
  const Source source{*found, share, seed};
  Noised out{.examples = examples};
  for (size_t i = 0; i < examples.size(); ++i) {
    Example& example = out.examples[i];
    for (size_t word = 0; word < example.words.size(); ++word)
      example.words[word] = source.text(example.words[word], i * 1000 + word);
    example.text = task.kind == Kind::kTags ? base::join(example.words, " ") : source.text(example.text, 2 * i);
    if (task.kind != Kind::kAnswer) example.second_text = source.text(example.second_text, 2 * i + 1);
    out.changed += example.text != examples[i].text || example.second_text != examples[i].second_text;
  }
  return out;
}

}  // namespace lmkor::task
