#include "lmkor/vocab/alphabet.h"

#include <algorithm>
#include <map>

#include "lmkor/base/interrupt.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

constexpr char32_t kPlane = 0x10000;  // nearly all text is in the first 65,536 code points

struct Seen {
  uint64_t count = 0, words = 0;
  bool inside = false;
  std::string_view last_word;  // by its place: tells words apart

  void add(const Character& other) {
    count += other.count;
    words += other.words;
    inside = inside || other.inside;
  }
};

class Table {
 public:
  Table() : plane_(kPlane) {}
  Seen& operator[](char32_t c) { return c < kPlane ? plane_[c] : rest_[c]; }
  template <class Visit>
  void each(const Visit& visit) const {
    for (char32_t c = 0; c < kPlane; ++c) {
      if (plane_[c].words > 0) visit(c, plane_[c]);
    }
    for (const auto& [c, seen] : rest_) visit(c, seen);
  }

 private:
  std::vector<Seen> plane_;
  std::map<char32_t, Seen> rest_;
};

using Part = std::vector<Character>;

Part list(const Table& table) {
  Part out;
  table.each([&](char32_t c, const Seen& seen) { out.push_back({c, seen.count, seen.words, seen.inside, true}); });
  return out;
}

Part characters_of_block(WordReader&& reader) {
  base::check_interrupt();
  Table table;
  WordCount word;
  while (reader.next(word)) {
    std::string_view rest = word.word;
    for (bool inside = false; !rest.empty(); inside = true) {
      uint32_t bytes = 0;
      Seen& seen = table[text::decode_valid(rest.data(), bytes)];
      rest.remove_prefix(bytes);
      seen.count += word.count;
      seen.words += seen.last_word.data() != word.word.data();
      seen.last_word = word.word;
      seen.inside = seen.inside || inside;
    }
  }
  return list(table);
}

}  // namespace

std::vector<Character> characters_of(const Counts& counts, int threads) {
  Table all;
  visit_blocks<Part>(counts, threads, characters_of_block, [&](Part&& part) {
    for (const Character& character : part) all[character.code_point].add(character);
  });
  return list(all);
}

void choose(std::vector<Character>& characters, uint64_t min_count, double coverage) {
  uint64_t total = 0;
  for (Character& character : characters) {
    total += character.count;
    character.kept = character.count >= min_count;
  }
  if (coverage >= 1) return;
  std::vector<Character*> falling;
  for (Character& character : characters) falling.push_back(&character);
  std::stable_sort(falling.begin(), falling.end(),
                   [](const Character* a, const Character* b) { return a->count > b->count; });
  const double wanted = coverage * static_cast<double>(total);
  uint64_t covered = 0;
  for (Character* character : falling) {
    if (static_cast<double>(covered) >= wanted) character->kept = false;
    covered += character->count;
  }
}

}  // namespace lmkor::vocab
