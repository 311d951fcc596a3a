#include "lmkor/data/shard_build.h"

#include <algorithm>
#include <array>
#include <map>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/data/pieces.h"
#include "lmkor/data/shard_format.h"
#include "lmkor/text/sentence.h"
#include "lmkor/tokenizer/scratch_pool.h"

namespace lmkor::data {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr size_t kBatchDocuments = 512;
constexpr size_t kBatchBytes = size_t{1} << 18;

// Fields by whose values the manifest counts.
struct Group {
  const char* member_name;
  std::string corpus::Document::*member;
};
constexpr std::array kGroups = {
    Group{"sources", &corpus::Document::source}, Group{"categories", &corpus::Document::category},
    Group{"donors", &corpus::Document::donor}, Group{"licences", &corpus::Document::licence}};

struct TextBatch {
  std::vector<corpus::Document> documents;
  uint64_t stored_position = 0;
};

struct TokenBatch {
  struct Item {
    TokenizedDocument document;
    Split split;
    std::array<std::string, kGroups.size()> names;
    std::string origin;
  };
  std::vector<Item> items;
  uint64_t unknown = 0;
  uint64_t stored_position = 0;
};

// Documents, tokens and bytes by the value of one field.
class CountsByName {
 public:
  void add(const std::string& name, const TokenizedDocument& document) {
    Counts& counts = counts_[name];
    ++counts.documents;
    counts.tokens += document.ids.size();
    counts.text_bytes += document.text_bytes;
  }
  base::Json json() const {
    base::Json out = base::Json::object();
    for (const auto& [name, counts] : counts_) {
      out[name] = {{"documents", counts.documents}, {"tokens", counts.tokens}, {"text_bytes", counts.text_bytes}};
    }
    return out;
  }

 private:
  struct Counts {
    uint64_t documents = 0, tokens = 0, text_bytes = 0;
  };
  std::map<std::string, Counts> counts_;  // sorted, so that the manifest does not depend on the order of documents
};

}  // namespace

void ShardOptions::fields(config::Fields& f) {
  f.add("validation_share", validation_share, "share of the documents that is held out to report a loss on",
        config::between(0, 0.5));
  f.add("categories", categories, "only documents of these categories, for a model of a domain; none means all");
  f.add("shard_tokens", shard_tokens, "tokens after which a new shard begins", config::between(1, UINT32_MAX / 2));
}

TokenizedDocument tokenize_document(const tokenizer::Tokenizer& tokenizer, std::string_view text,
                                    tokenizer::Tokenizer::Scratch& scratch, uint64_t& unknown) {
  TokenizedDocument document;
  document.text_bytes = text.size();
  std::vector<std::string_view> sentences;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    text::split_sentences(text.substr(begin, end - begin), sentences);
    begin = end + 1;
  }
  tokenizer::FlatIds<uint16_t> encoded;
  tokenizer.encode_batch(sentences, scratch, encoded);
  uint64_t start = 0;
  for (const uint64_t end : encoded.ends) {
    if (end > start) document.sentence_starts.push_back(static_cast<uint32_t>(start));
    start = end;
  }
  unknown += static_cast<uint64_t>(
      std::count(encoded.ids.begin(), encoded.ids.end(), static_cast<uint16_t>(tokenizer.unk_id())));
  document.ids = std::move(encoded.ids);
  return document;
}

Split split_of(std::string_view text, double validation_share, uint64_t seed) {
  const double place = static_cast<double>(base::hash64(text, seed) >> 11) * 0x1.0p-53;
  return place < validation_share ? Split::kValidation : Split::kTrain;
}

base::Json build_shards(const ShardInput& input, const fs::path& tokenizer_folder, const ShardOptions& options,
                        uint64_t seed, int threads, const fs::path& dir) {
  const auto tokenizer = tokenizer::Tokenizer::load(tokenizer_folder);
  piece_kinds(tokenizer);  // a vocabulary that cannot be trained on is refused now, not after the work
  ShardWriter writer(dir, tokenizer.size(), tokenizer.vocab_sha256(), static_cast<uint64_t>(options.shard_tokens));
  corpus::Reader reader(input.files, input.read);
  base::Progress progress("shard", "bytes", reader.stored_total());
  tokenizer::ScratchPool scratches;
  std::array<CountsByName, kGroups.size()> groups;
  uint64_t unknown = 0, empty = 0, of_other_categories = 0;
  const auto is_wanted = [&wanted = options.categories](const std::string& category) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), category) != wanted.end();
  };

  const auto read = [&]() -> std::optional<TextBatch> {
    base::check_interrupt();
    TextBatch batch;
    corpus::Document document;
    for (size_t bytes = 0; batch.documents.size() < kBatchDocuments && bytes < kBatchBytes && reader.next(document);) {
      if (!is_wanted(document.category)) {
        ++of_other_categories;
        continue;
      }
      bytes += document.text.size();
      batch.documents.push_back(std::move(document));
      document.clear();
    }
    if (batch.documents.empty()) return std::nullopt;
    batch.stored_position = reader.stored_position();
    return batch;
  };
  const auto tokenize = [&](TextBatch&& texts) {
    auto scratch = scratches.lease();
    TokenBatch batch;
    batch.stored_position = texts.stored_position;
    batch.items.reserve(texts.documents.size());
    for (corpus::Document& document : texts.documents) {
      TokenBatch::Item& item = batch.items.emplace_back();
      item.document = tokenize_document(tokenizer, document.text, *scratch, batch.unknown);
      item.split = split_of(document.text, options.validation_share, seed);
      corpus::append_origin(item.origin, document);
      for (size_t i = 0; i < kGroups.size(); ++i) item.names[i] = std::move(document.*kGroups[i].member);
    }
    return batch;
  };
  const auto write = [&](TokenBatch&& batch) {
    for (const TokenBatch::Item& item : batch.items) {
      if (item.document.ids.empty()) {
        ++empty;
        continue;
      }
      writer.add(item.split, item.document, item.origin);
      for (size_t i = 0; i < kGroups.size(); ++i) groups[i].add(item.names[i], item.document);
    }
    unknown += batch.unknown;
    progress.update(batch.stored_position);
  };
  base::ordered_pipeline<TextBatch, TokenBatch>(threads, read, tokenize, write);
  progress.finish();

  base::Json manifest = writer.finish();
  if (manifest["splits"]["train"]["documents"] == 0) {
    throw base::Error(base::ErrorKind::kData,
                      str(input.files.front().string(), input.files.size() > 1 ? " and others" : "", ": got ",
                          reader.stats().documents, " documents with ", manifest["tokens"].get<uint64_t>(),
                          " tokens, none of them to train on; give more text, or --validation-share 0"));
  }
  manifest["unknown_tokens"] = unknown;
  manifest["empty_documents"] = empty;
  manifest["bad_records"] = reader.stats().bad_records;
  manifest["bad_samples"] = reader.stats().bad_samples;
  for (size_t i = 0; i < kGroups.size(); ++i) manifest[kGroups[i].member_name] = groups[i].json();
  manifest["settings"] = {
      {"validation_share", options.validation_share}, {"shard_tokens", options.shard_tokens}, {"seed", seed}};
  if (!options.categories.empty()) {
    manifest["settings"]["categories"] = options.categories;
    manifest["documents_of_other_categories"] = of_other_categories;
  }
  tokenizer::write_folder(dir / "tokenizer", tokenizer.tokens(), tokenizer.settings());
  base::write_json(dir / "manifest.json", manifest);
  return manifest;
}

}  // namespace lmkor::data
