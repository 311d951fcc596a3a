// The stack of layers, with the projection from the embeddings' width where a family has one. ALBERT keeps one layer
// and applies it at every depth.
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
// hidden_NE -> hidden_ND
at::Tensor encode(const Encoder& encoder, const at::Tensor& hidden_NE, const PackedInput& input,
                  const EncoderOptions& options, const Mode& mode);

}  // namespace lmkor::layers
