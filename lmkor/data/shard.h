// Reading token shards: memory-mapped u16 ids with an index of documents and sentences, and the manifest of the folder
// that holds them (docs/formats.md). Writing is in shard_writer.h. A ShardSet is immutable and shared by threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::data {

// Which documents: those that are trained on, or those held out to report a loss on.
enum class Split { kTrain, kValidation };
const char* split_name(Split split);
// Start of the names of a split's files: "shard" or "validation".
const char* split_prefix(Split split);

// One document inside a set; sentence starts count from the document's first token, the first is 0.
struct DocumentView {
  std::span<const uint16_t> tokens;
  std::span<const uint32_t> sentence_starts;  // positions in the shard: subtract `base`
  uint32_t base = 0;
};

class ShardSet {
 public:
  // Maps the split's shards in `dir` and checks manifest, magic, version, sizes and that all belong to one vocabulary.
  // A folder without held-out documents gives an empty validation set. Throws kNotFound, kData, kIncompatible.
  static ShardSet open(const std::filesystem::path& dir, Split split = Split::kTrain);

  uint64_t documents() const { return first_document_.back(); }
  uint64_t tokens() const { return tokens_; }
  uint64_t sentences() const { return sentences_; }
  bool empty() const { return documents() == 0; }
  std::span<const uint16_t> document(uint64_t index) const { return view(index).tokens; }
  DocumentView view(uint64_t index) const;

  int64_t vocab_size() const { return vocab_size_; }
  const std::string& vocab_sha256() const { return vocab_sha256_; }
  const std::filesystem::path& folder() const { return dir_; }
  // The copy of the tokenizer that the shards were made with; training hands it on to the model's folder.
  std::filesystem::path tokenizer_folder() const { return dir_ / "tokenizer"; }
  const base::Json& manifest() const { return manifest_; }

  // Throws kIncompatible naming both hashes unless the shards were made with this vocabulary. `owner` is what the
  // vocabulary belongs to, for the message ("--init model", "tokenizer vocab").
  void require_vocabulary(const std::string& vocab_sha256, std::string_view owner) const;
  // The tokenizer beside the shards; throws as require_vocabulary() if it was exchanged.
  tokenizer::Tokenizer load_tokenizer() const;
  // Reads everything: hashes as in the manifest, ids inside the vocabulary, starts in order. Throws kData.
  void verify(int threads) const;

 private:
  struct Shard {
    std::filesystem::path name;  // without folder and extension
    base::MappedFile tokens_file, index_file;
    std::span<const uint16_t> tokens;
    std::span<const uint32_t> document_starts, document_sentences, sentence_starts;
    std::string tokens_sha256, index_sha256;  // as the manifest says
  };
  Shard open_shard(const base::Json& row) const;

  std::filesystem::path dir_;
  base::Json manifest_;
  int64_t vocab_size_ = 0;
  std::string vocab_sha256_;
  uint64_t tokens_ = 0, sentences_ = 0;
  std::vector<Shard> shards_;
  std::vector<uint64_t> first_document_ = {0};  // of each shard, then the number of all
};

}  // namespace lmkor::data
