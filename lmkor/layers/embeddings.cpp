#include "lmkor/layers/embeddings.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/embedding.h"
#include "lmkor/kernels/layer_norm.h"

namespace lmkor::layers {

Embeddings make_embeddings(const EmbeddingSizes& sizes) {
  return {at::empty({sizes.vocab, sizes.width}), at::empty({sizes.positions, sizes.width}),
          at::empty({sizes.types, sizes.width}), make_norm(sizes.width)};
}

void visit(Embeddings& embeddings, const std::string& name, const Visit& f) {
  f(name + ".word.weight", embeddings.word_VE, Role::kMatrix);
  f(name + ".position.weight", embeddings.position_PE, Role::kMatrix);
  f(name + ".type.weight", embeddings.type_TE, Role::kMatrix);
  visit(embeddings.norm, name + ".norm", f);
}

namespace {

void check_range(const at::Tensor& table, int32_t largest, const char* what, const char* remedy) {
  if (largest < table.size(0)) return;
  throw base::Error(base::ErrorKind::kData, base::str(what, " ", largest, " in the input, the model has ",
                                                      table.size(0), " (0 to ", table.size(0) - 1, "); ", remedy));
}

}  // namespace

at::Tensor embed(const Embeddings& embeddings, const PackedInput& input, double eps, double dropout, const Mode& mode) {
  check_range(embeddings.word_VE, input.max_id, "token id", "use the tokenizer that belongs to the model");
  check_range(embeddings.position_PE, input.max_position, "position", "cut sequences to that length");
  check_range(embeddings.type_TE, input.max_type, "token type", "use fewer segments");
  const at::Tensor sum_NE = kernels::embed(embeddings.word_VE, input.ids_N, embeddings.position_PE,
                                           input.position_ids_N, embeddings.type_TE, input.type_ids_N, mode.compute);
  const at::Tensor normed_NE = kernels::add_layer_norm(sum_NE, {}, embeddings.norm.weight, embeddings.norm.bias, eps);
  return kernels::dropout(normed_NE, draw_dropout(dropout, mode));
}

}  // namespace lmkor::layers
