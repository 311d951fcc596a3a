#include "lmkor/kernels/adamw.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "lmkor/kernels/tensors.h"

// No contraction to fused multiply-adds: every target gives the same bits.
#pragma GCC optimize("O3", "fp-contract=off")

namespace lmkor::kernels {

namespace {

constexpr int64_t kGrain = 1 << 15;

struct Factors {
  float scale, beta1, beta2, rest1, rest2, epsilon, decay, rate, root2;
};

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void update(float* value, const float* gradient, float* moment1, float* moment2, int64_t count, const Factors f) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i] * f.scale;
    const float m = f.beta1 * moment1[i] + f.rest1 * g;
    const float v = f.beta2 * moment2[i] + f.rest2 * (g * g);
    moment1[i] = m;
    moment2[i] = v;
    value[i] = value[i] * f.decay - f.rate * m / (std::sqrt(v) * f.root2 + f.epsilon);
  }
}

// In sixteen sums of its own order, so that it runs in vectors.
#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
double
squares(const float* x, int64_t count) {
  double sums[16] = {};
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) {
    for (int64_t lane = 0; lane < 16; ++lane)
      sums[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(x[i + lane]);
  }
  for (; i < count; ++i) sums[i % 16] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

}  // namespace

void adamw(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
           const at::Tensor& gradient_scale, const AdamWStep& step) {
  if (!value.is_cpu() || !value.is_contiguous()) {
    adamw_plain(value, gradient, moment1, moment2, gradient_scale, step);
    return;
  }
  const at::Tensor dense = gradient.contiguous();
  const Factors factors = {.scale = gradient_scale.item<float>(),
                           .beta1 = static_cast<float>(step.beta1),
                           .beta2 = static_cast<float>(step.beta2),
                           .rest1 = static_cast<float>(1 - step.beta1),
                           .rest2 = static_cast<float>(1 - step.beta2),
                           .epsilon = static_cast<float>(step.epsilon),
                           .decay = static_cast<float>(1 - step.learning_rate * step.weight_decay),
                           .rate = static_cast<float>(step.learning_rate / step.correction1),
                           .root2 = static_cast<float>(1 / std::sqrt(step.correction2))};
  float* values = value.data_ptr<float>();
  const float* gradients = dense.data_ptr<float>();
  float* m = moment1.data_ptr<float>();
  float* v = moment2.data_ptr<float>();
  parallel_ranges(value.numel(), kGrain, [&](int64_t begin, int64_t end) {
    update(values + begin, gradients + begin, m + begin, v + begin, end - begin, factors);
  });
}

at::Tensor sum_of_squares(const at::Tensor& x) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat) return at::linalg_vector_norm(x).to(at::kDouble).square();
  const at::Tensor dense = x.contiguous();
  std::vector<double> parts(static_cast<size_t>((x.numel() + kGrain - 1) / kGrain));
  parallel_ranges(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    parts[static_cast<size_t>(begin / kGrain)] = squares(memory<float>(dense) + begin, end - begin);
  });
  return at::scalar_tensor(std::accumulate(parts.begin(), parts.end(), 0.0), at::kDouble);
}

void adamw_plain(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
                 const at::Tensor& gradient_scale, const AdamWStep& step) {
  const at::NoGradGuard guard;
  const at::Tensor g = gradient * gradient_scale;
  moment1.mul_(step.beta1).add_(g, 1 - step.beta1);
  moment2.mul_(step.beta2).addcmul_(g, g, 1 - step.beta2);
  const at::Tensor root = (moment2 / step.correction2).sqrt_().add_(step.epsilon);
  value.mul_(1 - step.learning_rate * step.weight_decay);
  value.addcdiv_(moment1, root, -step.learning_rate / step.correction1);
}

}  // namespace lmkor::kernels
