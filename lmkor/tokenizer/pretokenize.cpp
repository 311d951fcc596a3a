#include "lmkor/tokenizer/pretokenize.h"

#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {

Pretokenizer::Pretokenizer(const Settings& settings) : settings_(settings) {
  const uint8_t* const properties = text::bert_properties();
  for (int byte = 0; byte < 0x80; ++byte) {
    const uint8_t property = properties[byte];
    const bool deleted = settings.clean_text && (property & text::kBertDeleted) != 0;
    const bool blank = settings.clean_text && (property & text::kBertBlank) != 0;
    ByteClass& is = classes_[static_cast<size_t>(byte)];
    if (deleted) {
      is = kInWord;
    } else if (blank || (property & text::kBertSpace) != 0) {
      is = kSpace;
    } else if ((property & text::kBertPunctuation) != 0) {
      is = kPunctuation;
    }
  }
}

// The case of nearly all words of Korean text: composed Hangul and ASCII letters and digits, which only lower case
// touches. False if `raw` holds anything else.
bool Pretokenizer::split_simple(std::string_view raw, Words& out) const {
  if (settings_.strips_accents()) return false;
  const char* at = raw.data();
  const char* const end = at + raw.size();
  uint32_t index = 0;
  while (at < end) {
    const unsigned char lead = static_cast<unsigned char>(*at);
    char32_t c = lead;
    uint32_t bytes = 1;
    if (lead >= 0xEA && lead <= 0xED && end - at >= 3) {
      const unsigned char second = static_cast<unsigned char>(at[1]), third = static_cast<unsigned char>(at[2]);
      if ((second & 0xC0) != 0x80 || (third & 0xC0) != 0x80) return false;
      c = text::decode_valid(at, bytes);
      if (!text::is_syllable(c)) return false;
    } else if (lead >= 'A' && lead <= 'Z') {
      if (settings_.lowercase) c = lead | 0x20;
    } else if (!((lead >= 'a' && lead <= 'z') || (lead >= '0' && lead <= '9'))) {
      return false;
    }
    out.chars.push_back(c);
    out.sources.push_back(index++);
    at += bytes;
  }
  if (index > 0) out.words.push_back({0, index});
  return true;
}

void Pretokenizer::split(std::string_view raw, Words& out) const {
  const auto clear = [&out] {
    out.chars.clear();
    out.sources.clear();
    out.words.clear();
  };
  clear();
  if (split_simple(raw, out)) return;
  clear();

  const uint8_t* const properties = text::bert_properties();
  out.cleaned.clear();
  out.cleaned_sources.clear();
  const auto keep = [&out](char32_t c, uint32_t source) {
    out.cleaned.push_back(c);
    out.cleaned_sources.push_back(source);
  };
  for (uint32_t index = 0; !raw.empty(); ++index) {
    const text::Decoded decoded = text::decode_one(raw);
    raw.remove_prefix(decoded.bytes);
    char32_t c = decoded.code_point;
    const uint8_t property = properties[c];
    if (settings_.clean_text) {
      if ((property & text::kBertDeleted) != 0) continue;
      if ((property & text::kBertBlank) != 0) c = U' ';
    }
    const bool spaced = settings_.handle_chinese_chars && (property & text::kBertSpaced) != 0;
    if (spaced) keep(U' ', index);
    keep(c, index);
    if (spaced) keep(U' ', index);
  }

  const std::u32string* normal = &out.cleaned;
  if (settings_.strips_accents()) {
    text::bert_decompose(out.cleaned, out.decomposed);
    normal = &out.decomposed.text;
  }
  bool in_word = false;
  for (size_t i = 0; i < normal->size(); ++i) {
    const char32_t before = (*normal)[i];
    if (settings_.strips_accents() && (properties[before] & text::kBertMark) != 0) continue;
    const uint32_t source = out.cleaned_sources[settings_.strips_accents() ? out.decomposed.sources[i] : i];
    out.lowered.clear();
    if (settings_.lowercase && (properties[before] & text::kBertLower) != 0) {
      text::append_bert_lower(out.lowered, before);
    } else {
      out.lowered.push_back(before);
    }
    for (const char32_t c : out.lowered) {
      if ((properties[c] & text::kBertSpace) != 0) {
        in_word = false;
        continue;
      }
      const bool alone = (properties[c] & text::kBertPunctuation) != 0;
      const auto at = static_cast<uint32_t>(out.chars.size());
      out.chars.push_back(c);
      out.sources.push_back(source);
      if (in_word && !alone) {
        out.words.back().end = at + 1;
      } else {
        out.words.push_back({at, at + 1});
      }
      in_word = !alone;
    }
  }
}

}  // namespace lmkor::tokenizer
