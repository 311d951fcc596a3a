#include "lmkor/audit/copies.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>

#include <utf8proc.h>

#include "lmkor/base/hash.h"
#include "lmkor/text/utf8.h"

namespace lmkor::audit {

namespace {

constexpr size_t kBands = 16, kRowsOfBand = 4;
constexpr size_t kMostInBucket = 200;  // more share a band only where texts are boilerplate
using Sketch = std::array<uint64_t, kBands * kRowsOfBand>;

bool is_letter_or_digit(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return true;
    default:
      return false;
  }
}

std::vector<uint64_t> grams_of(const task::Example& example) {
  constexpr size_t kLength = 3, kShortest = 8;
  std::vector<uint64_t> out;
  uint64_t part = 0;
  for (const std::string* text : {&example.text, &example.second_text}) {
    const std::u32string points = text::to_utf32(bare_text(*text));
    ++part;
    if (part == 1 && points.size() < kShortest) return {};
    for (size_t i = 0; i + kLength <= points.size(); ++i) {
      const std::string_view bytes(reinterpret_cast<const char*>(points.data() + i), kLength * sizeof(char32_t));
      out.push_back(base::hash64(bytes, part));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Sketch sketch_of(const std::vector<uint64_t>& grams) {
  Sketch out;
  out.fill(~uint64_t{0});
  for (const uint64_t gram : grams) {
    for (size_t i = 0; i < out.size(); ++i) {
      uint64_t mixed = (gram ^ (i * 0x9E3779B97F4A7C15ull)) * 0xBF58476D1CE4E5B9ull;
      mixed = (mixed ^ mixed >> 31) * 0x94D049BB133111EBull;
      out[i] = std::min(out[i], mixed ^ mixed >> 29);
    }
  }
  return out;
}

double likeness(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  std::vector<uint64_t> shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  const auto count = static_cast<double>(shared.size());
  return count / (static_cast<double>(a.size() + b.size()) - count);
}

}  // namespace

std::string bare_text(std::string_view text) {
  std::string out;
  for (const char32_t c : text::to_utf32(text)) {
    if (is_letter_or_digit(c))
      text::append_utf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))));
  }
  return out.empty() ? std::string(text) : out;
}

std::vector<uint64_t> copy_groups(const std::vector<const task::Example*>& examples, bool symmetric) {
  std::map<std::pair<base::Hash128, base::Hash128>, uint64_t> known;
  std::vector<uint64_t> out;
  for (const task::Example* example : examples) {
    auto key = std::pair(base::hash128(bare_text(example->text)), base::hash128(bare_text(example->second_text)));
    if (symmetric && key.second < key.first) std::swap(key.first, key.second);
    out.push_back(known.emplace(key, known.size()).first->second);
  }
  return out;
}

std::vector<NearCopy> near_copies(const std::vector<const task::Example*>& examples,
                                  const std::vector<uint64_t>& groups, double least) {
  std::vector<std::vector<uint64_t>> grams;
  std::vector<Sketch> sketches;
  std::vector<uint32_t> rows;  // one of each group
  std::set<uint64_t> taken;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (!taken.insert(groups[i]).second) continue;
    std::vector<uint64_t> own = grams_of(*examples[i]);
    if (own.empty()) continue;
    rows.push_back(static_cast<uint32_t>(i));
    sketches.push_back(sketch_of(own));
    grams.push_back(std::move(own));
  }
  std::set<std::pair<uint32_t, uint32_t>> candidates;
  for (size_t band = 0; band < kBands; ++band) {
    std::unordered_map<uint64_t, std::vector<uint32_t>> buckets;
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const std::string_view bytes(reinterpret_cast<const char*>(sketches[i].data() + band * kRowsOfBand),
                                   kRowsOfBand * sizeof(uint64_t));
      std::vector<uint32_t>& bucket = buckets[base::hash64(bytes)];
      for (const uint32_t other : bucket) candidates.emplace(other, i);
      if (bucket.size() < kMostInBucket) bucket.push_back(i);
    }
  }
  std::vector<NearCopy> out;
  for (const auto& [a, b] : candidates) {
    const double found = likeness(grams[a], grams[b]);
    if (found >= least) out.push_back({rows[a], rows[b], found});
  }
  std::sort(out.begin(), out.end(), [](const NearCopy& a, const NearCopy& b) {
    return a.likeness != b.likeness ? a.likeness > b.likeness : std::pair(a.a, a.b) < std::pair(b.a, b.b);
  });
  return out;
}

}  // namespace lmkor::audit
