#include "lmkor/corpus/near.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/corpus/survey.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;

namespace {

struct Pair {
  Place a, b;  // a < b
  friend auto operator<=>(const Pair&, const Pair&) = default;
};

struct Edge {
  uint64_t rank;  // of the one that is to stay
  Place stays, goes;
  uint32_t similarity;  // bits of a float
  uint32_t unused;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};

// Of a group that shares a band each pair is a candidate; of a large one the pairs with the first by rank only, since
// pairs grow with the square.
constexpr size_t kAllPairs = 64;
constexpr size_t kAnchors = 16;

// Edges are divided by rank in its order, so that they can be taken up stretch by stretch: by the power of two of the
// length, then evenly in it.
constexpr size_t kStretches = 8;
constexpr size_t kEdgePartitions = 33 * kStretches;
size_t edge_partition(uint64_t rank) {
  const uint32_t characters = ~static_cast<uint32_t>(rank >> 32);
  const int width = std::bit_width(characters);
  const size_t power = static_cast<size_t>(32 - width) * kStretches;
  if (width == 0) return power;
  const uint64_t below = (uint64_t{1} << width) - 1 - characters;  // 0 for the longest of this power
  return power + static_cast<size_t>(below * kStretches >> (width - 1));
}

uint64_t pair_key(const Pair& pair) { return base::hash64({reinterpret_cast<const char*>(&pair), sizeof pair}); }

}  // namespace

void pair_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  const auto keep_all = [](uint32_t, const Record&) { return false; };
  RecordWriter<Record> repeats(folder / "repeats", work.units.size(), memory / 8);
  join(work, "survey", "documents", bucket, memory / 2, keep_all, [&](std::span<const Joined> group) {
    const Joined* first = &group[0];
    for (const Joined& item : group.subspan(1)) {
      if (item.extra != first->extra) {
        first = &item;
      } else {
        repeats.add(item.unit, {place_of(first->unit, first->index), 0, item.index});
      }
    }
  });
  repeats.commit();
  if (!work.options.dedup.near) return;

  RecordWriter<Pair> pairs(folder / "pairs", work.buckets, memory / 8);
  std::vector<Place> candidates, group_places;
  join(work, "survey", "bands", bucket, memory / 2, keep_all, [&](std::span<const Joined> group) {
    group_places.clear();
    for (size_t i = 0; i < group.size(); ++i) {
      // Of equal texts only the first is a candidate; the others go as repeats.
      if (i == 0 || group[i].extra != group[i - 1].extra)
        group_places.push_back(place_of(group[i].unit, group[i].index));
    }
    const size_t count = group_places.size();
    if (count < 2) return;
    const size_t firsts = count <= kAllPairs ? count : kAnchors;
    for (size_t i = 0; i < firsts; ++i) {
      for (size_t j = i + 1; j < count; ++j) {
        const Pair pair = {std::min(group_places[i], group_places[j]), std::max(group_places[i], group_places[j])};
        pairs.add(work.bucket(pair_key(pair)), pair);
      }
    }
    candidates.insert(candidates.end(), group_places.begin(), group_places.end());
  });
  pairs.commit();
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  RecordWriter<uint32_t> out(folder / "candidates", work.units.size(), memory / 8);
  for (const Place place : candidates) out.add(unit_of(place), index_of(place));
  out.commit();
}

void verify_bucket(const Work& work, size_t bucket, const fs::path& folder) {
  const uint64_t memory = work.memory_bytes / static_cast<uint64_t>(work.threads);
  RecordWriter<Edge> edges(folder / "edges", kEdgePartitions, memory / 4);
  ShingleFiles files(work, memory / 4);
  const auto verify = [&](const Pair& pair) {
    files.trim();
    const auto [file_a, entry_a] = files.find(pair.a);
    const auto [file_b, entry_b] = files.find(pair.b);
    const ShingleFile::Entry &a = *entry_a, &b = *entry_b;
    const double threshold = work.options.minhash.threshold;
    // The smaller set is the most that they can share.
    const auto [less, more] = std::minmax(a.shingles, b.shingles);
    if (less < threshold * more) return;
    const double similarity = jaccard(file_a->shingles(a), file_b->shingles(b));
    if (similarity < threshold) return;
    const bool first = std::pair(a.rank, pair.a) < std::pair(b.rank, pair.b);
    const uint64_t rank = first ? a.rank : b.rank;
    edges.add(edge_partition(rank), {rank, first ? pair.a : pair.b, first ? pair.b : pair.a,
                                     std::bit_cast<uint32_t>(static_cast<float>(similarity)), 0});
  };
  std::vector<RecordFile<Pair>> inputs;
  uint64_t total = 0;
  for (size_t i = 0; i < work.buckets; ++i) {
    inputs.emplace_back(work.task("pair", i) / "pairs");
    total += inputs.back().size(bucket);
  }
  const uint64_t fits = std::max<uint64_t>(memory / 2 / sizeof(Pair), 1024);
  const uint64_t passes = (total + fits - 1) / fits;
  std::vector<Pair> pairs;
  for (uint64_t pass = 0; pass < passes; ++pass) {
    base::check_interrupt();
    pairs.clear();
    for (const RecordFile<Pair>& input : inputs) {
      input.each(bucket, [&](const Pair& pair) {
        if (pair_key(pair) % passes == pass) pairs.push_back(pair);
      });
    }
    // One pair shares up to as many bands as there are.
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    for (const Pair& pair : pairs) verify(pair);
  }
  edges.commit();
}

void cluster(const Work& work, size_t, const fs::path& folder) {
  std::vector<RecordFile<Record>> tables;
  std::vector<std::vector<bool>> gone;  // by unit and document
  for (size_t unit = 0; unit < work.units.size(); ++unit) {
    tables.emplace_back(work.task("survey", unit) / "table");
    gone.emplace_back(tables.back().size(0));
  }
  RecordWriter<Record> drops(folder / "drops", work.units.size(), work.memory_bytes / 8);
  if (work.options.dedup.near) {
    std::vector<RecordFile<Edge>> inputs;
    for (size_t i = 0; i < work.buckets; ++i) inputs.emplace_back(work.task("verify", i) / "edges");
    std::vector<Edge> edges;
    for (size_t partition = 0; partition < kEdgePartitions; ++partition) {
      base::check_interrupt();
      edges.clear();
      for (const RecordFile<Edge>& input : inputs) {
        input.each(partition, [&](const Edge& edge) { edges.push_back(edge); });
      }
      std::sort(edges.begin(), edges.end());
      for (const Edge& edge : edges) {
        std::vector<bool>& unit = gone[unit_of(edge.goes)];
        if (gone[unit_of(edge.stays)][index_of(edge.stays)] || unit[index_of(edge.goes)]) continue;
        unit[index_of(edge.goes)] = true;
        drops.add(unit_of(edge.goes), {edge.stays, edge.similarity, index_of(edge.goes)});
      }
    }
  }
  for (size_t bucket = 0; bucket < work.buckets; ++bucket) {
    const RecordFile<Record> repeats(work.task("pair", bucket) / "repeats");
    for (size_t unit = 0; unit < work.units.size(); ++unit) {
      repeats.each(unit, [&](const Record& record) {
        gone[unit][record.index] = true;
        drops.add(unit, record);
      });
    }
  }
  drops.commit();
  RecordWriter<Record> ranges(folder / "ranges", work.units.size(), work.memory_bytes / 8);
  for (size_t unit = 0; unit < work.units.size(); ++unit) {
    uint64_t sentence = 0;
    tables[unit].each(0, [&](const Record& document) {
      if (gone[unit][document.index]) ranges.add(unit, {sentence, document.extra, document.index});
      sentence += document.extra;
    });
  }
  ranges.commit();
}

}  // namespace lmkor::corpus
