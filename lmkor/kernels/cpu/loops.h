// The vector loops of the CPU kernels over plain memory, chosen once at run time for this processor (AVX-512, AVX2 or
// none). Vectors are 16 floats wide on all of them, so that sums are added in the same order. No libtorch here: threads
// and tensors are the callers' business. bf16 is uint16_t: the upper half of a float.
#pragma once

#include <cstdint>

namespace lmkor::kernels::cpu {

// Which elements a dropout drops: element (row, column) where hash(row, column) < threshold.
struct DropRule {
  uint64_t seed = 0;
  uint32_t threshold = 0;  // 0: none
  float scale = 1;
};
DropRule drop_rule(double rate, uint64_t seed);

struct Loops {
  const char* name;
  // x[c] *= 0 or rule.scale
  void (*drop_row)(float* x, int64_t columns, const DropRule& rule, int64_t row);
};

// The loops for this processor.
const Loops& loops();

namespace avx512 {
extern const Loops kLoops;
}
namespace avx2 {
extern const Loops kLoops;
}
namespace generic {
extern const Loops kLoops;
}

}  // namespace lmkor::kernels::cpu
