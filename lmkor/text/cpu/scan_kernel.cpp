#include "lmkor/text/cpu/scan_kernel.h"

#include <vector>

namespace lmkor::text::cpu {

std::span<const ScanKernel* const> scan_kernels() {
  static const std::vector<const ScanKernel*> usable = [] {
    std::vector<const ScanKernel*> found;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) found.push_back(&avx512::kKernel);
    if (__builtin_cpu_supports("avx2")) found.push_back(&avx2::kKernel);
#endif
    found.push_back(&portable::kKernel);
    return found;
  }();
  return usable;
}

}  // namespace lmkor::text::cpu
