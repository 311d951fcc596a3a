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

at::Tensor with_zero_rows(const at::Tensor& x_ND, int64_t rows) {
  if (x_ND.size(0) == rows) return x_ND;
  const at::Tensor out = at::empty({rows, x_ND.size(1)}, x_ND.options());
  out.narrow(0, 0, x_ND.size(0)).copy_(x_ND);
  out.narrow(0, x_ND.size(0), rows - x_ND.size(0)).zero_();
  return out;
}

at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  constexpr int64_t kRows = 256, kColumns = 512, kFewRows = 64;
  const int64_t rows = a.size(0), columns = b.size(1);
  const at::Tensor out = at::empty({rows, columns}, a.scalar_type());
  const auto multiply = [](at::Tensor to, const at::Tensor& left, const at::Tensor& right, const at::Tensor& added) {
    if (added.defined())
      at::addmm_out(to, added, left, right);
    else
      at::mm_out(to, left, right);
  };
  if (rows >= kFewRows) {
    parallel_ranges(rows, even_pieces(rows, kRows), [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowAutograd no_gradient;
      const at::Tensor to = out.narrow(0, begin, end - begin), left = a.narrow(0, begin, end - begin);
      const int64_t whole = whole_steps(end - begin);
      if (whole == end - begin) {
        multiply(to, left, b, bias);
      } else {
        const at::Tensor filled = at::empty({whole, columns}, a.scalar_type());
        multiply(filled, with_zero_rows(left, whole), b, bias);
        to.copy_(filled.narrow(0, 0, end - begin));
      }
    });
  } else {
    const at::Tensor left = with_zero_rows(a, whole_steps(rows));
    parallel_ranges(columns, even_pieces(columns, kColumns), [&](int64_t begin, int64_t end) {
      const at::AutoDispatchBelowAutograd no_gradient;
      const at::Tensor part = at::empty({left.size(0), end - begin}, a.scalar_type());
      multiply(part, left, b.narrow(1, begin, end - begin), bias.defined() ? bias.narrow(0, begin, end - begin) : bias);
      out.narrow(1, begin, end - begin).copy_(part.narrow(0, 0, rows));
    });
  }
  return out;
}

at::Tensor transposed_product(const at::Tensor& a_ND, const at::Tensor& b_NE) {
  constexpr int64_t kStep = 64;
  const int64_t rows = a_ND.size(0), whole = rows / kStep * kStep, rest = rows - whole;
  at::Tensor out_DE;
  if (whole > 0) out_DE = product(a_ND.narrow(0, 0, whole).t(), b_NE.narrow(0, 0, whole)).to(at::kFloat);
  if (rest > 0 || whole == 0) {
    const at::Tensor rest_DE = product(with_zero_rows(a_ND.narrow(0, whole, rest), kStep).t(),
                                       with_zero_rows(b_NE.narrow(0, whole, rest), kStep));
    out_DE = whole > 0 ? out_DE.add_(rest_DE) : rest_DE.to(at::kFloat);
  }
  return out_DE;
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
