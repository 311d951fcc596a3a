// The vector loops compiled for AVX2.
#include "lmkor/kernels/cpu/loops.h"

#if defined(__x86_64__)
#pragma GCC target("avx2,fma,bmi2")
#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::avx2 {
namespace {

#include "lmkor/kernels/cpu/all.inc"

}  // namespace

const Loops kLoops = {"avx2", typed_loops<float>(), typed_loops<uint16_t>()};

}  // namespace lmkor::kernels::cpu::avx2
#endif
