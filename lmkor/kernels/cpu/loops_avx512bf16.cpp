// The vector loops compiled for AVX-512 with products of bf16 pairs and of bytes (Zen 4, Cooper Lake, Sapphire
// Rapids and later).
#include "lmkor/kernels/cpu/loops.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LMKOR_HAS_BF16_DOT
#define LMKOR_HAS_BYTE_DOT
// Stated here because g++ 12 sets no macro of its own for a target that a pragma names.
#define LMKOR_HAS_32_REGISTERS
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,avx2,fma,bmi2")
#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::avx512bf16 {
namespace {

#include "lmkor/kernels/cpu/all.inc"

}  // namespace

const Loops kLoops = {"avx512bf16", typed_loops<float>(), typed_loops<uint16_t>()};

}  // namespace lmkor::kernels::cpu::avx512bf16
#endif
