// The two loops of MinHash that vectors make fast, compiled for several instruction sets. All kernels give the same
// bits: the arithmetic is of integers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lmkor::corpus::cpu {

// Minima are kept in lanes of this many; signatures are padded to a multiple.
inline constexpr size_t kLaneGroup = 16;

struct MinhashKernel {
  const char* name;
  // minima[i] = min over the shingles s of (s * multipliers[i] + increments[i]) mod 2^32, for i < lanes; all ones
  // without a shingle. `lanes` is a multiple of kLaneGroup.
  void (*minima)(const uint32_t* shingles, size_t count, const uint32_t* multipliers, const uint32_t* increments,
                 size_t lanes, uint32_t* minima);
  // Bit i of masks[b]: byte 64 b + i stands between words, being ASCII and neither letter nor digit. Reads 64 bytes for
  // each block.
  void (*separators)(const char* text, size_t blocks, uint64_t* masks);
};

// Those this machine can run, the fastest first; the last one is portable.
std::span<const MinhashKernel* const> minhash_kernels();

namespace portable {
extern const MinhashKernel kKernel;
}
namespace avx2 {
extern const MinhashKernel kKernel;
}
namespace avx512 {
extern const MinhashKernel kKernel;
}

}  // namespace lmkor::corpus::cpu
