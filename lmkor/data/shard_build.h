// Raw or cleaned text to token shards: one reader, many tokenizing threads, one writer, in order. The bytes written
// depend on the input, the tokenizer, the settings and the seed, never on the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/data/shard_writer.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::data {

struct ShardOptions {
  double validation_share = 0.005;
  std::vector<std::string> categories;
  int64_t shard_tokens = int64_t{1} << 28;

  void fields(config::Fields& f);
};

// The text's paragraphs are its lines; each is divided into sentences, and a sentence is tokenized by itself. Sentences
// without a token leave no start. Adds the number of unknown tokens to `unknown`.
TokenizedDocument tokenize_document(const tokenizer::Tokenizer& tokenizer, std::string_view text,
                                    tokenizer::Tokenizer::Scratch& scratch, uint64_t& unknown);

// The split of a document, by its text alone, so that equal texts are on the same side.
Split split_of(std::string_view text, double validation_share, uint64_t seed);

struct ShardInput {
  std::vector<std::filesystem::path> files;
  corpus::ReadOptions read;
};

// Fills `dir` (which exists) with shards, tokenizer/ and manifest.json; returns the manifest. Throws kData if no
// document has a token.
base::Json build_shards(const ShardInput& input, const std::filesystem::path& tokenizer_folder,
                        const ShardOptions& options, uint64_t seed, int threads, const std::filesystem::path& dir);

}  // namespace lmkor::data
