#include "lmkor/kernels/embedding.h"

#include "kernels/compare.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::kernels {
namespace {

TEST(Embedding, EqualsPlainReference) {
  at::manual_seed(1);
  const int64_t sizes[][3] = {{1, 48, 30}, {17, 100, 8}, {500, 128, 300}};
  for (const auto compute : {at::kFloat, at::kBFloat16}) {
    for (const auto& [tokens, width, vocab] : sizes) {
      const Tensors inputs = {at::randn({vocab, width}), at::randint(vocab, {tokens}, at::kLong),
                              at::randn({20, width}),    at::randint(20, {tokens}, at::kLong),
                              at::randn({2, width}),     at::randint(2, {tokens}, at::kLong)};
      compare([&](const Tensors& t) { return embed(t[0], t[1], t[2], t[3], t[4], t[5], compute); },
              [&](const Tensors& t) { return embed_plain(t[0], t[1], t[2], t[3], t[4], t[5], compute); }, inputs,
              tolerance(compute), base::str(name_of(compute), " ", tokens, " tokens, width ", width));
    }
  }
}

TEST(Embedding, RefusesAnIdBeyondTheTable) {
  const at::Tensor table = at::randn({4, 16}), zeros = at::zeros({2}, at::kLong);
  try {
    embed(table, zeros, table, at::full({2}, 4, at::kLong), table, zeros, at::kFloat);
    FAIL();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "token 0 of a batch has position id 4, the table has 4 rows");
  }
}

TEST(GatherRows, EqualsPlainReference) {
  at::manual_seed(2);
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    for (const int64_t count : {0, 1, 17}) {
      const Tensors inputs = {at::randn({40, 48}), at::randperm(40, at::kLong).narrow(0, 0, count)};
      compare([&](const Tensors& t) { return gather_rows(t[0].to(type), t[1]); },
              [&](const Tensors& t) { return gather_rows_plain(t[0].to(type), t[1]); }, inputs, 0,
              base::str(name_of(type), " ", count, " rows"));
    }
  }
}

}  // namespace
}  // namespace lmkor::kernels
