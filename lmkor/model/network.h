// An encoder with a head: parameters and the forward pass. One struct serves BERT, ALBERT and ELECTRA; where they
// differ stands in registry.h. Parameters are fp32 leaves; activations are of the compute type of the Mode.
// Legend: layers/packed.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/kernels/cross_entropy.h"
#include "lmkor/layers/embeddings.h"
#include "lmkor/layers/encoder.h"
#include "lmkor/layers/heads.h"
#include "lmkor/layers/mode.h"
#include "lmkor/layers/packed.h"
#include "lmkor/model/config.h"
#include "lmkor/model/registry.h"

namespace lmkor::model {

using layers::Mode;
using layers::PackedInput;

struct Network {
  Config config;
  Head head = Head::kNone;
  int64_t num_labels = 0;                // of sequence and token heads; 1 is regression
  std::vector<std::string> label_names;  // for config.json; empty: LABEL_0, ...
  bool multi_label = false;              // a sequence head whose labels do not exclude each other, for config.json
  bool shares_embeddings = false;        // a generator: its embedding block belongs to the discriminator
  layers::Embeddings embeddings;
  layers::Encoder encoder;
  layers::Linear pooler;           // with family().has_pooler, and a head that uses it or none at all
  layers::MaskedLmHead masked_lm;  // kMaskedLm, kPretraining
  layers::Linear pair;             // kPretraining: NSP (BERT), SOP (ALBERT)
  layers::ReplacedTokenHead replaced_token;
  layers::SequenceHead sequence;
  layers::Linear tokens;
  layers::Linear question;
};

struct Parameter {
  std::string name;     // our neutral name: "encoder.3.attention.query.weight"
  at::Tensor tensor;    // leaf, fp32, requires_grad; shares memory with the network
  bool decay = true;    // weight decay applies (not to biases and LayerNorm)
  int64_t depth = 0;    // for layer-wise rates: 0 embeddings, i + 1 encoder layer i, num_hidden_layers + 2 heads
  bool matrix = false;  // a weight matrix inside an encoder layer
  bool shared = false;  // a generator's embedding block: the same tensor is in the discriminator's list
};

// Random weights: truncated normal of initializer_range within two sigma, LayerNorm 1 and 0, biases 0, the output of
// the replaced-token head Glorot uniform. A pure function of config, head and seed.
// Throws kConfig for an impossible config, all faults at once.
Network make_network(const Config& config, Head head, int64_t num_labels, uint64_t seed);
// The same network with memory that nobody has written yet, for whoever fills it from elsewhere.
Network empty_network(const Config& config, Head head, int64_t num_labels);
// Gives the parameters of these names the values that make_network gives them.
void initialise(Network& network, uint64_t seed, const std::vector<std::string>& names);

// Sizes of an ELECTRA generator; 0 derives it from the discriminator (width a quarter, ratios as there).
struct GeneratorShape {
  double size = 0.25;             // width, heads and feed-forward as a share of the discriminator's
  int64_t num_hidden_layers = 0;  // 0: as the discriminator
  void fields(config::Fields& f);
};
Config generator_config(const Config& discriminator, const GeneratorShape& shape);

// A masked LM whose embedding block (word, position, type, LayerNorm) is the discriminator's own tensors.
Network make_generator(const Config& discriminator_config, const GeneratorShape& shape, Network& discriminator,
                       uint64_t seed);

// All parameters in a fixed order.
std::vector<Parameter> parameters(Network& network);
// Moves the parameters in place: a generator and its discriminator go on sharing their embedding block.
void to_device(Network& network, at::Device device);

// hidden_ND of the last layer, in the compute type. `all`, where it is given, gets the encoder's input and every
// layer's output.
at::Tensor encode(const Network& network, const PackedInput& input, const Mode& mode,
                  std::vector<at::Tensor>* all = nullptr);

// Only rows worth predicting are passed: hidden_MD are gathered rows. Logits are in the compute type.
at::Tensor masked_lm_logits(const Network& network, const at::Tensor& hidden_MD, const Mode& mode);

// The masked LM head and its mean cross-entropy in one: logits are never kept twice, so that a vocabulary of 42,000
// fits. With `uniform_M` (fp32 in [0, 1)) one token per row is drawn from the same logits (ELECTRA's generator).
kernels::CrossEntropy masked_lm_loss(const Network& network, const at::Tensor& hidden_MD, const at::Tensor& labels_M,
                                     const Mode& mode, const at::Tensor& uniform_M = {});

// All logits below are fp32.
at::Tensor pair_logits(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input,
                       const Mode& mode);  // [S, 2]: NSP or SOP
at::Tensor replaced_token_logits(const Network& network, const at::Tensor& hidden_ND, const Mode& mode);  // [N]
at::Tensor sequence_logits(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input,
                           const Mode& mode);                                                       // [S, C]
at::Tensor token_logits(const Network& network, const at::Tensor& hidden_ND, const Mode& mode);     // [N, C]
at::Tensor question_logits(const Network& network, const at::Tensor& hidden_ND, const Mode& mode);  // [N, 2]

}  // namespace lmkor::model
