// The sum of the word, position and type rows of each token. Gradients are dense fp32 tables, added up in the order of
// the tokens whatever the number of threads.
#pragma once

#include <ATen/ATen.h>

namespace lmkor::kernels {

// -> [N, E] in type `compute`; indices are int64. Throws kData where an index is beyond its table (CPU).
at::Tensor embed(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                 const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                 at::ScalarType compute);
at::Tensor embed_plain(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                       const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                       at::ScalarType compute);

// Rows of x_ND at `index_M` (int64, each at most once: the gradient is a scatter, not a sum).
at::Tensor gather_rows(const at::Tensor& x_ND, const at::Tensor& index_M);
at::Tensor gather_rows_plain(const at::Tensor& x_ND, const at::Tensor& index_M);

}  // namespace lmkor::kernels
