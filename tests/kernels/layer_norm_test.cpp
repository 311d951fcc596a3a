#include "lmkor/kernels/layer_norm.h"

#include "kernels/compare.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

using base::str;

TEST(LayerNorm, EqualsPlainReference) {
  at::manual_seed(1);
  const int64_t sizes[][2] = {{1, 48}, {17, 100}, {129, 7}, {200, 128}, {0, 16}};
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const auto& [rows, width] : sizes) {
      for (const bool residual : {true, false}) {
        for (const Dropout& dropout : {Dropout{}, Dropout{0.3, 99}}) {
          const auto rest = [&](const Tensors& t) { return residual ? t[1].to(type) : at::Tensor(); };
          const Tensors inputs = {at::randn({rows, width}) * 3 + 1, at::randn({rows, width}), at::randn({width}),
                                  at::randn({width})};
          compare([&](const Tensors& t) { return add_layer_norm(t[0].to(type), rest(t), t[2], t[3], 1e-12, dropout); },
                  [&](const Tensors& t) {
                    return add_layer_norm_plain(t[0].to(type), rest(t), t[2], t[3], 1e-12, dropout);
                  },
                  inputs, tolerance(type),
                  str(name_of(type), " ", rows, "x", width, residual ? " with residual" : "",
                      dropout.on() ? ", dropout" : ""));
        }
      }
    }
  }
}

// The rows of a network that has diverged are to be seen as such.
TEST(LayerNorm, KeepsNotANumber) {
  at::Tensor x = at::randn({2, 32});
  x[1][3] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor out = add_layer_norm(x, {}, at::ones({32}), at::zeros({32}), 1e-12);
  EXPECT_FALSE(out[0].isnan().any().item<bool>());
  EXPECT_TRUE(out[1].isnan().all().item<bool>());
}

}  // namespace
}  // namespace lmkor::kernels
