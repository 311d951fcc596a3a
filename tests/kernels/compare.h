// How the fused operators are held against their plain references: values and gradients of both, within a tolerance
// that is a share of the largest magnitude; and the same bits for any number of threads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

namespace lmkor::kernels {

using Tensors = std::vector<at::Tensor>;
using Operator = std::function<at::Tensor(const Tensors& inputs)>;

// fp32: both sides add up in fp32, in another order. bf16: both round results to 8 bits (2^-9 relative), the references
// intermediate results too, and gradients pass through two or three roundings.
inline double tolerance(at::ScalarType type) { return type == at::kFloat ? 2e-5 : 2e-2; }

inline void expect_close(const at::Tensor& got, const at::Tensor& want, double tolerance, const std::string& what) {
  ASSERT_EQ(got.sizes(), want.sizes()) << what;
  ASSERT_EQ(got.scalar_type(), want.scalar_type()) << what;
  if (got.numel() == 0) return;
  const at::Tensor a = got.detach().to(at::kDouble), b = want.detach().to(at::kDouble);
  const double largest = b.abs().max().item<double>(), difference = (a - b).abs().max().item<double>();
  EXPECT_LE(difference, tolerance * std::max(largest, 1e-6)) << what << ": largest magnitude " << largest;
}

// The value of f and the gradients of sum(f * direction) with respect to those inputs that are floating point.
inline Tensors value_and_gradients(const Operator& f, const Tensors& inputs) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) {
    at::Tensor leaf = input.detach().clone();
    if (leaf.is_floating_point()) leaf.set_requires_grad(true);
    leaves.push_back(leaf);
  }
  const at::Tensor out = f(leaves);
  at::manual_seed(7);
  out.backward(at::randn(out.sizes()).to(out.scalar_type()));
  Tensors all = {out.detach()};
  for (const at::Tensor& leaf : leaves) {
    if (leaf.is_floating_point()) all.push_back(leaf.grad().defined() ? leaf.grad() : at::zeros_like(leaf));
  }
  return all;
}

inline void expect_same_bits(const Tensors& a, const Tensors& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(at::equal(a[i], b[i])) << what << ", result " << i;
}

// `fused` against `plain`, and against itself with 1, 2 and 3 threads.
inline void compare(const Operator& fused, const Operator& plain, const Tensors& inputs, double tolerance,
                    const std::string& what) {
  const Tensors got = value_and_gradients(fused, inputs), want = value_and_gradients(plain, inputs);
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    expect_close(got[i], want[i], tolerance, what + (i == 0 ? ", value" : ", gradient " + std::to_string(i - 1)));
  }
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    expect_same_bits(value_and_gradients(fused, inputs), got, what + ", " + std::to_string(count) + " threads");
  }
  at::set_num_threads(threads);
}

inline const char* name_of(at::ScalarType type) { return type == at::kFloat ? "fp32" : "bf16"; }

}  // namespace lmkor::kernels
