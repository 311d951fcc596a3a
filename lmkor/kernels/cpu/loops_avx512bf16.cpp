// The vector loops compiled for AVX-512 with products of bf16 pairs (Zen 4, Cooper Lake, Sapphire Rapids and later).
#include "lmkor/kernels/cpu/loops.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LMKOR_HAS_BF16_DOT
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,bmi2")
#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::avx512bf16 {
namespace {

#include "lmkor/kernels/cpu/all.inc"

}  // namespace

const Loops kLoops = {"avx512bf16", typed_loops<float>(), typed_loops<uint16_t>()};

}  // namespace lmkor::kernels::cpu::avx512bf16
#endif
