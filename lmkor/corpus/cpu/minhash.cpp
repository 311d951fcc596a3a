#include "lmkor/corpus/cpu/minhash.h"

#include <vector>

namespace lmkor::corpus::cpu {

std::span<const MinhashKernel* const> minhash_kernels() {
  static const std::vector<const MinhashKernel*> usable = [] {
    std::vector<const MinhashKernel*> found;
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

}  // namespace lmkor::corpus::cpu
