#include "lmkor/vocab/sorted_run.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "lmkor/base/parallel.h"
#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {
namespace {

constexpr size_t kBuckets = 256;
constexpr size_t kSamplesPerBucket = 16;

uint64_t head_of(std::string_view word) {
  unsigned char bytes[8] = {};
  std::memcpy(bytes, word.data(), std::min<size_t>(word.size(), sizeof bytes));
  uint64_t head = 0;
  for (const unsigned char byte : bytes) head = head << 8 | byte;
  return head;
}

}  // namespace

// Divides the words at heads drawn from among them, then sorts each bucket, which fits a cache.
SortedRun::SortedRun(const std::vector<const WordTable*>& tables, int threads) {
  std::vector<size_t> table_begins = {0};
  for (const WordTable* table : tables) table_begins.push_back(table_begins.back() + table->size());
  const size_t size = table_begins.back();
  std::vector<Word> unsorted(size, Word{0, WordRecord(nullptr)});
  base::parallel_for(tables.size(), threads, [&](size_t i) {
    Word* to = unsorted.data() + table_begins[i];
    tables[i]->each([&](WordRecord record) { *to++ = {head_of(record.word()), record}; });
  });

  std::vector<uint64_t> samples, splitters;
  for (size_t i = 0; i < size; i += 1 + size / (kBuckets * kSamplesPerBucket)) samples.push_back(unsorted[i].head);
  std::sort(samples.begin(), samples.end());
  for (size_t i = 1; i < kBuckets && !samples.empty(); ++i) splitters.push_back(samples[i * samples.size() / kBuckets]);
  const auto bucket_of = [&](const Word& word) {
    return static_cast<size_t>(std::upper_bound(splitters.begin(), splitters.end(), word.head) - splitters.begin());
  };
  begins_.assign(kBuckets + 1, 0);
  for (const Word& word : unsorted) ++begins_[bucket_of(word) + 1];
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) begins_[bucket + 1] += begins_[bucket];
  std::vector<size_t> to(begins_.begin(), begins_.end() - 1);
  words_.assign(size, Word{0, WordRecord(nullptr)});
  for (const Word& word : unsorted) words_[to[bucket_of(word)]++] = word;
  unsorted = {};
  base::parallel_for(kBuckets, threads, [&](size_t bucket) {
    std::sort(words_.begin() + static_cast<ptrdiff_t>(begins_[bucket]),
              words_.begin() + static_cast<ptrdiff_t>(begins_[bucket + 1]), [](const Word& a, const Word& b) {
                return a.head != b.head ? a.head < b.head : a.record.word() < b.record.word();
              });
  });
}

void SortedRun::write(int threads, const std::function<void(std::string_view lines)>& out) const {
  size_t bucket = 0;
  base::ordered_pipeline<size_t, std::string>(
      threads, [&]() -> std::optional<size_t> { return bucket < kBuckets ? std::optional(bucket++) : std::nullopt; },
      [&](size_t&& i) {
        std::string lines;
        for (size_t word = begins_[i]; word < begins_[i + 1]; ++word) {
          append_line(lines, words_[word].record.word(), words_[word].record.count());
        }
        return lines;
      },
      [&](std::string&& lines) { out(lines); });
}

}  // namespace lmkor::vocab
