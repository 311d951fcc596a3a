// One update of Muon on one matrix: momentum, made orthogonal by Newton and Schulz's iteration (Jordan et al., 2024,
// kellerjordan.github.io/posts/muon), scaled to the size of AdamW's updates (Liu et al., 2025, arXiv:2502.16982, eq.
// 4), with decoupled weight decay. One learning rate then serves both.
#pragma once

#include <ATen/ATen.h>

namespace lmkor::kernels {

struct MuonStep {
  double learning_rate = 0;
  double momentum = 0.95;  // of Nesterov's kind
  double weight_decay = 0;
};

// value -= learning_rate * (0.2 sqrt(max(rows, columns)) orthogonal(update) + weight_decay * value). `value` and
// `momentum` are fp32 [rows, columns], changed in place; `gradient` is only read. `gradient_scale` is a scalar tensor
// on the same device (the clipping factor).
void muon(at::Tensor& value, const at::Tensor& gradient, at::Tensor& momentum, const at::Tensor& gradient_scale,
          const MuonStep& step);

// The matrix [rows, columns] with its singular values brought near 1 (0.7 to 1.2) by five steps in bf16; fp32. On the
// CPU the same for any number of threads.
at::Tensor orthogonal(const at::Tensor& matrix);
// In fp64 with libtorch's own products.
at::Tensor orthogonal_plain(const at::Tensor& matrix);

}  // namespace lmkor::kernels
