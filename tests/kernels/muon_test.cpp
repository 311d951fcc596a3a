#include "lmkor/kernels/muon.h"

#include <cmath>

#include "kernels/compare.h"

namespace lmkor::kernels {
namespace {

TEST(Muon, BringsSingularValuesNearOneAndKeepsTheirVectors) {
  at::manual_seed(1);
  for (const auto& [rows, columns] : {std::pair{64, 64}, {48, 192}, {192, 48}, {3, 17}}) {
    const at::Tensor matrix = at::randn({rows, columns});
    const at::Tensor values = std::get<1>(at::linalg_svd(orthogonal(matrix)));
    // Square random matrices have singular values close to 0, which five steps lift but partly.
    EXPECT_LT(values.max().item<double>(), 1.3) << rows << "x" << columns;
    EXPECT_GT(values.median().item<double>(), 0.6) << rows << "x" << columns;
    const auto [u, s, v] = at::linalg_svd(matrix, false);
    EXPECT_GT((orthogonal(matrix) * u.mm(v)).sum().item<double>() / static_cast<double>(s.numel()), 0.75);
  }
}

TEST(Muon, EqualsPlainReferenceOnAnyNumberOfThreads) {
  at::manual_seed(2);
  for (const auto& [rows, columns] : {std::pair{64, 64}, {40, 200}, {200, 40}, {1, 5}}) {
    const at::Tensor matrix = at::randn({rows, columns}), got = orthogonal(matrix), want = orthogonal_plain(matrix);
    EXPECT_LT((got - want).norm().item<double>(), 0.05 * want.norm().item<double>()) << rows << "x" << columns;
    const int threads = at::get_num_threads();
    for (const int count : {1, 2, 3}) {
      at::set_num_threads(count);
      expect_same_bits({orthogonal(matrix)}, {got}, std::to_string(count) + " threads");
    }
    at::set_num_threads(threads);
  }
}

TEST(Muon, AddsMomentumOfNesterovsKindAndDecays) {
  at::manual_seed(3);
  at::Tensor value = at::randn({16, 8}), momentum = at::randn({16, 8});
  const at::Tensor gradient = at::randn({16, 8}), before = value.clone(), old_momentum = momentum.clone();
  muon(value, gradient, momentum, at::scalar_tensor(0.5), {.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.2});
  const at::Tensor moved = old_momentum * 0.9 + gradient * 0.5;
  expect_close(momentum, moved, 1e-6, "momentum");
  const at::Tensor want =
      before * (1 - 0.1 * 0.2) - orthogonal_plain(gradient * 0.5 + moved * 0.9) * (0.1 * 0.2 * std::sqrt(16.0));
  EXPECT_LT((value - want).abs().max().item<double>(), 6e-3);  // entries of 0.08 to 8 bits, five times
}

}  // namespace
}  // namespace lmkor::kernels
