// Softmax cross-entropy over a large vocabulary, together with the projection that makes the logits: with V = 42,000
// they are the largest tensor of a step. The forward pass turns the logits into their gradient in place.
#pragma once

#include <ATen/ATen.h>

namespace lmkor::kernels {

struct CrossEntropy {
  at::Tensor loss;       // scalar fp32: mean over the rows, 0 without any
  at::Tensor correct_M;  // bool: the label had the largest logit
  at::Tensor samples_M;  // int64: one draw per row from the softmax; only where uniforms were given
};

// Logits = hidden_MD table_VD^T + bias_V in type `compute`, sums in fp32. `uniform_M`: fp32 in [0, 1), may be
// undefined. On the CPU the gradients are made at once, in the forward pass, and can be taken once. Throws kData for a
// label that is not a row of the table.
CrossEntropy linear_cross_entropy(const at::Tensor& hidden_MD, const at::Tensor& table_VD, const at::Tensor& bias_V,
                                  const at::Tensor& labels_M, at::ScalarType compute, const at::Tensor& uniform_M = {});
CrossEntropy linear_cross_entropy_plain(const at::Tensor& hidden_MD, const at::Tensor& table_VD,
                                        const at::Tensor& bias_V, const at::Tensor& labels_M, at::ScalarType compute,
                                        const at::Tensor& uniform_M = {});

// One draw per row from softmax(logits) by the inverse of its cumulated distribution: the smallest index whose
// cumulated probability exceeds uniform_M. int64, no gradient. No noise tensor of the size of the logits is made.
at::Tensor sample_categorical(const at::Tensor& logits_MV, const at::Tensor& uniform_M);
at::Tensor sample_categorical_plain(const at::Tensor& logits_MV, const at::Tensor& uniform_M);

}  // namespace lmkor::kernels
