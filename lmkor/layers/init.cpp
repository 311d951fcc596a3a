#include "lmkor/layers/init.h"

#include <cmath>

#include <ATen/Parallel.h>

#include "lmkor/base/hash.h"
#include "lmkor/base/random.h"

namespace lmkor::layers {

Linear make_linear(int64_t in, int64_t out) { return {at::empty({out, in}), at::empty({out})}; }
Norm make_norm(int64_t width) { return {at::empty({width}), at::empty({width})}; }

void visit(Linear& linear, const std::string& name, const Visit& f, Role role) {
  if (!linear.defined()) return;
  f(name + ".weight", linear.weight, role);
  f(name + ".bias", linear.bias, Role::kBias);
}

void visit(Norm& norm, const std::string& name, const Visit& f) {
  if (!norm.weight.defined()) return;
  f(name + ".weight", norm.weight, Role::kNormWeight);
  f(name + ".bias", norm.bias, Role::kNormBias);
}

double normal_quantile(double p) {
  const double q = p - 0.5;
  if (std::abs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * (((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179) /
           (((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0);
  }
  double r = std::sqrt(-std::log(q < 0 ? p : 1 - p));
  double value;
  if (r <= 5) {
    r -= 1.6;
    value = (((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
            ((1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0);
  } else {
    r -= 5;
    value = (((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860) * r + 6.6579051150) /
            ((1.2258202635e-2 * r + 2.4197894225e-1) * r + 1.0);
  }
  return q < 0 ? -value : value;
}

void initialise(at::Tensor& tensor, Role role, double sigma, uint64_t seed, const std::string& name) {
  if (role == Role::kNormWeight) {
    tensor.fill_(1);
    return;
  }
  if (role == Role::kBias || role == Role::kNormBias) {
    tensor.zero_();
    return;
  }
  const base::Random random(seed, base::RandomUse::kInit, base::hash64(name) & 0xFFFF'FFFF'FFFF);
  const double low = 0.022750131948179195;  // share of a normal distribution below -2 sigma
  const double bound = std::sqrt(6.0 / static_cast<double>(tensor.size(0) + tensor.size(-1)));
  float* values = tensor.data_ptr<float>();
  at::parallel_for(0, tensor.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const double u = random.uniform(static_cast<uint64_t>(i));
      values[i] = static_cast<float>(role == Role::kGlorotMatrix ? bound * (2 * u - 1)
                                                                 : sigma * normal_quantile(low + (1 - 2 * low) * u));
    }
  });
}

}  // namespace lmkor::layers
