// The vector loops compiled for avx2.
#include "lmkor/kernels/cpu/loops.h"

#if defined(__x86_64__)
#pragma GCC target("avx2,fma,bmi2")
#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::avx2 {
namespace {

#include "lmkor/kernels/cpu/vector.inc"

#include "lmkor/kernels/cpu/loops.inc"

}  // namespace

const Loops kLoops = {"avx2", drop_row};

}  // namespace lmkor::kernels::cpu::avx2
#endif
