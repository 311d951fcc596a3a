#include "lmkor/kernels/dropout.h"

#include <mutex>

#include <ATen/CPUGeneratorImpl.h>

#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

constexpr int64_t kRows = 64;  // of a task

at::Tensor dropped(const at::Tensor& any, const Dropout& dropout) {
  const at::Tensor x = any.contiguous(), out = at::empty_like(x);
  const int64_t columns = x.size(-1);
  by_type(x, [&](auto zero) {
    using T = decltype(zero);
    parallel_ranges(x.numel() / columns, kRows, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        loops_of<T>().drop_row(memory<T>(x) + row * columns, memory<T>(out) + row * columns, columns, rule_of(dropout),
                               row);
      }
    });
  });
  return out;
}

struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Dropout* dropout) {
    save_dropout(*context, *dropout);
    return dropped(x, *dropout);
  }
  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    return {dropped(d_outs[0], saved_dropout(*context)), {}};
  }
};

}  // namespace

Dropout draw_dropout(double rate, bool training) {
  if (!training || rate <= 0) return {};
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return {rate, at::check_generator<at::CPUGeneratorImpl>(generator)->random64()};
}

at::Tensor dropout_factors(const Dropout& dropout, int64_t rows, int64_t columns) {
  at::Tensor out = at::ones({rows, columns});
  return dropout.on() ? dropped(out, dropout) : out;
}

at::Tensor dropout(const at::Tensor& x, const Dropout& dropout) {
  if (!dropout.on()) return x;
  if (!x.is_cpu()) return at::dropout(x, dropout.rate, true);
  return DropoutFunction::apply(x, &dropout);
}

at::Tensor dropout_plain(const at::Tensor& x, const Dropout& dropout) {
  if (!dropout.on()) return x;
  if (!x.is_cpu()) return at::dropout(x, dropout.rate, true);
  const at::Tensor factors = dropout_factors(dropout, x.numel() / x.size(-1), x.size(-1));
  return x * factors.view(x.sizes()).to(x.scalar_type());
}

}  // namespace lmkor::kernels
