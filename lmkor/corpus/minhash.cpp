#include "lmkor/corpus/minhash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "lmkor/base/hash.h"
#include "lmkor/base/random.h"

namespace lmkor::corpus {
namespace {

constexpr uint64_t kSeeds[] = {0x9E3779B97F4A7C15, 0xD1B54A32D192ED03, 0x8CB92BA72F3D8DD7};
// Odd, so that no word of an n-gram loses bits.
constexpr uint64_t kWeight = 0x9FB21C651E98DF25;
constexpr uint64_t kLetters = 0x2127599BF4325C37;  // keeps n-grams of letters apart from those of words
constexpr uint64_t kMaxRepeats = 2;
constexpr size_t kWordBytes = 16;

uint64_t multiply_fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t load(const char* at) {
  uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Upper-case ASCII letters as lower case: bit 5 of every byte below 0x80, which changes no digit.
uint64_t lower(uint64_t bytes) { return bytes | ((~bytes & 0x8080808080808080) >> 2); }

// The bytes of a half of a word that belong to it, by their number.
constexpr auto kFirstBytes = [] {
  std::array<uint64_t, kWordBytes + 1> masks{};
  for (size_t n = 0; n < masks.size(); ++n) masks[n] = n >= 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * n)) - 1;
  return masks;
}();

// Hash of up to 16 bytes; 16 can be read at `at`.
uint64_t hash_short(const char* at, size_t size, uint64_t state) {
  const uint64_t a = lower(load(at)) & kFirstBytes[size];
  const uint64_t b = lower(load(at + 8)) & kFirstBytes[size > 8 ? size - 8 : 0];
  return multiply_fold(a ^ kSeeds[0] ^ state, b ^ kSeeds[1] ^ (size * kSeeds[2]));
}

uint64_t hash_word(const char* at, size_t size, const char* end) {
  uint64_t state = 0;
  for (; size > kWordBytes; size -= kWordBytes, at += kWordBytes) state = hash_short(at, kWordBytes, state);
  if (static_cast<size_t>(end - at) >= kWordBytes) [[likely]]
    return hash_short(at, size, state);
  char padded[kWordBytes] = {};
  std::memcpy(padded, at, size);
  return hash_short(padded, size, state);
}

uint32_t mixed(uint64_t sum) { return static_cast<uint32_t>(multiply_fold(sum ^ kSeeds[0], kSeeds[1]) >> 16); }

uint64_t power(uint64_t base, int64_t exponent) {
  uint64_t out = 1;
  for (int64_t i = 0; i < exponent; ++i) out *= base;
  return out;
}

// Appends the n-grams of `hashes`: the sum of weighted hashes rolls on in one step for each.
void append_ngrams(std::span<const uint64_t> hashes, size_t n, uint64_t oldest, std::vector<uint32_t>& out) {
  if (hashes.empty()) return;
  n = std::min(n, hashes.size());
  uint64_t sum = 0;
  for (size_t i = 0; i < n; ++i) sum = sum * kWeight + hashes[i];
  out.resize(hashes.size() - n + 1);
  out[0] = mixed(sum);
  for (size_t i = n; i < hashes.size(); ++i) {
    sum = (sum - hashes[i - n] * oldest) * kWeight + hashes[i];
    out[i - n + 1] = mixed(sum);
  }
}

}  // namespace

void MinhashOptions::fields(config::Fields& f) {
  f.add("bands", bands, "bands of a MinHash signature", config::between(1, 256));
  f.add("rows", rows, "hashes in a band, all of which must agree", config::between(1, 64));
  f.add("ngram", ngram, "words in a shingle", config::between(1, 64));
  f.add("short_words", short_words, "texts of fewer words are compared by letters", config::at_least(0));
  f.add("short_ngram", short_ngram, "letters in a shingle of those", config::between(1, 64));
  f.add("threshold", threshold, "least Jaccard similarity of near duplicates, checked for each candidate",
        config::share());
}

Minhasher::Minhasher(const MinhashOptions& options, const cpu::MinhashKernel& kernel)
    : options_(options),
      kernel_(&kernel),
      oldest_(power(kWeight, options.ngram - 1)),
      oldest_letter_(power(kWeight, options.short_ngram - 1)) {
  const auto hashes = static_cast<size_t>(options.bands * options.rows);
  const size_t lanes = (hashes + cpu::kLaneGroup - 1) / cpu::kLaneGroup * cpu::kLaneGroup;
  // The seed is fixed: signatures of any two corpora can be compared.
  const base::Random random(0, base::RandomUse::kSample);
  for (size_t i = 0; i < lanes; ++i) {
    const uint64_t bits = random.bits(i);
    multipliers_.push_back(static_cast<uint32_t>(bits) | 1);
    increments_.push_back(static_cast<uint32_t>(bits >> 32));
  }
  minima_.resize(lanes);
  keys_.resize(static_cast<size_t>(options.bands));
}

std::span<const uint32_t> Minhasher::shingles(std::string_view text) {
  shingles_.clear();
  const size_t blocks = (text.size() + 63) / 64;
  masks_.resize(blocks);
  kernel_->separators(text.data(), text.size() / 64, masks_.data());
  if (text.size() % 64 != 0) {
    char tail[64] = {};
    std::memcpy(tail, text.data() + text.size() / 64 * 64, text.size() % 64);
    kernel_->separators(tail, 1, &masks_.back());
  }
  // Where words begin and end, in turns.
  edges_.resize(text.size() + 65);
  uint32_t* edge = edges_.data();
  uint64_t before = 1;  // whether the byte before is a separator
  for (size_t block = 0; block < blocks; ++block) {
    uint64_t changes = masks_[block] ^ (masks_[block] << 1 | before);
    before = masks_[block] >> 63;
    for (; changes != 0; changes &= changes - 1) {
      *edge++ = static_cast<uint32_t>(64 * block) + static_cast<uint32_t>(std::countr_zero(changes));
    }
  }
  if (before == 0) *edge++ = static_cast<uint32_t>(text.size());
  edges_.resize(static_cast<size_t>(edge - edges_.data()));
  if (edges_.size() / 2 < static_cast<size_t>(options_.short_words)) {
    letter_shingles(text);
  } else {
    word_shingles(text);
  }
  return shingles_;
}

void Minhasher::word_shingles(std::string_view text) {
  const size_t words = edges_.size() / 2;
  const char* const end = text.data() + text.size();
  hashes_.resize(words);
  for (size_t i = 0; i < words; ++i) {
    hashes_[i] = hash_word(text.data() + edges_[2 * i], edges_[2 * i + 1] - edges_[2 * i], end);
  }
  append_ngrams(hashes_, static_cast<size_t>(options_.ngram), oldest_, shingles_);
}

void Minhasher::letter_shingles(std::string_view text) {
  hashes_.clear();
  uint64_t last = 0, run = 0;
  for (size_t word = 0; word + 1 < edges_.size(); word += 2) {
    for (size_t at = edges_[word]; at < edges_[word + 1];) {
      const auto lead = static_cast<unsigned char>(text[at]);
      const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
      uint64_t letter = 0;
      std::memcpy(&letter, text.data() + at, std::min(size, text.size() - at));
      if (lead < 0x80) letter |= 0x20;
      run = letter == last ? run + 1 : 1;
      last = letter;
      if (run <= kMaxRepeats) hashes_.push_back(multiply_fold(letter ^ kLetters, kSeeds[2]));
      at += size;
    }
  }
  append_ngrams(hashes_, static_cast<size_t>(options_.short_ngram), oldest_letter_, shingles_);
  for (uint32_t& shingle : shingles_) shingle = mixed(shingle ^ kLetters);
}

std::span<const uint64_t> Minhasher::band_keys(std::span<const uint32_t> shingles) {
  kernel_->minima(shingles.data(), shingles.size(), multipliers_.data(), increments_.data(), minima_.size(),
                  minima_.data());
  const auto rows = static_cast<size_t>(options_.rows);
  for (size_t band = 0; band < keys_.size(); ++band) {
    keys_[band] = base::hash64({reinterpret_cast<const char*>(&minima_[band * rows]), rows * sizeof(uint32_t)}, band);
  }
  return keys_;
}

double jaccard(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  size_t i = 0, j = 0, shared = 0;
  while (i < a.size() && j < b.size()) {
    const uint32_t x = a[i], y = b[j];
    shared += x == y;
    i += x <= y;
    j += y <= x;
  }
  const size_t all = a.size() + b.size() - shared;
  return all == 0 ? 1 : static_cast<double>(shared) / static_cast<double>(all);
}

double candidate_probability(double s, int64_t bands, int64_t rows) {
  return 1 - std::pow(1 - std::pow(s, static_cast<double>(rows)), static_cast<double>(bands));
}

}  // namespace lmkor::corpus
