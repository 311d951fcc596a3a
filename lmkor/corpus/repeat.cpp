#include "lmkor/corpus/repeat.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

namespace lmkor::corpus {

namespace fs = std::filesystem;

namespace {

// What is gone already of the unit that was asked for last; join() asks unit by unit, so that no more has to be held.
class Gone {
 public:
  // Sentences of documents that go and, with `repeated`, those that came before.
  Gone(const Work& work, bool repeated) : work_(work), repeated_wanted_(repeated) {
    if (work.options.dedup.hashes_documents()) ranges_file_.emplace(work.task("cluster", 0) / "ranges");
  }

  bool holds(uint32_t unit, uint32_t sentence) {
    if (unit_ != unit) load(unit);
    const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), sentence,
                                        [](uint32_t s, const auto& range) { return s < range.first; });
    return (after != ranges_.begin() && sentence < std::prev(after)->second) ||
           std::binary_search(repeated_.begin(), repeated_.end(), sentence);
  }

 private:
  void load(uint32_t unit) {
    unit_ = unit;
    ranges_.clear();
    if (ranges_file_) {
      ranges_file_->each(unit, [&](const Record& record) {
        const auto begin = static_cast<uint32_t>(record.key);
        if (!ranges_.empty() && ranges_.back().second == begin) {
          ranges_.back().second += record.extra;
        } else {
          ranges_.emplace_back(begin, begin + record.extra);
        }
      });
    }
    if (repeated_wanted_) repeated_ = repeated_sentences(work_, unit);
  }

  const Work& work_;
  bool repeated_wanted_;
  std::optional<RecordFile<Record>> ranges_file_;
  std::optional<uint32_t> unit_;
  std::vector<std::pair<uint32_t, uint32_t>> ranges_;  // begin and end of each stretch, in order
  std::vector<uint32_t> repeated_;
};

}  // namespace

void repeat_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  Gone gone(work, false);
  RecordWriter<uint32_t> drops(folder / "drops", work.units.size(), memory / 8);
  join(
      work, "survey", "sentences", bucket, memory / 2,
      [&](uint32_t unit, const Record& record) { return gone.holds(unit, record.index); },
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
  Gone gone(work, true);
  const auto length = static_cast<uint32_t>(work.options.dedup.repeated_words);
  RecordWriter<WordRun> drops(folder / "drops", work.units.size(), memory / 8);
  join(
      work, "survey", "words", bucket, memory / 2,
      [&](uint32_t unit, const Record& record) { return gone.holds(unit, record.index); },
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
