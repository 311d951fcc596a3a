#include "lmkor/kernels/activation.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

Activation activation_of(std::string_view hidden_act) {
  if (hidden_act == "gelu") return Activation::kGeluErf;
  for (const char* name : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"}) {
    if (hidden_act == name) return Activation::kGeluTanh;
  }
  throw base::Error(base::ErrorKind::kIncompatible,
                    base::str("hidden_act: got \"", hidden_act, "\", expected gelu, gelu_new or gelu_pytorch_tanh"));
}

namespace {

constexpr int64_t kElements = 1 << 14;  // of a task

struct Gelu : torch::autograd::Function<Gelu> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any, bool tanh) {
    const at::Tensor x = any.contiguous(), out = at::empty_like(x);
    context->save_for_backward({x});
    context->saved_data["tanh"] = tanh;
    by_type(x, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(x.numel(), kElements, [&](int64_t begin, int64_t end) {
        loops_of<T>().gelu_forward(memory<T>(x) + begin, memory<T>(out) + begin, end - begin, tanh);
      });
    });
    return out;
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const at::Tensor x = context->get_saved_variables()[0], d_out = d_outs[0].contiguous(), d_x = at::empty_like(x);
    const bool tanh = context->saved_data["tanh"].toBool();
    by_type(x, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(x.numel(), kElements, [&](int64_t begin, int64_t end) {
        loops_of<T>().gelu_backward(memory<T>(x) + begin, memory<T>(d_out) + begin, memory<T>(d_x) + begin, end - begin,
                                    tanh);
      });
    });
    return {d_x, {}};
  }
};

}  // namespace

at::Tensor activate(const at::Tensor& x, Activation activation) {
  if (!has_loops(x)) return activate_plain(x, activation);
  return Gelu::apply(x, activation == Activation::kGeluTanh);
}

at::Tensor activate_plain(const at::Tensor& x, Activation activation) {
  return at::gelu(x, activation == Activation::kGeluErf ? "none" : "tanh");
}

}  // namespace lmkor::kernels
