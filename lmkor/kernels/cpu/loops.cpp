#include "lmkor/kernels/cpu/loops.h"

#include <algorithm>
#include <cmath>

namespace lmkor::kernels::cpu {

DropRule drop_rule(double rate, uint64_t seed) {
  if (rate <= 0) return {};
  return {seed, static_cast<uint32_t>(std::min(std::llround(rate * 0x1p32), 0xFFFF'FFFFll)),
          static_cast<float>(1 / (1 - rate))};
}

const Loops& loops() {
#if defined(__x86_64__)
  static const Loops* const chosen = [] {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
      return &avx512::kLoops;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &avx2::kLoops;
    return &generic::kLoops;
  }();
  return *chosen;
#else
  return generic::kLoops;
#endif
}

}  // namespace lmkor::kernels::cpu
