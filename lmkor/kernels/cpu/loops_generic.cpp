// The vector loops compiled for any processor.
#include "lmkor/kernels/cpu/loops.h"

#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::generic {
namespace {

#include "lmkor/kernels/cpu/all.inc"

}  // namespace

const Loops kLoops = {"generic", typed_loops<float>(), typed_loops<uint16_t>()};

}  // namespace lmkor::kernels::cpu::generic
