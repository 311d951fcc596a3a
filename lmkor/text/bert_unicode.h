// What the BERT normaliser and pre-tokenizer of Hugging Face `tokenizers` do to single code points. The tables are
// generated from that package (tools/make_unicode_tables.py) and differ from every Unicode version on purpose.
// Rules for whole texts live in tokenizer/pretokenize.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lmkor::text {

// Bits of bert_properties().
enum BertProperty : uint8_t {
  kBertDeleted = 1,       // clean_text deletes it
  kBertBlank = 2,         // clean_text makes it a space
  kBertSpaced = 4,        // handle_chinese_chars sets it between spaces
  kBertSpace = 8,         // the pre-tokenizer divides at it and drops it
  kBertPunctuation = 16,  // the pre-tokenizer makes it a word of its own
  kBertLower = 32,        // lowercase changes it
  kBertMark = 64,         // strip_accents drops it
  kBertReorders = 128,    // a canonical decomposition or combining class of its own
};

// One byte of bits for each of the 0x110000 code points; built once, on first use, by whoever comes first.
const uint8_t* bert_properties();

// Appends the lower case of `c`, which may be several code points.
void append_bert_lower(std::u32string& out, char32_t c);

// Text in canonical decomposition (NFD). sources[i] says to which code point of the input Hugging Face's alignment
// assigns text[i]: one output takes the next input, further parts of a decomposition share that of the part before.
struct Decomposition {
  std::u32string text;
  std::vector<uint32_t> sources;
};
void bert_decompose(const std::u32string& text, Decomposition& out);

}  // namespace lmkor::text
