#include "lmkor/tokenizer/word_encoder.h"

#include <algorithm>

#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {

WordEncoder::WordEncoder(const std::vector<std::string>& tokens, const Settings& settings, int32_t unk_id)
    : pretokenizer_(settings),
      wordpiece_(tokens, settings.continuing_prefix, unk_id, settings.max_input_chars_per_word),
      simple_(kSimpleEnd) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const auto is = pretokenizer_.byte_class(static_cast<char>(byte));
    if (is == Pretokenizer::kSpace) separators_.spaces.add(static_cast<char>(byte));
    if (is == Pretokenizer::kPunctuation) separators_.marks.add(static_cast<char>(byte));
  }
  for (char32_t c = 0; c < kSimpleEnd; ++c) {
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    simple_[c] = surrogate ? kNotSimple : simple_symbol(c, settings);
  }
}

uint32_t WordEncoder::simple_symbol(char32_t c, const Settings& settings) const {
  const uint8_t property = text::bert_properties()[c];
  if (settings.clean_text) {
    if ((property & text::kBertDeleted) != 0) return kDeleted;
    if ((property & text::kBertBlank) != 0) return kSpace;
  }
  if (settings.strips_accents() && (property & (text::kBertMark | text::kBertReorders)) != 0) return kNotSimple;
  char32_t normal = c;
  if (settings.lowercase && (property & text::kBertLower) != 0) {
    std::u32string lower;
    text::append_bert_lower(lower, c);
    if (lower.size() != 1) return kNotSimple;
    normal = lower[0];
  }
  const uint8_t kind = text::bert_properties()[normal];
  if ((kind & text::kBertSpace) != 0) return kSpace;
  const bool alone =
      (kind & text::kBertPunctuation) != 0 || (settings.handle_chinese_chars && (property & text::kBertSpaced) != 0);
  return wordpiece_.symbol(normal) | (alone ? kAlone : 0);
}

// Adds the words of a unit that needs no more than one look at each code point; false if it needs more.
bool WordEncoder::add_words(Unit& unit, const cpu::Kernel& kernel, uint32_t*& symbols, Work& work) const {
  const size_t words_before = work.units.size();
  uint32_t* out = symbols;
  uint32_t* begin = out;
  const auto end_word = [&] {
    if (out == begin) return;
    work.begins.push_back(static_cast<uint32_t>(begin - work.symbols.data()));
    work.units.push_back(&unit);
    *out++ = 0;
    begin = out;
  };
  const char* at = unit.raw.data();
  const char* const end = at + unit.raw.size();
  // Nearly all words are Hangul alone.
  if (unit.raw.size() % 3 == 0 && kernel.read_threes(simple_.data(), kOdd, at, unit.raw.size(), out)) {
    out += unit.raw.size() / 3;
    at = end;
  }
  const auto byte = [&at](int i) { return static_cast<unsigned char>(at[i]); };
  while (at < end) {
    char32_t c = byte(0);
    uint32_t bytes = 1;
    if (c > 0xE0 && c < 0xF0 && end - at >= 3 && (byte(1) & 0xC0) == 0x80 && (byte(2) & 0xC0) == 0x80) {
      c = (c & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
      bytes = 3;
    } else if (c >= 0x80) {
      const text::Decoded decoded = text::decode_one({at, static_cast<size_t>(end - at)});
      c = decoded.code_point;  // of broken bytes U+FFFD, as everywhere
      bytes = decoded.bytes;
    }
    const uint32_t symbol = c < kSimpleEnd ? simple_[c] : kNotSimple;
    at += bytes;
    if ((symbol & kOdd) == 0) {
      *out++ = symbol;
    } else if ((symbol & kNotSimple) != 0) {
      work.begins.resize(words_before);
      work.units.resize(words_before);
      return false;
    } else if ((symbol & kDeleted) == 0) {
      end_word();
      if ((symbol & kAlone) == 0) continue;
      *out++ = symbol & ~kAlone;
      end_word();
    }
  }
  end_word();
  symbols = out;
  return true;
}

void WordEncoder::encode(std::span<Unit> units, const cpu::Kernel& kernel, Work& work) const {
  size_t symbols = 1;
  for (const Unit& unit : units) symbols += 2 * unit.raw.size() + 1;  // each may be a word and have a 0 behind it
  if (work.symbols.size() < symbols) {
    work.symbols.resize(symbols);
    work.ids.resize(symbols);
  }
  work.begins.clear();
  work.units.clear();
  uint32_t* next = work.symbols.data();
  for (Unit& unit : units) {
    unit.count = 0;
    if (add_words(unit, kernel, next, work)) continue;
    pretokenizer_.split(unit.raw, work.words);
    for (const Words::Word& word : work.words.words) {
      work.pieces.clear();
      wordpiece_.encode({work.words.chars.data() + word.begin, word.end - word.begin}, work.pieces);
      for (const WordPiece::Piece& piece : work.pieces) unit.ids[unit.count++] = piece.id;
    }
  }
  *next = 0;
  const size_t words = work.units.size();
  work.begins.resize(words + 1 + cpu::Walks::kPadding, static_cast<uint32_t>(next - work.symbols.data()));
  if (work.counts.size() < words) work.counts.resize(words);
  kernel.walk(wordpiece_.trie(), {work.symbols.data(), work.begins.data(), words, work.ids.data(), work.counts.data()});
  for (size_t i = 0; i < words; ++i) {
    Unit& unit = *work.units[i];
    std::copy_n(work.ids.data() + work.begins[i], work.counts[i], unit.ids + unit.count);
    unit.count += work.counts[i];
  }
}

}  // namespace lmkor::tokenizer
