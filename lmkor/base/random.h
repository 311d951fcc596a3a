// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011).
// A number is a pure function of (seed, stream, counter), so it is the same for any number of threads or processes and
// after a resume. No state is saved anywhere.
#pragma once

#include <array>
#include <cstdint>

namespace lmkor::base {

// What a stream of random numbers is used for; part of the key, so that uses never share numbers.
enum class RandomUse : uint32_t {
  kShuffle = 1,
  kMask = 2,
  kReplace = 3,
  kSample = 4,
  kDropout = 5,
  kInit = 6,
  kSplit = 7,
  kGenerate = 8,
  kPair = 9,
  kNgram = 10,
};

// The four 32-bit words of block (counter_low, counter_high) under `key`.
inline std::array<uint32_t, 4> philox(uint64_t key, uint64_t counter_low, uint64_t counter_high) {
  uint32_t c0 = static_cast<uint32_t>(counter_low), c1 = static_cast<uint32_t>(counter_low >> 32);
  uint32_t c2 = static_cast<uint32_t>(counter_high), c3 = static_cast<uint32_t>(counter_high >> 32);
  uint32_t k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = 0xD2511F53ull * c0;
    const uint64_t p1 = 0xCD9E8D57ull * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {c0, c1, c2, c3};
}

// Numbers of one stream: key = seed, counter = (position, stream | use).
class Random {
 public:
  Random(uint64_t seed, RandomUse use, uint64_t stream = 0)
      : key_(seed), high_((static_cast<uint64_t>(use) << 48) ^ stream) {}

  // 64 random bits at `position`.
  uint64_t bits(uint64_t position) const {
    const auto word = philox(key_, position, high_);
    return static_cast<uint64_t>(word[1]) << 32 | word[0];
  }
  // Uniform in [0, 1), 53 bits.
  double uniform(uint64_t position) const { return static_cast<double>(bits(position) >> 11) * 0x1.0p-53; }
  // Uniform in [0, bound), bound > 0, without measurable bias (128-bit multiply).
  uint64_t below(uint64_t position, uint64_t bound) const {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(bits(position)) * bound) >> 64);
  }

 private:
  uint64_t key_;
  uint64_t high_;
};

// A permutation of [0, size) as a function: at(i) is computed in O(1) without a table (a Feistel network of four rounds
// over the next power of four, walked until it falls inside). Bijective for any size.
class Permutation {
 public:
  Permutation(uint64_t size, uint64_t seed, uint64_t stream);
  uint64_t size() const { return size_; }
  uint64_t at(uint64_t index) const;

 private:
  uint64_t size_;
  uint64_t seed_;
  uint64_t stream_;
  int half_bits_;
};

}  // namespace lmkor::base
