#include "lmkor/kernels/activation.h"

#include "kernels/compare.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

TEST(Activation, EqualsPlainReference) {
  at::manual_seed(1);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const auto activation : {Activation::kGeluErf, Activation::kGeluTanh}) {
      for (const int64_t width : {1, 48, 100, 40000}) {
        const Tensors inputs = {at::randn({3, width}) * 3};
        compare([&](const Tensors& t) { return activate(t[0].to(type), activation); },
                [&](const Tensors& t) { return activate_plain(t[0].to(type), activation); }, inputs, tolerance(type),
                base::str(name_of(type), activation == Activation::kGeluErf ? " erf " : " tanh ", width));
      }
    }
  }
}

// Over the whole range: near zero, where both forms bend, and far out, where they are 0 and x.
TEST(Activation, EqualsDoublePrecisionEverywhere) {
  const at::Tensor x = at::cat({at::linspace(-12, 12, 20001), at::tensor({-1e30f, -100.0f, 100.0f, 1e30f, 0.0f})});
  for (const auto activation : {Activation::kGeluErf, Activation::kGeluTanh}) {
    const at::Tensor want = activate_plain(x.to(at::kDouble), activation);
    const at::Tensor error = (activate(x, activation).to(at::kDouble) - want).abs() / (x.abs().to(at::kDouble) + 1);
    EXPECT_LT(error.max().item<double>(), 3e-7);
  }
}

TEST(Activation, KeepsNotANumber) {
  const at::Tensor x = at::full({20}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(activate(x, Activation::kGeluErf).isnan().all().item<bool>());
  EXPECT_TRUE(activate(x, Activation::kGeluTanh).isnan().all().item<bool>());
}

TEST(Activation, NamesWhatItKnows) {
  EXPECT_EQ(activation_of("gelu"), Activation::kGeluErf);
  EXPECT_EQ(activation_of("gelu_pytorch_tanh"), Activation::kGeluTanh);
  try {
    activation_of("relu");
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "hidden_act: got \"relu\", expected gelu, gelu_new or gelu_pytorch_tanh");
  }
}

}  // namespace
}  // namespace lmkor::kernels
