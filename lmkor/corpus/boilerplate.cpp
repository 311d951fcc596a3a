#include "lmkor/corpus/boilerplate.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "lmkor/base/hash.h"
#include "lmkor/corpus/map_batches.h"

namespace lmkor::corpus {
namespace {

// The keys of the lines of one document, each once.
struct DocumentLines {
  std::string source;
  std::vector<uint64_t> keys;
};

void add_keys(std::string_view source, std::string_view text, std::vector<uint64_t>& keys) {
  if (std::count(text.begin(), text.end(), '\n') + 1 < static_cast<std::ptrdiff_t>(kBoilerplateLines)) return;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    keys.push_back(boilerplate_key(source, text.substr(begin, end - begin)));
    begin = end + 1;
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

}  // namespace

uint64_t boilerplate_key(std::string_view source, std::string_view line) {
  return base::hash64(line, base::hash64(source));
}

std::unordered_set<uint64_t> find_boilerplate(const std::vector<std::filesystem::path>& files, const ReadOptions& read,
                                              const CleanOptions& clean, int64_t min_documents, int threads) {
  const auto characters = character_set(clean);
  std::map<std::string, uint64_t> documents;
  std::unordered_map<uint64_t, uint32_t> counts;
  map_batches<std::vector<DocumentLines>>(
      "boilerplate", files, read, threads,
      [&](RecordBatch&& batch) {
        Cleaner cleaner(clean, characters);
        BatchParser parser;
        std::vector<DocumentLines> out;
        Document document;
        BadRecord bad;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          if (!is_document(parser.parse(batch, i, document, bad))) continue;
          out.push_back({document.source, {}});
          add_keys(document.source, cleaner.clean(document.text).text, out.back().keys);
        }
        return out;
      },
      [&](std::vector<DocumentLines>&& part) {
        for (const DocumentLines& document : part) {
          if (++documents[document.source] > kBoilerplateSample) continue;
          for (const uint64_t key : document.keys) ++counts[key];
        }
      });
  std::unordered_set<uint64_t> keys;
  for (const auto& [key, count] : counts) {
    if (count >= static_cast<uint64_t>(min_documents)) keys.insert(key);
  }
  return keys;
}

}  // namespace lmkor::corpus
