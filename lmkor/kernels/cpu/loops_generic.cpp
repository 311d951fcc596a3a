// The vector loops compiled for any processor.
#include "lmkor/kernels/cpu/loops.h"

#pragma GCC optimize("O3")

namespace lmkor::kernels::cpu::generic {
namespace {

#include "lmkor/kernels/cpu/vector.inc"

#include "lmkor/kernels/cpu/loops.inc"

}  // namespace

const Loops kLoops = {"generic", drop_row};

}  // namespace lmkor::kernels::cpu::generic
