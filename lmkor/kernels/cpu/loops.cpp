#include "lmkor/kernels/cpu/loops.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace lmkor::kernels::cpu {

DropRule drop_rule(double rate, uint64_t seed) {
  if (rate <= 0) return {};
  return {seed, static_cast<uint32_t>(std::min(std::llround(rate * 0x1p32), 0xFFFF'FFFFll)),
          static_cast<float>(1 / (1 - rate))};
}

std::span<const Loops* const> runnable_loops() {
  static const std::vector<const Loops*> runnable = [] {
    std::vector<const Loops*> out;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    const bool dots = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni");
    if (avx512 && dots) out.push_back(&avx512bf16::kLoops);
    if (avx512) out.push_back(&avx512::kLoops);
    if (avx2) out.push_back(&avx2::kLoops);
#endif
    out.push_back(&generic::kLoops);
    return out;
  }();
  return runnable;
}

const Loops& loops() { return *runnable_loops().front(); }

}  // namespace lmkor::kernels::cpu
