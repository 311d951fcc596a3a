#include "lmkor/corpus/boilerplate.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/corpus/map_batches.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;

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

using Characters = std::shared_ptr<const CharacterSet>;

std::vector<DocumentLines> lines_of(const RecordBatch& batch, const CleanOptions& clean, const Characters& characters) {
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
}

// Name and documents of the sources of a unit, by number.
std::vector<std::pair<std::string, uint64_t>> read_sources(const Work& work, size_t unit) {
  const fs::path path = work.task("lines", unit) / "sources.json";
  try {
    return base::read_json(path).get<std::vector<std::pair<std::string, uint64_t>>>();
  } catch (const std::exception& error) {
    throw BrokenFile(path, error.what());
  }
}

}  // namespace

uint64_t boilerplate_key(std::string_view source, std::string_view line) {
  return base::hash64(line, base::hash64(source));
}

std::unordered_set<uint64_t> find_boilerplate(const std::vector<fs::path>& files, const ReadOptions& read,
                                              const CleanOptions& clean, int64_t min_documents, int threads) {
  const Characters characters = character_set(clean);
  std::map<std::string, uint64_t> documents;
  std::unordered_map<uint64_t, uint32_t> counts;
  map_batches<std::vector<DocumentLines>>(
      "boilerplate", files, read, threads, [&](RecordBatch&& batch) { return lines_of(batch, clean, characters); },
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

void lines_unit(const Work& work, size_t unit, const fs::path& folder) {
  const Characters characters = character_set(work.options.clean);
  RecordWriter<Record> lines(folder / "lines", work.buckets, work.memory_bytes / 8);
  std::map<std::string, uint32_t> numbers;
  std::vector<std::pair<std::string, uint64_t>> sources;
  RecordStream stream(work.files_of(unit), work.options.read);
  base::ordered_pipeline<RecordBatch, std::vector<DocumentLines>>(
      work.threads,
      [&]() -> std::optional<RecordBatch> {
        base::check_interrupt();
        RecordBatch batch;
        return stream.next(batch) ? std::optional(std::move(batch)) : std::nullopt;
      },
      [&](RecordBatch&& batch) { return lines_of(batch, work.options.clean, characters); },
      [&](std::vector<DocumentLines>&& part) {
        for (const DocumentLines& document : part) {
          const auto [at, is_new] = numbers.try_emplace(document.source, static_cast<uint32_t>(sources.size()));
          if (is_new) sources.emplace_back(document.source, 0);
          const uint64_t index = sources[at->second].second++;
          if (index >= kBoilerplateSample) continue;
          for (const uint64_t key : document.keys)
            lines.add(work.bucket(key), {key, at->second, static_cast<uint32_t>(index)});
        }
      });
  lines.commit();
  base::write_json(folder / "sources.json", sources);
}

void boilerplate_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  // How many documents of its sources stand before each unit.
  std::vector<std::vector<uint64_t>> before(work.units.size());
  std::map<std::string, uint64_t> documents;
  for (size_t unit = 0; unit < before.size(); ++unit) {
    for (const auto& [name, count] : read_sources(work, unit)) {
      before[unit].push_back(documents[name]);
      documents[name] += count;
    }
  }
  RecordWriter<uint64_t> keys(folder / "keys", 1, memory / 8);
  join(
      work, "lines", "lines", bucket, memory / 2,
      [&](uint32_t unit, const Record& record) {
        return before[unit].at(record.extra) + record.index >= kBoilerplateSample;
      },
      [&](std::span<const Joined> group) {
        if (group.size() >= static_cast<size_t>(work.options.filter.boilerplate_documents)) keys.add(0, group[0].key);
      });
  keys.commit();
}

std::unordered_set<uint64_t> read_boilerplate(const Work& work) {
  std::unordered_set<uint64_t> keys;
  for (size_t bucket = 0; bucket < work.buckets; ++bucket)
    RecordFile<uint64_t>(work.task("boilerplate", bucket) / "keys").each(0, [&](uint64_t key) { keys.insert(key); });
  return keys;
}

}  // namespace lmkor::corpus
