#include "lmkor/tokenizer/word_encoder.h"

#include <algorithm>

#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {

WordEncoder::WordEncoder(const std::vector<std::string>& tokens, const Settings& settings, int32_t unk_id)
    : pretokenizer_(settings),
      wordpiece_(tokens, settings.continuing_prefix, unk_id, settings.max_input_chars_per_word),
      simple_(kSimpleEnd, kNotSimple) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const auto is = pretokenizer_.byte_class(static_cast<char>(byte));
    if (is == Pretokenizer::kSpace) separators_.spaces.add(static_cast<char>(byte));
    if (is == Pretokenizer::kPunctuation) separators_.punctuation.add(static_cast<char>(byte));
  }
  for (char32_t c = 0; c < kSimpleEnd; ++c) {
    const bool surrogate = c >= 0xD800 && c < 0xE000;
    if (!surrogate) simple_[c] = simple_symbol(c, settings);
  }
}

uint32_t WordEncoder::simple_symbol(char32_t c, const Settings& settings) const {
  uint8_t odd = text::kBertSpace | text::kBertPunctuation;
  if (settings.clean_text) odd |= text::kBertDeleted | text::kBertBlank;
  if (settings.handle_chinese_chars) odd |= text::kBertSpaced;
  if (settings.strips_accents()) odd |= text::kBertMark | text::kBertReorders;
  const uint8_t* const properties = text::bert_properties();
  if ((properties[c] & odd) != 0) return kNotSimple;
  if (!settings.lowercase || (properties[c] & text::kBertLower) == 0) return wordpiece_.symbol(c);
  std::u32string lower;
  text::append_bert_lower(lower, c);
  constexpr uint8_t kDivides = text::kBertSpace | text::kBertPunctuation;
  return lower.size() == 1 && (properties[lower[0]] & kDivides) == 0 ? wordpiece_.symbol(lower[0]) : kNotSimple;
}

size_t WordEncoder::to_symbols(std::string_view raw, uint32_t* symbols) const {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  uint32_t* out = symbols;
  while (at < end) {
    const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
    char32_t c = byte(0);
    uint32_t bytes = 1;
    if (c > 0xE0 && c < 0xF0 && end - at >= 3 && (byte(1) & 0xC0) == 0x80 && (byte(2) & 0xC0) == 0x80) {
      c = (c & 0x0F) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu);
      bytes = 3;
    } else if (c >= 0x80) {
      const text::Decoded decoded = text::decode_one({at, static_cast<size_t>(end - at)});
      if (!decoded.valid || decoded.code_point >= kSimpleEnd) return kNotSimple;
      c = decoded.code_point;
      bytes = decoded.bytes;
    }
    const uint32_t symbol = simple_[c];
    if (symbol == kNotSimple) return kNotSimple;
    *out++ = symbol;
    at += bytes;
  }
  return static_cast<size_t>(out - symbols);
}

size_t WordEncoder::encode(std::string_view raw, Work& work, int32_t* ids) const {
  if (work.symbols.size() < raw.size()) work.symbols.resize(raw.size());
  const size_t simple = to_symbols(raw, work.symbols.data());
  if (simple != kNotSimple) return wordpiece_.encode({work.symbols.data(), simple}, ids);
  pretokenizer_.split(raw, work.words);
  size_t count = 0;
  for (const Words::Word& word : work.words.words) {
    work.pieces.clear();
    wordpiece_.encode({work.words.chars.data() + word.begin, word.end - word.begin}, work.pieces);
    for (const WordPiece::Piece& piece : work.pieces) ids[count++] = piece.id;
  }
  return count;
}

}  // namespace lmkor::tokenizer
