// The stack of layers, with the projection from the embeddings' width where a family has one. ALBERT keeps one layer
// for each group of depths.
#pragma once

#include "lmkor/layers/attention.h"
#include "lmkor/layers/feed_forward.h"

namespace lmkor::layers {

struct EncoderLayer {
  Attention attention;
  FeedForward feed_forward;
};

struct Encoder {
  Linear projection;  // [D, E], may be undefined
  std::vector<EncoderLayer> layers;
};

struct EncoderSizes {
  int64_t embedding_width, width, inner_width, stored_layers;
  bool projects;
};

struct EncoderOptions {
  int64_t depth;
  AttentionOptions attention;
  FeedForwardOptions feed_forward;
};

Encoder make_encoder(const EncoderSizes& sizes);
void visit(Encoder& encoder, const std::string& name, const Visit& f);
// Which of the encoder's layers serves depth `layer`.
size_t stored_layer(const Encoder& encoder, int64_t layer, int64_t depth);
// hidden_NE -> hidden_ND. `all`, where it is given, gets the first layer's input and every layer's output.
at::Tensor encode(const Encoder& encoder, const at::Tensor& hidden_NE, const PackedInput& input,
                  const EncoderOptions& options, const Mode& mode, std::vector<at::Tensor>* all = nullptr);

}  // namespace lmkor::layers
