// The four files of a Hugging Face WordPiece tokenizer, in and out. Which file counts where they disagree is decided
// here, in the way of transformers 5: tokenizer_config.json wins over tokenizer.json.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/settings.h"

namespace lmkor::tokenizer {

// A token that is matched in raw text when that is asked for.
struct AddedToken {
  std::string content;
  bool special;
};

struct HfFiles {
  std::vector<std::string> tokens;  // by id; "" where an id has no token
  Settings settings;
  std::vector<AddedToken> added;  // besides the five special tokens of `settings`, which are always matched
};

// `path` is a folder or a vocab.txt. Of a folder: tokenizer.json if it is there, else vocab.txt; the settings of
// tokenizer_config.json if it is there. A vocab.txt alone is read with the defaults of Settings (accents and Hangul
// stay). What is odd but has a meaning is logged as a warning: settings that the two files of a folder contradict each
// other in, repeated and empty lines of a vocab.txt, missing special tokens, accents that are stripped from Hangul.
// Throws kNotFound, kData (broken), kIncompatible (a tokenizer of another kind, named).
HfFiles read_hf_files(const std::filesystem::path& path);

// vocab.txt, tokenizer.json, tokenizer_config.json and special_tokens_map.json in `dir` (created). The special tokens
// of `settings` must be among `tokens`. Throws kOutput.
void write_folder(const std::filesystem::path& dir, const std::vector<std::string>& tokens, const Settings& settings);

// Copies the four files as far as they exist; the rest of `from` stays behind.
void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

// The bytes of vocab.txt: a token a line.
std::string vocab_text(const std::vector<std::string>& tokens);
// Lines of a vocab.txt as `tokenizers` reads them: white space at the right end is dropped.
std::vector<std::string> parse_vocab_text(std::string_view text);

}  // namespace lmkor::tokenizer
