#include "lmkor/kernels/tensors.h"

#include <ATen/Parallel.h>

namespace lmkor::kernels {

void parallel_tasks(int64_t tasks, const std::function<void(int64_t task, int worker)>& body) {
  cpu::parallel_tasks(tasks, at::get_num_threads(), body);
}

void parallel_ranges(int64_t size, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body) {
  cpu::parallel_ranges(size, grain, at::get_num_threads(), body);
}

int64_t even_pieces(int64_t size, int64_t limit) {
  const int64_t pieces = 2 * ((size + 2 * limit - 1) / (2 * limit));
  return pieces == 0 ? 1 : ((size + pieces - 1) / pieces + 15) / 16 * 16;
}

void product_out(at::Tensor out, const at::Tensor& a, const at::Tensor& b) {
  const at::AutoDispatchBelowAutograd no_gradient;
  at::mm_out(out, a, b);
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  constexpr int64_t kRows = 256, kColumns = 512, kFewRows = 64;
  const int64_t rows = a.size(0), columns = b.size(1);
  const at::Tensor out = at::empty({rows, columns}, a.scalar_type());
  if (rows >= kFewRows) {
    parallel_ranges(rows, even_pieces(rows, kRows), [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowAutograd no_gradient;
      at::Tensor part = out.narrow(0, begin, end - begin);
      const at::Tensor a_part = a.narrow(0, begin, end - begin);
      if (bias.defined())
        at::addmm_out(part, bias, a_part, b);
      else
        at::mm_out(part, a_part, b);
    });
  } else {
    parallel_ranges(columns, even_pieces(columns, kColumns), [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowAutograd no_gradient;
      const at::Tensor b_part = b.narrow(1, begin, end - begin);
      const at::Tensor part =
          bias.defined() ? at::addmm(bias.narrow(0, begin, end - begin), a, b_part) : at::mm(a, b_part);
      out.narrow(1, begin, end - begin).copy_(part);
    });
  }
  return out;
}

at::Tensor column_sums(const at::Tensor& x_ND) {
  const int64_t columns = x_ND.size(1);
  at::Tensor sums_D = at::zeros({columns});
  by_type(x_ND, [&](auto zero) {
    using T = decltype(zero);
    parallel_ranges(columns, 64, [&](int64_t begin, int64_t end) {
      loops_of<T>().add_columns(memory<T>(x_ND) + begin, x_ND.size(0), columns, end - begin,
                                memory<float>(sums_D) + begin);
    });
  });
  return sums_D;
}

void save_dropout(AutogradContext& context, const Dropout& dropout) {
  context.saved_data["rate"] = dropout.rate;
  context.saved_data["seed"] = static_cast<int64_t>(dropout.seed);
}

Dropout saved_dropout(AutogradContext& context) {
  return {context.saved_data["rate"].toDouble(), static_cast<uint64_t>(context.saved_data["seed"].toInt())};
}

}  // namespace lmkor::kernels
