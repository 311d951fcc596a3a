#include "lmkor/data/shard_writer.h"

#include <algorithm>
#include <cstdio>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/data/shard_format.h"

namespace lmkor::data {

using base::str;

namespace {

constexpr int kManifestVersion = 1;

template <class T>
std::string_view as_bytes(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

struct Totals {
  uint64_t documents = 0, sentences = 0, tokens = 0, text_bytes = 0;
  base::Json json() const {
    return {{"documents", documents}, {"sentences", sentences}, {"tokens", tokens}, {"text_bytes", text_bytes}};
  }
  void add(const Totals& other) {
    documents += other.documents;
    sentences += other.sentences;
    tokens += other.tokens;
    text_bytes += other.text_bytes;
  }
};

}  // namespace

struct ShardWriter::OpenSplit {
  explicit OpenSplit(Split which) : split(which) {}
  Split split;
  std::unique_ptr<base::AtomicFile> tokens_file;  // none between shards
  std::unique_ptr<base::Sha256> tokens_hash;
  std::unique_ptr<base::OutputFile> origins_file;
  std::string name;
  Totals shard, total;
  std::vector<uint32_t> document_starts, document_sentences, sentence_starts;
  base::Json files = base::Json::array();
};

ShardWriter::ShardWriter(std::filesystem::path dir, int64_t vocab_size, std::string vocab_sha256, uint64_t shard_tokens)
    : dir_(std::move(dir)),
      vocab_size_(vocab_size),
      vocab_sha256_(std::move(vocab_sha256)),
      shard_tokens_(std::clamp<uint64_t>(shard_tokens, 1, UINT32_MAX / 2)) {
  if (vocab_size > kMaxVocabSize) {
    throw base::Error(base::ErrorKind::kIncompatible,
                      str("vocabulary: got ", vocab_size, " tokens, expected at most ", kMaxVocabSize,
                          ", because shards hold 16-bit ids; train one with lmkor vocab train --size 65536 or less"));
  }
  if (vocab_sha256_.size() != IndexHeader{}.vocab_sha256.size()) {
    throw base::Error(base::ErrorKind::kInternal, str("vocab_sha256: got '", vocab_sha256_, "', expected 64 digits"));
  }
  for (const Split split : {Split::kTrain, Split::kValidation}) splits_.push_back(std::make_unique<OpenSplit>(split));
}

ShardWriter::~ShardWriter() = default;

void ShardWriter::add(Split split, const TokenizedDocument& document, std::string_view origin) {
  OpenSplit& open = *splits_[static_cast<size_t>(split)];
  if (document.ids.size() > UINT32_MAX / 2) {
    throw base::Error(base::ErrorKind::kData,
                      str("a document of ", document.ids.size(), " tokens: a shard holds at most ", UINT32_MAX / 2));
  }
  if (open.tokens_file && open.shard.tokens + document.ids.size() > shard_tokens_) close_shard(open);
  if (!open.tokens_file) {
    char name[32];
    std::snprintf(name, sizeof name, "%s-%05zu", split_prefix(split), open.files.size());
    open.name = name;
    open.tokens_file = std::make_unique<base::AtomicFile>(dir_ / str(name, ".tokens"));
    open.tokens_hash = std::make_unique<base::Sha256>();
    open.origins_file = std::make_unique<base::OutputFile>(dir_ / str(name, ".documents.jsonl.zst"));
  }
  const auto base = static_cast<uint32_t>(open.shard.tokens);
  open.document_starts.push_back(base);
  open.document_sentences.push_back(static_cast<uint32_t>(open.sentence_starts.size()));
  for (const uint32_t start : document.sentence_starts) open.sentence_starts.push_back(base + start);
  open.tokens_file->write(as_bytes(document.ids));
  open.tokens_hash->add(as_bytes(document.ids));
  open.origins_file->write(origin);
  open.shard.add({1, document.sentence_starts.size(), document.ids.size(), document.text_bytes});
}

void ShardWriter::close_shard(OpenSplit& open) {
  open.document_starts.push_back(static_cast<uint32_t>(open.shard.tokens));
  open.document_sentences.push_back(static_cast<uint32_t>(open.sentence_starts.size()));
  IndexHeader header{kIndexMagic,
                     kIndexVersion,
                     static_cast<uint32_t>(vocab_size_),
                     open.shard.tokens,
                     open.shard.documents,
                     open.shard.sentences,
                     open.shard.text_bytes,
                     {}};
  std::copy(vocab_sha256_.begin(), vocab_sha256_.end(), header.vocab_sha256.begin());
  std::string index(reinterpret_cast<const char*>(&header), sizeof header);
  index.append(as_bytes(open.document_starts));
  index.append(as_bytes(open.document_sentences));
  index.append(as_bytes(open.sentence_starts));
  base::write_file_atomic(dir_ / str(open.name, ".index"), index);
  open.tokens_file->commit();
  open.origins_file->commit();
  base::Json row = {{"name", open.name}};
  row.update(open.shard.json());
  row["tokens_sha256"] = open.tokens_hash->hex();
  row["index_sha256"] = base::sha256(index);
  open.files.push_back(std::move(row));
  open.total.add(open.shard);
  open.shard = {};
  open.tokens_file.reset();
  open.origins_file.reset();
  open.document_starts.clear();
  open.document_sentences.clear();
  open.sentence_starts.clear();
}

base::Json ShardWriter::finish() {
  Totals all;
  base::Json splits;
  for (const auto& open : splits_) {
    if (open->tokens_file) close_shard(*open);
    all.add(open->total);
    base::Json split = open->total.json();
    split["files"] = open->files;
    splits[split_name(open->split)] = std::move(split);
  }
  base::Json manifest = {
      {"kind", "shards"}, {"version", kManifestVersion}, {"vocab_size", vocab_size_}, {"vocab_sha256", vocab_sha256_}};
  manifest.update(all.json());
  manifest["splits"] = std::move(splits);
  return manifest;
}

}  // namespace lmkor::data
