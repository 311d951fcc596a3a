// Writing token shards: documents come in order, files are rolled by size, manifest.json is written last. Nothing here
// tokenizes; shard_build.h joins reader, tokenizer and this writer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/data/shard.h"

namespace lmkor::data {

// One document as ids; sentence_starts count from its first token, ascending, the first is 0.
struct TokenizedDocument {
  std::vector<uint16_t> ids;
  std::vector<uint32_t> sentence_starts;
  uint64_t text_bytes = 0;
};

class ShardWriter {
 public:
  // Writes into `dir`, which must exist. A file is closed when it holds `shard_tokens`; a document is never divided.
  ShardWriter(std::filesystem::path dir, int64_t vocab_size, std::string vocab_sha256, uint64_t shard_tokens);
  ~ShardWriter();
  // `origin` is the document's line in NAME.documents.jsonl.zst (corpus::append_origin).
  void add(Split split, const TokenizedDocument& document, std::string_view origin = "{}\n");
  // Closes the open files. The members of manifest.json that the writer knows: kind, version, vocab_size, vocab_sha256,
  // totals and splits with their files.
  base::Json finish();

 private:
  struct OpenSplit;
  void close_shard(OpenSplit& split);

  std::filesystem::path dir_;
  int64_t vocab_size_;
  std::string vocab_sha256_;
  uint64_t shard_tokens_;
  std::vector<std::unique_ptr<OpenSplit>> splits_;
};

}  // namespace lmkor::data
