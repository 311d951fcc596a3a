// MinHash signatures of texts (Broder 1997) for locality-sensitive hashing in bands, as FineWeb does (Penedo et al.
// 2024): two texts become candidates if all rows of a band agree, which happens with probability 1 - (1 - s^rows)^bands
// for a Jaccard similarity s of their shingles.
//
// A shingle is a run of `ngram` words (letters and digits between blanks and ASCII punctuation, ASCII letters as lower
// case). Texts of fewer than `short_words` words have too few of those: their shingles are runs of `short_ngram`
// letters, blanks and punctuation taken out and the third and later of equal letters in a row dropped ("ㅋㅋㅋㅋ").
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/corpus/cpu/minhash.h"

namespace lmkor::corpus {

struct MinhashOptions {
  int64_t bands = 14;
  int64_t rows = 8;
  int64_t ngram = 5;
  int64_t short_words = 20;
  int64_t short_ngram = 5;
  double threshold = 0.7;

  void fields(config::Fields& f);
};

// Signs texts; holds buffers, so each thread has its own.
class Minhasher {
 public:
  explicit Minhasher(const MinhashOptions& options, const cpu::MinhashKernel& kernel = *cpu::minhash_kernels().front());
  // Hashes of the shingles of valid UTF-8 `text`, in order and with repeats; a text of fewer words or letters than a
  // shingle has is one shingle, one without any has none. Valid until the next call.
  std::span<const uint32_t> shingles(std::string_view text);
  // One key for each band, valid until the next call. Keys of different bands are never equal but by chance.
  std::span<const uint64_t> band_keys(std::span<const uint32_t> shingles);

 private:
  void word_shingles(std::string_view text);
  void letter_shingles(std::string_view text);

  MinhashOptions options_;
  const cpu::MinhashKernel* kernel_;
  std::vector<uint32_t> multipliers_, increments_, minima_, shingles_, edges_;
  std::vector<uint64_t> masks_, hashes_, keys_;
  uint64_t oldest_, oldest_letter_;  // the weight of the oldest word or letter of an n-gram
};

// Shared and all different elements of two sorted sets: their Jaccard similarity.
double jaccard(std::span<const uint32_t> a, std::span<const uint32_t> b);

// The probability that two texts of similarity `s` share a band.
double candidate_probability(double s, int64_t bands, int64_t rows);

}  // namespace lmkor::corpus
