#include "lmkor/kernels/muon.h"

#include <algorithm>
#include <cmath>

#include "lmkor/kernels/adamw.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

// Coefficients of the quintic that grows small singular values fastest (Jordan et al.).
constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
constexpr int kIterations = 5;

template <class Product>
at::Tensor iterate(at::Tensor x, const Product& times) {
  const bool tall = x.size(0) > x.size(1);
  if (tall) x = x.t().contiguous();
  for (int i = 0; i < kIterations; ++i) {
    const at::Tensor square = times(x, x.t());
    x = x * kA + times(square * kB + times(square, square) * kC, x);
  }
  return tall ? x.t() : x;
}

}  // namespace

at::Tensor orthogonal(const at::Tensor& matrix) {
  if (!matrix.is_cpu()) {
    const at::Tensor norm = at::linalg_vector_norm(matrix).clamp_min(1e-7);
    return iterate((matrix / norm).to(at::kBFloat16), [](const auto& a, const auto& b) { return a.mm(b); })
        .to(at::kFloat);
  }
  const double norm = std::max(1e-7, std::sqrt(sum_of_squares(matrix).item<double>()));
  return iterate((matrix / norm).to(at::kBFloat16), [](const auto& a, const auto& b) { return product(a, b); })
      .to(at::kFloat);
}

at::Tensor orthogonal_plain(const at::Tensor& matrix) {
  const at::Tensor exact = matrix.to(at::kDouble);
  return iterate(exact / exact.norm().clamp_min(1e-7), [](const auto& a, const auto& b) { return a.mm(b); })
      .to(at::kFloat);
}

void muon(at::Tensor& value, const at::Tensor& gradient, at::Tensor& momentum, const at::Tensor& gradient_scale,
          const MuonStep& step) {
  const at::NoGradGuard guard;
  const at::Tensor scaled = gradient * gradient_scale;
  momentum.mul_(step.momentum).add_(scaled);
  const double largest = static_cast<double>(std::max(value.size(0), value.size(1)));
  value.mul_(1 - step.learning_rate * step.weight_decay);
  value.add_(orthogonal(scaled.add_(momentum, step.momentum)), -step.learning_rate * 0.2 * std::sqrt(largest));
}

}  // namespace lmkor::kernels
