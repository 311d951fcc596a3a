#include "lmkor/tokenizer/cpu/units.h"

#include <vector>

namespace lmkor::tokenizer::cpu {

std::span<const Kernel* const> kernels() {
  static const std::vector<const Kernel*> usable = [] {
    std::vector<const Kernel*> found;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (avx2 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2")) {
      found.push_back(&avx512::kKernel);
    }
    if (avx2) found.push_back(&avx2::kKernel);
#endif
    found.push_back(&portable::kKernel);
    return found;
  }();
  return usable;
}

}  // namespace lmkor::tokenizer::cpu
