#include "lmkor/corpus/repeat.h"

#include <algorithm>
#include <tuple>

namespace lmkor::corpus {

namespace fs = std::filesystem;

namespace {

// Sentences of documents that go, by unit: begin and end of each stretch, in order.
using Ranges = std::vector<std::vector<std::pair<uint32_t, uint32_t>>>;

Ranges dropped_ranges(const Work& work) {
  Ranges ranges(work.units.size());
  if (!work.options.dedup.hashes_documents()) return ranges;
  const RecordFile<Record> file(work.task("cluster", 0) / "ranges");
  for (size_t unit = 0; unit < ranges.size(); ++unit) {
    file.each(unit, [&](const Record& record) {
      const auto begin = static_cast<uint32_t>(record.key);
      auto& of_unit = ranges[unit];
      if (!of_unit.empty() && of_unit.back().second == begin) {
        of_unit.back().second += record.extra;
      } else {
        of_unit.emplace_back(begin, begin + record.extra);
      }
    });
  }
  return ranges;
}

bool contains(const std::vector<std::pair<uint32_t, uint32_t>>& ranges, uint32_t sentence) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), sentence,
                                      [](uint32_t s, const auto& range) { return s < range.first; });
  return after != ranges.begin() && sentence < std::prev(after)->second;
}

}  // namespace

void repeat_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  const Ranges ranges = dropped_ranges(work);
  RecordWriter<uint32_t> drops(folder / "drops", work.units.size(), memory / 8);
  join(
      work, "survey", "sentences", bucket, memory / 2,
      [&](uint32_t unit, const Record& record) { return contains(ranges[unit], record.index); },
      [&](std::span<const Joined> group) {
        for (size_t i = 1; i < group.size(); ++i) {
          if (group[i].extra == group[i - 1].extra) drops.add(group[i].unit, group[i].index);
        }
      });
  drops.commit();
}

std::vector<uint32_t> repeated_sentences(const Work& work, size_t unit) {
  std::vector<uint32_t> out;
  if (!work.options.dedup.exact) return out;
  for (size_t bucket = 0; bucket < work.buckets; ++bucket) {
    RecordFile<uint32_t>(work.task("repeat", bucket) / "drops").each(unit, [&](uint32_t s) { out.push_back(s); });
  }
  std::sort(out.begin(), out.end());
  return out;
}

void words_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  const Ranges ranges = dropped_ranges(work);
  std::vector<std::vector<uint32_t>> repeated;
  for (size_t unit = 0; unit < work.units.size(); ++unit) repeated.push_back(repeated_sentences(work, unit));
  const auto length = static_cast<uint32_t>(work.options.dedup.repeated_words);
  RecordWriter<WordRun> drops(folder / "drops", work.units.size(), memory / 8);
  join(
      work, "survey", "words", bucket, memory / 2,
      [&](uint32_t unit, const Record& record) {
        return contains(ranges[unit], record.index) ||
               std::binary_search(repeated[unit].begin(), repeated[unit].end(), record.index);
      },
      [&](std::span<const Joined> group) {
        const auto first = std::min_element(group.begin(), group.end(), [](const Joined& a, const Joined& b) {
          return std::tie(a.unit, a.index, a.extra) < std::tie(b.unit, b.index, b.extra);
        });
        for (const Joined& run : group) {
          // "ha ha ha ha ha": a run must not take words of the first away.
          const bool overlaps =
              run.unit == first->unit && run.index == first->index && run.extra < first->extra + length;
          if (!overlaps) drops.add(run.unit, {run.index, run.extra});
        }
      });
  drops.commit();
}

}  // namespace lmkor::corpus
