#include "lmkor/kernels/activation.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {

Activation activation_of(std::string_view hidden_act) {
  if (hidden_act == "gelu") return Activation::kGeluErf;
  for (const char* name : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"}) {
    if (hidden_act == name) return Activation::kGeluTanh;
  }
  throw base::Error(base::ErrorKind::kIncompatible,
                    base::str("hidden_act: got \"", hidden_act, "\", expected gelu, gelu_new or gelu_pytorch_tanh"));
}

at::Tensor activate(const at::Tensor& x, Activation activation) { return activate_plain(x, activation); }

at::Tensor activate_plain(const at::Tensor& x, Activation activation) {
  return at::gelu(x, activation == Activation::kGeluErf ? "none" : "tanh");
}

}  // namespace lmkor::kernels
