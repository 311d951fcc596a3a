// Dropout as a function of (seed, row, column): the backward pass makes the same mask again instead of keeping it, and
// the mask is the same for any number of threads.
#pragma once

#include <cstdint>

#include <ATen/ATen.h>

namespace lmkor::kernels {

// One application of dropout. Elements are dropped where hash(seed, row, column) < rate and scaled by 1 / (1 - rate).
struct Dropout {
  double rate = 0;
  uint64_t seed = 0;
  bool on() const { return rate > 0; }
};

// A dropout with a seed from the default CPU generator (the trainer seeds that per step), off when not training.
Dropout draw_dropout(double rate, bool training);

// What elements of a [rows, columns] matrix are multiplied by: 0 or 1 / (1 - rate), fp32 on the CPU.
at::Tensor dropout_factors(const Dropout& dropout, int64_t rows, int64_t columns);

// x * dropout_factors; x itself when it is off.
at::Tensor dropout(const at::Tensor& x, const Dropout& dropout);
at::Tensor dropout_plain(const at::Tensor& x, const Dropout& dropout);

}  // namespace lmkor::kernels
