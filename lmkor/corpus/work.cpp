#include "lmkor/corpus/work.h"

#include <algorithm>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;

namespace {

// Sorts by key and the rest: first into chunks by the key's low bits, which fit the cache, then each chunk.
void sort_in_chunks(std::vector<Joined>& items) {
  constexpr size_t kChunks = 4096;
  if (items.size() < 4 * kChunks) {
    std::sort(items.begin(), items.end());
    return;
  }
  std::vector<size_t> begins(kChunks + 1);
  for (const Joined& item : items) ++begins[item.key % kChunks + 1];
  for (size_t i = 0; i < kChunks; ++i) begins[i + 1] += begins[i];
  std::vector<Joined> sorted(items.size());
  std::vector<size_t> at(begins.begin(), begins.end() - 1);
  for (const Joined& item : items) sorted[at[item.key % kChunks]++] = item;
  for (size_t i = 0; i < kChunks; ++i) {
    std::sort(sorted.begin() + static_cast<ptrdiff_t>(begins[i]),
              sorted.begin() + static_cast<ptrdiff_t>(begins[i + 1]));
  }
  items = std::move(sorted);
}

}  // namespace

fs::path Work::task(std::string_view stage, size_t number) const {
  std::string digits = std::to_string(number);
  return dir / stage / (std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits);
}

std::vector<fs::path> Work::files_of(size_t unit) const {
  const auto begin = files.begin() + static_cast<ptrdiff_t>(units[unit].first_file);
  return {begin, begin + static_cast<ptrdiff_t>(units[unit].files)};
}

void Work::refine(size_t unit, const std::function<void(RefinedBatch&&, size_t file)>& take) const {
  RecordStream stream(files_of(unit), options.read);
  refine_stream(stream, refiners, threads, [&](RefinedBatch&& batch) {
    const size_t file = units[unit].first_file + batch.file;
    take(std::move(batch), file);
  });
}

void join(const Work& work, std::string_view stage, std::string_view file, size_t bucket, uint64_t memory_bytes,
          const std::function<bool(uint32_t unit, const Record& record)>& skip,
          const std::function<void(std::span<const Joined>)>& take) {
  const auto open = [&](size_t unit) { return RecordFile<Record>(work.task(stage, unit) / file); };
  uint64_t total = 0;
  for (size_t unit = 0; unit < work.units.size(); ++unit) total += open(unit).size(bucket);
  const uint64_t fits = std::max<uint64_t>(memory_bytes / (2 * sizeof(Joined)), 1024);
  const uint64_t passes = (total + fits - 1) / fits;
  std::vector<Joined> items;
  // Growing by doubling would take twice the memory; hashes fill the passes evenly.
  if (passes > 0) items.reserve(total / passes + total / passes / 16 + 1024);
  for (uint64_t pass = 0; pass < passes; ++pass) {
    base::check_interrupt();
    items.clear();
    for (size_t unit = 0; unit < work.units.size(); ++unit) {
      const auto number = static_cast<uint32_t>(unit);
      open(unit).each(bucket, [&](const Record& record) {
        // The middle bits: the high ones chose the bucket, the low ones choose the chunk of the sort.
        if ((record.key >> 16) % passes != pass || skip(number, record)) return;
        items.push_back({record.key, record.extra, number, record.index});
      });
    }
    sort_in_chunks(items);
    for (size_t begin = 0; begin < items.size();) {
      size_t end = begin + 1;
      while (end < items.size() && items[end].key == items[begin].key) ++end;
      take(std::span(items).subspan(begin, end - begin));
      begin = end;
    }
  }
}

}  // namespace lmkor::corpus
