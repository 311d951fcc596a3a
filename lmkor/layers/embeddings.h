// The embedding block: word + position + type, LayerNorm, dropout.
#pragma once

#include "lmkor/layers/init.h"
#include "lmkor/layers/mode.h"
#include "lmkor/layers/packed.h"

namespace lmkor::layers {

struct Embeddings {
  at::Tensor word_VE, position_PE, type_TE;
  Norm norm;
};

struct EmbeddingSizes {
  int64_t vocab, width, positions, types;
};
Embeddings make_embeddings(const EmbeddingSizes& sizes);
void visit(Embeddings& embeddings, const std::string& name, const Visit& f);

// -> [N, E]. Throws kData where an id, a position or a type is beyond its table.
at::Tensor embed(const Embeddings& embeddings, const PackedInput& input, double eps, double dropout, const Mode& mode);

}  // namespace lmkor::layers
