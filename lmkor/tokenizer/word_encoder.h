// One unit of raw text to ids, without a cache: normalised, divided into words, each word into pieces. Immutable and
// shared by threads. What the cache in front of it holds is what this gives.
#pragma once

#include <cstdint>
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

  // Working space of one thread.
  struct Work {
    Words words;
    std::vector<WordPiece::Piece> pieces;
    std::vector<uint32_t> symbols;
  };
  // Writes the ids of `raw`, a stretch of text, and returns their number: at most max_ids(raw.size()).
  size_t encode(std::string_view raw, Work& work, int32_t* ids) const;
  // No code point becomes more ids than it has bytes in UTF-8; broken bytes become none or one each.
  static constexpr size_t max_ids(size_t bytes) { return bytes; }

  const Pretokenizer& pretokenizer() const { return pretokenizer_; }
  const WordPiece& wordpiece() const { return wordpiece_; }
  const cpu::Separators& separators() const { return separators_; }

 private:
  // Writes the symbols of a word in which every code point becomes one code point, whatever stands beside it, and
  // returns their number; kNotSimple if `raw` is something else.
  size_t to_symbols(std::string_view raw, uint32_t* symbols) const;
  uint32_t simple_symbol(char32_t c, const Settings& settings) const;

  static constexpr uint32_t kNotSimple = 0xFFFFFFFF;
  static constexpr char32_t kSimpleEnd = 0x10000;
  Pretokenizer pretokenizer_;
  WordPiece wordpiece_;
  cpu::Separators separators_;
  std::vector<uint32_t> simple_;  // by code point: the symbol of what it becomes, or kNotSimple
};

}  // namespace lmkor::tokenizer
