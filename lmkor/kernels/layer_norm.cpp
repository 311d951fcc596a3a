#include "lmkor/kernels/layer_norm.h"

#include <algorithm>

#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

// Rows of a task. Gradients of weight and bias are added up within each, then over all in their order.
constexpr int64_t kRows = 64;

struct AddLayerNorm : torch::autograd::Function<AddLayerNorm> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const std::optional<at::Tensor>& residual,
                            const at::Tensor& weight_D, const at::Tensor& bias_D, double eps, const Dropout* dropout) {
    const at::Tensor x_ND = x.contiguous(), residual_ND = residual ? residual->contiguous() : at::Tensor();
    const at::Tensor stats_2N = at::empty({2, x_ND.size(0)}), out_ND = at::empty_like(x_ND);
    context->save_for_backward({x_ND, residual_ND, weight_D, stats_2N});
    context->saved_data["eps"] = eps;
    save_dropout(*context, *dropout);
    by_type(x_ND, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(x_ND.size(0), kRows, [&](int64_t begin, int64_t end) {
        loops_of<T>().norm_forward(rows<T>(context, x_ND, residual_ND, weight_D, stats_2N, begin, end),
                                   memory<float>(bias_D), memory<T>(out_ND) + begin * x_ND.size(1));
      });
    });
    return out_ND;
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x_ND = saved[0], &residual_ND = saved[1], &weight_D = saved[2], &stats_2N = saved[3];
    const at::Tensor d_out_ND = d_outs[0].contiguous();
    const int64_t width = x_ND.size(1), blocks = (x_ND.size(0) + kRows - 1) / kRows;
    const bool dropped = saved_dropout(*context).on();
    // Without dropout the two gradients are one.
    at::Tensor d_x_ND = at::empty_like(x_ND), d_residual_ND;
    if (residual_ND.defined()) d_residual_ND = dropped ? at::empty_like(x_ND) : d_x_ND;
    const at::Tensor parts_B2D = at::zeros({blocks, 2, width});
    by_type(x_ND, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(x_ND.size(0), kRows, [&](int64_t begin, int64_t end) {
        float* parts = memory<float>(parts_B2D) + begin / kRows * 2 * width;
        T* d_residual = dropped && residual_ND.defined() ? memory<T>(d_residual_ND) + begin * width : nullptr;
        loops_of<T>().norm_backward(rows<T>(context, x_ND, residual_ND, weight_D, stats_2N, begin, end),
                                    memory<T>(d_out_ND) + begin * width, memory<T>(d_x_ND) + begin * width, d_residual,
                                    parts, parts + width);
      });
    });
    const at::Tensor sums_2D = column_sums(parts_B2D.view({blocks, 2 * width})).view({2, width});
    return {d_x_ND, d_residual_ND, sums_2D[0], sums_2D[1], {}, {}};
  }

 private:
  template <class T>
  static cpu::NormRows<T> rows(AutogradContext* context, const at::Tensor& x_ND, const at::Tensor& residual_ND,
                               const at::Tensor& weight_D, const at::Tensor& stats_2N, int64_t begin, int64_t end) {
    const int64_t width = x_ND.size(1);
    return {.rows = end - begin,
            .width = width,
            .first_row = begin,
            .x = memory<T>(x_ND) + begin * width,
            .residual = residual_ND.defined() ? memory<T>(residual_ND) + begin * width : nullptr,
            .weight = memory<float>(weight_D),
            .eps = static_cast<float>(context->saved_data["eps"].toDouble()),
            .drop = rule_of(saved_dropout(*context)),
            .mean = memory<float>(stats_2N) + begin,
            .rstd = memory<float>(stats_2N) + x_ND.size(0) + begin};
  }
};

}  // namespace

at::Tensor add_layer_norm(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                          const at::Tensor& bias_D, double eps, const Dropout& dropout) {
  if (has_loops(x_ND)) {
    const std::optional<at::Tensor> residual = residual_ND.defined() ? std::optional(residual_ND) : std::nullopt;
    return AddLayerNorm::apply(x_ND, residual, weight_D, bias_D, eps, &dropout);
  }
  return add_layer_norm_plain(x_ND, residual_ND, weight_D, bias_D, eps, dropout);
}

at::Tensor add_layer_norm_plain(const at::Tensor& x_ND, const at::Tensor& residual_ND, const at::Tensor& weight_D,
                                const at::Tensor& bias_D, double eps, const Dropout& dropout) {
  at::Tensor sum_ND = dropout_plain(x_ND, dropout);
  if (residual_ND.defined()) sum_ND = sum_ND + residual_ND;
  return at::layer_norm(sum_ND.to(at::kFloat), weight_D.sizes(), weight_D, bias_D, eps).to(x_ND.scalar_type());
}

}  // namespace lmkor::kernels
