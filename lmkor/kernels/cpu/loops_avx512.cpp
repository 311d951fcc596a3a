// The vector loops compiled for AVX-512.
#include "lmkor/kernels/cpu/loops.h"

#if defined(__x86_64__)
// Stated here because g++ 12 sets no macro of its own for a target that a pragma names.
#define LMKOR_HAS_32_REGISTERS
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")
#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::avx512 {
namespace {

#include "lmkor/kernels/cpu/all.inc"

}  // namespace

const Loops kLoops = {"avx512", typed_loops<float>(), typed_loops<uint16_t>()};

}  // namespace lmkor::kernels::cpu::avx512
#endif
