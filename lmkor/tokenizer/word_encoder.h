// Units of raw text to ids, without a cache: normalised, divided into words, each word into pieces. Immutable and
// shared by threads. What the cache in front of it holds is what this gives.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/cpu/units.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/tokenizer/settings.h"
#include "lmkor/tokenizer/wordpiece.h"

namespace lmkor::tokenizer {

class WordEncoder {
 public:
  WordEncoder(const std::vector<std::string>& tokens, const Settings& settings, int32_t unk_id);

  struct Unit {
    std::string_view raw;  // a stretch of text
    int32_t* ids;          // receives its ids: room for max_ids(raw.size())
    size_t count;          // receives their number
  };
  // Working space of one thread.
  struct Work {
    Words words;
    std::vector<WordPiece::Piece> pieces;
    // Of words that are divided together (cpu::Walks), and the unit of each.
    std::vector<uint32_t> symbols, begins, counts;
    std::vector<int32_t> ids;
    std::vector<Unit*> units;
  };
  void encode(std::span<Unit> units, const cpu::Kernel& kernel, Work& work) const;
  // No code point becomes more ids than it has bytes in UTF-8; broken bytes become none or one each.
  static constexpr size_t max_ids(size_t bytes) { return bytes; }

  const Pretokenizer& pretokenizer() const { return pretokenizer_; }
  const WordPiece& wordpiece() const { return wordpiece_; }
  const cpu::Separators& separators() const { return separators_; }

 private:
  bool add_words(Unit& unit, const cpu::Kernel& kernel, uint32_t*& symbols, Work& work) const;
  uint32_t simple_symbol(char32_t c, const Settings& settings) const;

  // What a code point becomes wherever it stands: a symbol of one code point, with kAlone if that is a word of its own,
  // nothing, the end of a word, or (kNotSimple) something that takes a look at more than this code point.
  static constexpr uint32_t kNotSimple = uint32_t{1} << 31, kAlone = uint32_t{1} << 30, kDeleted = uint32_t{1} << 29,
                            kSpace = uint32_t{1} << 28, kOdd = kNotSimple | kAlone | kDeleted | kSpace;
  static constexpr char32_t kSimpleEnd = 0x10000;
  Pretokenizer pretokenizer_;
  WordPiece wordpiece_;
  cpu::Separators separators_;
  std::vector<uint32_t> simple_;  // by code point
};

}  // namespace lmkor::tokenizer
