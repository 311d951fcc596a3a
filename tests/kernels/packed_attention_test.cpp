#include "lmkor/kernels/packed_attention.h"

#include <numeric>

#include "kernels/compare.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

using base::str;

void check(const std::vector<int64_t>& lengths, int64_t width, int64_t heads) {
  std::vector<int32_t> starts = {0};
  for (const int64_t length : lengths) starts.push_back(starts.back() + static_cast<int32_t>(length));
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const Dropout& dropout : {Dropout{}, Dropout{0.2, 1234567}}) {
      const Tensors inputs = {at::randn({starts.back(), 3 * width})};
      compare([&](const Tensors& t) { return packed_attention(t[0].to(type), starts, heads, dropout); },
              [&](const Tensors& t) { return packed_attention_plain(t[0].to(type), starts, heads, dropout); }, inputs,
              tolerance(type),
              str(name_of(type), ", ", lengths.size(), " sequences, first ", lengths[0], ", ", width, " wide, ", heads,
                  " heads", dropout.on() ? ", dropout" : ""));
    }
  }
}

TEST(PackedAttention, EqualsPlainReference) {
  at::manual_seed(1);
  check({1}, 48, 1);
  check({17}, 48, 4);
  check({129}, 64, 1);
  check({1, 17, 129, 16, 48, 49}, 128, 2);
  check({5, 96, 1}, 100, 2);
  check({300, 2}, 64, 2);
}

// Heads of odd width cannot be taken in pairs of bf16.
TEST(PackedAttention, TakesHeadsOfOddWidth) {
  at::manual_seed(2);
  check({17, 3}, 100, 4);
}

TEST(PackedAttention, SurvivesLargeScores) {
  at::manual_seed(3);
  const at::Tensor qkv = at::randn({40, 96}) * 30;
  expect_close(packed_attention(qkv, {0, 7, 40}, 2), packed_attention_plain(qkv, {0, 7, 40}, 2), 1e-4, "large scores");
}

}  // namespace
}  // namespace lmkor::kernels
