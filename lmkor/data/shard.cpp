#include "lmkor/data/shard.h"

#include <algorithm>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"
#include "lmkor/data/shard_format.h"

namespace lmkor::data {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::json_get;
using base::str;

namespace {

constexpr const char* kMakeAgain = "; make the shards again with lmkor shard";

[[noreturn]] void fail_data(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::kData, str(path.string(), ": ", what, kMakeAgain));
}

std::span<const uint32_t> array_at(std::string_view bytes, size_t offset, size_t count) {
  return {reinterpret_cast<const uint32_t*>(bytes.data() + offset), count};
}

}  // namespace

const char* split_name(Split split) { return split == Split::kTrain ? "train" : "validation"; }
const char* split_prefix(Split split) { return split == Split::kTrain ? "shard" : "validation"; }

ShardSet ShardSet::open(const fs::path& dir, Split split) {
  if (!fs::is_directory(dir)) {
    throw Error(ErrorKind::kNotFound, str(dir.string(), ": no such folder; make shards with lmkor shard"));
  }
  const fs::path manifest_path = dir / "manifest.json";
  if (!fs::exists(manifest_path)) {
    throw Error(ErrorKind::kNotFound,
                str(dir.string(), ": holds no manifest.json, so it is no folder of shards; make one with lmkor shard"));
  }
  ShardSet set;
  set.dir_ = dir;
  set.manifest_ = base::read_json(manifest_path);
  const std::string origin = manifest_path.string();
  const auto kind = set.manifest_.value("kind", base::Json());
  if (kind != "shards") {
    throw Error(ErrorKind::kIncompatible, str(origin, ": kind: got ", kind.dump(), ", expected \"shards\"; give the ",
                                              "output folder of lmkor shard"));
  }
  set.vocab_size_ = json_get<int64_t>(set.manifest_, "vocab_size", origin);
  set.vocab_sha256_ = json_get<std::string>(set.manifest_, "vocab_sha256", origin);
  const auto splits = json_get<base::Json>(set.manifest_, "splits", origin);
  const auto rows = json_get<base::Json>(splits, split_name(split), origin);
  for (const base::Json& row : json_get<base::Json>(rows, "files", origin)) {
    Shard shard = set.open_shard(row);
    set.tokens_ += shard.tokens.size();
    set.sentences_ += shard.sentence_starts.size();
    set.first_document_.push_back(set.first_document_.back() + shard.document_starts.size() - 1);
    set.shards_.push_back(std::move(shard));
  }
  return set;
}

ShardSet::Shard ShardSet::open_shard(const base::Json& row) const {
  const std::string origin = (dir_ / "manifest.json").string();
  Shard shard;
  shard.name = json_get<std::string>(row, "name", origin);
  shard.tokens_sha256 = json_get<std::string>(row, "tokens_sha256", origin);
  shard.index_sha256 = json_get<std::string>(row, "index_sha256", origin);
  const fs::path tokens_path = dir_ / str(shard.name.string(), ".tokens");
  const fs::path index_path = dir_ / str(shard.name.string(), ".index");
  shard.tokens_file = base::MappedFile(tokens_path);
  shard.index_file = base::MappedFile(index_path);
  const std::string_view index = shard.index_file.bytes(), tokens = shard.tokens_file.bytes();
  IndexHeader header{};
  if (index.size() < sizeof header) {
    fail_data(index_path, str("cut off: got ", index.size(), " bytes, expected at least ", sizeof header));
  }
  std::memcpy(&header, index.data(), sizeof header);
  if (header.magic != kIndexMagic) fail_data(index_path, "is no index of shards: the first 8 bytes are not lmkorIDX");
  if (header.version != kIndexVersion) {
    throw Error(ErrorKind::kIncompatible,
                str(index_path.string(), ": version: got ", header.version, ", expected ", kIndexVersion, kMakeAgain));
  }
  const std::string_view sha256(header.vocab_sha256.data(), header.vocab_sha256.size());
  if (sha256 != vocab_sha256_ || header.vocab_size != vocab_size_) {
    throw Error(ErrorKind::kIncompatible,
                str(index_path.string(), ": belongs to another vocabulary: got vocab_sha256 ", sha256, " (",
                    header.vocab_size, " tokens), expected ", vocab_sha256_, " (", vocab_size_, " tokens) as in ",
                    origin, "; keep shards of different vocabularies in folders of their own"));
  }
  // The bounds keep index_bytes() from overflowing on a damaged header.
  if (header.documents > UINT32_MAX || header.sentences > UINT32_MAX || index.size() != index_bytes(header)) {
    fail_data(index_path, str("cut off or damaged: got ", index.size(), " bytes, expected ", index_bytes(header),
                              " for ", header.documents, " documents and ", header.sentences, " sentences"));
  }
  if (tokens.size() != 2 * header.tokens) {
    fail_data(tokens_path, str("cut off or damaged: got ", tokens.size(), " bytes, expected ", 2 * header.tokens,
                               " for ", header.tokens, " tokens"));
  }
  shard.tokens = {reinterpret_cast<const uint16_t*>(tokens.data()), header.tokens};
  const size_t starts = header.documents + 1;
  shard.document_starts = array_at(index, sizeof header, starts);
  shard.document_sentences = array_at(index, sizeof header + 4 * starts, starts);
  shard.sentence_starts = array_at(index, sizeof header + 8 * starts, header.sentences);
  // Everything that view() relies on; one pass over the starts, a few ms for millions of documents.
  const auto in_order = [](std::span<const uint32_t> values, uint64_t end) {
    return values.front() == 0 && values.back() == end && std::is_sorted(values.begin(), values.end());
  };
  if (!in_order(shard.document_starts, header.tokens) || !in_order(shard.document_sentences, header.sentences)) {
    fail_data(index_path, "damaged: starts of documents are not in order");
  }
  return shard;
}

DocumentView ShardSet::view(uint64_t index) const {
  const auto after = std::upper_bound(first_document_.begin(), first_document_.end(), index);
  const auto which = static_cast<size_t>(after - first_document_.begin()) - 1;
  const Shard& shard = shards_[which];
  const size_t local = index - first_document_[which];
  const uint32_t begin = shard.document_starts[local], end = shard.document_starts[local + 1];
  const uint32_t first = shard.document_sentences[local], last = shard.document_sentences[local + 1];
  return {shard.tokens.subspan(begin, end - begin), shard.sentence_starts.subspan(first, last - first), begin};
}

void ShardSet::require_vocabulary(const std::string& vocab_sha256, std::string_view owner) const {
  if (vocab_sha256 == vocab_sha256_) return;
  throw Error(
      ErrorKind::kIncompatible,
      str(dir_.string(), ": these shards belong to another vocabulary: got vocab_sha256 ", vocab_sha256_, ", expected ",
          vocab_sha256, " of ", owner, "; make the shards again with that tokenizer (lmkor shard --tokenizer)"));
}

tokenizer::Tokenizer ShardSet::load_tokenizer() const {
  auto tokenizer = tokenizer::Tokenizer::load(tokenizer_folder());
  require_vocabulary(tokenizer.vocab_sha256(), str("the tokenizer in ", tokenizer_folder().string()));
  return tokenizer;
}

void ShardSet::verify(int threads) const {
  base::parallel_for(shards_.size(), threads, [&](size_t i) {
    const Shard& shard = shards_[i];
    const auto check = [&](const char* extension, std::string_view bytes, const std::string& expected) {
      const std::string got = base::sha256(bytes);
      if (got != expected) {
        fail_data(dir_ / str(shard.name.string(), extension),
                  str("was changed: got sha256 ", got, ", expected ", expected, " as in manifest.json"));
      }
    };
    check(".tokens", shard.tokens_file.bytes(), shard.tokens_sha256);
    check(".index", shard.index_file.bytes(), shard.index_sha256);
    const auto largest = std::max_element(shard.tokens.begin(), shard.tokens.end());
    if (largest != shard.tokens.end() && *largest >= vocab_size_) {
      fail_data(dir_ / str(shard.name.string(), ".tokens"),
                str("id ", *largest, " at token ", largest - shard.tokens.begin(), " is outside the vocabulary of ",
                    vocab_size_));
    }
    for (size_t document = 0; document + 1 < shard.document_starts.size(); ++document) {
      const uint32_t begin = shard.document_starts[document], end = shard.document_starts[document + 1];
      for (uint32_t s = shard.document_sentences[document]; s < shard.document_sentences[document + 1]; ++s) {
        const uint32_t start = shard.sentence_starts[s];
        if (start < begin || start >= end) {
          fail_data(dir_ / str(shard.name.string(), ".index"), str("sentence ", s, " lies outside its document"));
        }
      }
    }
  });
}

}  // namespace lmkor::data
