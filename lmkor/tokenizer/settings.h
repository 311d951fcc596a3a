// Settings of a WordPiece tokenizer, with the meaning that Hugging Face gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace lmkor::tokenizer {

struct Settings {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool lowercase = true;
  // Unset follows `lowercase`, as in Hugging Face: then Hangul falls into jamo.
  std::optional<bool> strip_accents = false;
  int64_t max_input_chars_per_word = 100;
  int64_t model_max_length = 512;
  std::string tokenizer_class = "BertTokenizer";
  std::string continuing_prefix = "##";
  std::string pad = "[PAD]", unk = "[UNK]", cls = "[CLS]", sep = "[SEP]", mask = "[MASK]";

  bool strips_accents() const { return strip_accents.value_or(lowercase); }
};

}  // namespace lmkor::tokenizer
