#include "lmkor/kernels/dropout.h"

#include <mutex>

#include <ATen/CPUGeneratorImpl.h>

#include "lmkor/kernels/cpu/loops.h"

namespace lmkor::kernels {

Dropout draw_dropout(double rate, bool training) {
  if (!training || rate <= 0) return {};
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return {rate, at::check_generator<at::CPUGeneratorImpl>(generator)->random64()};
}

at::Tensor dropout_factors(const Dropout& dropout, int64_t rows, int64_t columns) {
  at::Tensor out = at::ones({rows, columns});
  if (!dropout.on()) return out;
  float* data = out.data_ptr<float>();
  for (int64_t row = 0; row < rows; ++row) {
    cpu::loops().drop_row(data + row * columns, columns, cpu::drop_rule(dropout.rate, dropout.seed), row);
  }
  return out;
}

at::Tensor dropout(const at::Tensor& x, const Dropout& dropout) {
  if (!dropout.on()) return x;
  if (!x.is_cpu()) return at::dropout(x, dropout.rate, true);
  const at::Tensor factors = dropout_factors(dropout, x.numel() / x.size(-1), x.size(-1));
  return x * factors.view(x.sizes()).to(x.scalar_type());
}

}  // namespace lmkor::kernels
