// From tensors to the loops of cpu/: which tensors have loops, their memory by type, and how work is spread.
#pragma once

#include <cstdint>
#include <functional>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "lmkor/kernels/cpu/loops.h"
#include "lmkor/kernels/cpu/parallel.h"
#include "lmkor/kernels/dropout.h"

namespace lmkor::kernels {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Whether the loops of cpu/ take x; elsewhere the plain reference computes.
inline bool has_loops(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

// f(float()) or f(uint16_t()), by the type of a tensor with loops.
template <class Body>
auto by_type(const at::Tensor& x, const Body& f) {
  return x.scalar_type() == at::kFloat ? f(float()) : f(uint16_t());
}

// The elements of a contiguous tensor as the loops want them; null where it is undefined.
template <class T>
T* memory(const at::Tensor& x) {
  return x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr;
}

template <class T>
const cpu::TypedLoops<T>& loops_of() {
  return cpu::loops().of<T>();
}

inline cpu::DropRule rule_of(const Dropout& dropout) { return cpu::drop_rule(dropout.rate, dropout.seed); }

// cpu::parallel_tasks and cpu::parallel_ranges on libtorch's threads.
void parallel_tasks(int64_t tasks, const std::function<void(int64_t task, int worker)>& body);
void parallel_ranges(int64_t size, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body);

// Length of the pieces of [0, size) that work is cut into: an even number of nearly equal ones of at most `limit`,
// their starts at multiples of 16.
int64_t even_pieces(int64_t size, int64_t limit);

// a b + bias (which may be undefined), the products those of oneDNN (bf16) and MKL (fp32), each made on one thread:
// what these libraries do with several need not give the same bits. No gradient.
at::Tensor product(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});
void product_out(at::Tensor out, const at::Tensor& a, const at::Tensor& b);
// a_ND^T b_NE in fp32: the gradient of a weight.
at::Tensor transposed_product(const at::Tensor& a_ND, const at::Tensor& b_NE);

// oneDNN compiles a kernel for each shape that it meets, and packed batches bring a new number of rows each. So
// products are made of whole steps of rows, and what is left over is filled up with zero rows.
constexpr int64_t kRowStep = 16;
inline int64_t whole_steps(int64_t rows) { return (rows + kRowStep - 1) / kRowStep * kRowStep; }
at::Tensor with_zero_rows(const at::Tensor& x_ND, int64_t rows);

// fp32 sums of the columns of x_ND, each added up from the first row to the last.
at::Tensor column_sums(const at::Tensor& x_ND);

// A Dropout in the context of an autograd function.
void save_dropout(AutogradContext& context, const Dropout& dropout);
Dropout saved_dropout(AutogradContext& context);

}  // namespace lmkor::kernels
