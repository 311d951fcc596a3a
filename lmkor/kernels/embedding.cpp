#include "lmkor/kernels/embedding.h"

namespace lmkor::kernels {

at::Tensor embed(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                 const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                 at::ScalarType compute) {
  return embed_plain(word_VE, ids_N, position_PE, position_ids_N, type_TE, type_ids_N, compute);
}

at::Tensor embed_plain(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                       const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                       at::ScalarType compute) {
  return (word_VE.index_select(0, ids_N).to(at::kFloat) + position_PE.index_select(0, position_ids_N) +
          type_TE.index_select(0, type_ids_N))
      .to(compute);
}

at::Tensor gather_rows(const at::Tensor& x_ND, const at::Tensor& index_M) { return x_ND.index_select(0, index_M); }

}  // namespace lmkor::kernels
