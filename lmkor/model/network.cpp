#include "lmkor/model/network.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/linear.h"

namespace lmkor::model {

using base::str;
using layers::Role;

namespace {

// Every parameter with its neutral name, in the order of parameters().
void visit(Network& network, const layers::Visit& f) {
  layers::visit(network.embeddings, "embeddings", f);
  layers::visit(network.encoder, "encoder", f);
  layers::visit(network.pooler, "pooler", f);
  layers::visit(network.masked_lm, "masked_lm", f);
  layers::visit(network.pair, "pair", f);
  layers::visit(network.replaced_token, "replaced_token", f);
  layers::visit(network.sequence, "sequence", f);
  layers::visit(network.tokens, "tokens", f);
  layers::visit(network.question, "question", f);
}

int64_t depth_of(const std::string& name, int64_t layers) {
  if (name.starts_with("embeddings.") || name.starts_with("encoder.projection.")) return 0;
  if (!name.starts_with("encoder.")) return layers + 2;
  return std::stoll(name.substr(8)) + 1;
}

void check(const Config& config, Head head, int64_t num_labels) {
  Config copy = config;
  config::Fields fields;
  fields.group("model", copy);
  config::Faults faults;
  fields.check(faults);
  if (config.vocab_size < 1) faults.add(str("model.vocab_size: got ", config.vocab_size, ", expected at least 1"));
  if ((head == Head::kSequence || head == Head::kTokens) && num_labels < 1) {
    faults.add(str("num_labels: got ", num_labels, ", expected at least 1 for the head ", head_name(head)));
  }
  faults.raise("model");
  architecture(config.family, head);  // throws where the family has no such head
}

// A network of empty tensors.
Network shape_network(const Config& config, Head head, int64_t num_labels, const layers::Embeddings* shared) {
  check(config, head, num_labels);
  const Family& row = family(config.family);
  const int64_t width = config.hidden_size, embedding = config.embedding_width();
  Network out;
  out.config = config;
  out.head = head;
  out.num_labels = head == Head::kSequence || head == Head::kTokens ? num_labels : 0;
  out.shares_embeddings = shared != nullptr;
  out.embeddings = shared ? *shared
                          : layers::make_embeddings(
                                {config.vocab_size, embedding, config.max_position_embeddings, config.type_vocab_size});
  out.encoder = layers::make_encoder({embedding, width, config.intermediate_size,
                                      row.shares_layers ? config.num_hidden_groups : config.num_hidden_layers,
                                      row.always_projects || embedding != width});
  const bool masked_lm = head == Head::kMaskedLm || head == Head::kPretraining;
  // Without a head it is there for the sake of BertModel, which has one and would miss it in a saved folder.
  if (row.has_pooler && (head == Head::kPretraining || head == Head::kSequence || head == Head::kNone)) {
    out.pooler = layers::make_linear(width, width);
  }
  if (masked_lm) out.masked_lm = layers::make_masked_lm_head(width, embedding, config.vocab_size);
  if (head == Head::kPretraining) out.pair = layers::make_linear(width, 2);
  if (head == Head::kReplacedToken) out.replaced_token = layers::make_replaced_token_head(width);
  if (head == Head::kSequence) {
    out.sequence = layers::make_sequence_head(width, num_labels, row.classifier_has_hidden_layer);
  }
  if (head == Head::kTokens) out.tokens = layers::make_linear(width, num_labels);
  if (head == Head::kQuestion) out.question = layers::make_linear(width, 2);
  visit(out, [](const std::string&, at::Tensor& tensor, Role) { tensor.set_requires_grad(true); });
  return out;
}

void initialise_where(Network& network, uint64_t seed, const std::function<bool(const std::string&)>& wanted) {
  const at::NoGradGuard guard;
  visit(network, [&](const std::string& name, at::Tensor& tensor, Role role) {
    if (wanted(name)) layers::initialise(tensor, role, network.config.initializer_range, seed, name);
  });
}

bool is_shared(const Network& network, const std::string& name) {
  return network.shares_embeddings && name.starts_with("embeddings.");
}

kernels::Activation activation(const Network& network) { return kernels::activation_of(network.config.hidden_act); }

at::Tensor masked_lm_features(const Network& network, const at::Tensor& hidden_MD, const Mode& mode) {
  const bool erf = family(network.config.family).masked_lm_head_is_erf;
  return layers::masked_lm_transform(network.masked_lm, hidden_MD,
                                     erf ? kernels::Activation::kGeluErf : activation(network),
                                     network.config.layer_norm_eps, mode);
}

}  // namespace

Network empty_network(const Config& config, Head head, int64_t num_labels) {
  return shape_network(config, head, num_labels, nullptr);
}

void initialise(Network& network, uint64_t seed, const std::vector<std::string>& names) {
  const std::set<std::string> wanted(names.begin(), names.end());
  initialise_where(network, seed, [&](const std::string& name) { return wanted.contains(name); });
}

Network make_network(const Config& config, Head head, int64_t num_labels, uint64_t seed) {
  Network out = empty_network(config, head, num_labels);
  initialise_where(out, seed, [](const std::string&) { return true; });
  return out;
}

void GeneratorShape::fields(config::Fields& f) {
  f.add("size", size, "generator's width, heads and feed-forward as a share of the discriminator's",
        config::more_than(0));
  f.add("num_hidden_layers", num_hidden_layers, "generator's depth; 0: as the discriminator", config::at_least(0));
}

Config generator_config(const Config& discriminator, const GeneratorShape& shape) {
  Config out = discriminator;
  out.embedding_size = discriminator.embedding_width();
  const int64_t head_width = discriminator.head_width();
  // Whole heads of the discriminator's head width: 0.25 of 256 with heads of 64 is one head of 64.
  const auto heads = std::llround(shape.size * static_cast<double>(discriminator.num_attention_heads));
  out.num_attention_heads = std::max<int64_t>(1, heads);
  out.hidden_size = out.num_attention_heads * head_width;
  out.intermediate_size = discriminator.intermediate_size * out.hidden_size / discriminator.hidden_size;
  if (shape.num_hidden_layers > 0) out.num_hidden_layers = shape.num_hidden_layers;
  return out;
}

Network make_generator(const Config& discriminator_config, const GeneratorShape& shape, Network& discriminator,
                       uint64_t seed) {
  Network out =
      shape_network(generator_config(discriminator_config, shape), Head::kMaskedLm, 0, &discriminator.embeddings);
  initialise_where(out, seed, [&](const std::string& name) { return !is_shared(out, name); });
  return out;
}

std::vector<Parameter> parameters(Network& network) {
  std::vector<Parameter> out;
  visit(network, [&](const std::string& name, at::Tensor& tensor, Role role) {
    const int64_t layers = network.config.num_hidden_layers, depth = depth_of(name, layers);
    const bool decay = role == Role::kMatrix || role == Role::kGlorotMatrix;
    out.push_back({.name = name,
                   .tensor = tensor,
                   .decay = decay,
                   .depth = depth,
                   .matrix = decay && depth > 0 && depth <= layers,
                   .shared = is_shared(network, name)});
  });
  return out;
}

void to_device(Network& network, at::Device device) {
  visit(network, [&](const std::string&, at::Tensor& tensor, Role) {
    if (tensor.device() != device) tensor.set_data(tensor.detach().to(device));
  });
}

at::Tensor encode(const Network& network, const PackedInput& input, const Mode& mode, std::vector<at::Tensor>* all) {
  const Config& config = network.config;
  const layers::EncoderOptions options = {
      .depth = config.num_hidden_layers,
      .attention = {.num_heads = config.num_attention_heads,
                    .probs_dropout = config.attention_probs_dropout_prob,
                    .hidden_dropout = config.hidden_dropout_prob,
                    .eps = config.layer_norm_eps},
      .feed_forward = {.activation = activation(network),
                       .dropout = family(config.family).feed_forward_dropout ? config.hidden_dropout_prob : 0,
                       .eps = config.layer_norm_eps}};
  const at::Tensor embedded_NE =
      layers::embed(network.embeddings, input, config.layer_norm_eps, config.hidden_dropout_prob, mode);
  return layers::encode(network.encoder, embedded_NE, input, options, mode, all);
}

at::Tensor masked_lm_logits(const Network& network, const at::Tensor& hidden_MD, const Mode& mode) {
  return kernels::linear(masked_lm_features(network, hidden_MD, mode), network.embeddings.word_VE,
                         network.masked_lm.bias_V, mode.compute);
}

kernels::CrossEntropy masked_lm_loss(const Network& network, const at::Tensor& hidden_MD, const at::Tensor& labels_M,
                                     const Mode& mode, const at::Tensor& uniform_M) {
  return kernels::linear_cross_entropy(masked_lm_features(network, hidden_MD, mode), network.embeddings.word_VE,
                                       network.masked_lm.bias_V, labels_M, mode.compute, uniform_M);
}

at::Tensor pair_logits(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input,
                       const Mode& mode) {
  at::Tensor pooled_SD = layers::pool(network.pooler, hidden_ND, input, mode);
  if (network.config.family == "albert") {  // SOP has a dropout of its own, NSP none
    pooled_SD = kernels::dropout(pooled_SD, layers::draw_dropout(network.config.classifier_dropout_prob, mode));
  }
  return layers::classify(network.pair, pooled_SD);
}

at::Tensor replaced_token_logits(const Network& network, const at::Tensor& hidden_ND, const Mode& mode) {
  return layers::replaced_token_logits(network.replaced_token, hidden_ND, activation(network), mode);
}

at::Tensor sequence_logits(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input,
                           const Mode& mode) {
  const at::Tensor first_SD = network.pooler.defined() ? layers::pool(network.pooler, hidden_ND, input, mode)
                                                       : layers::first_tokens(hidden_ND, input);
  return layers::sequence_logits(network.sequence, first_SD, network.config.classifier_dropout_prob, mode);
}

at::Tensor token_logits(const Network& network, const at::Tensor& hidden_ND, const Mode& mode) {
  return layers::classify(
      network.tokens, kernels::dropout(hidden_ND, layers::draw_dropout(network.config.classifier_dropout_prob, mode)));
}

at::Tensor question_logits(const Network& network, const at::Tensor& hidden_ND, const Mode&) {
  return layers::classify(network.question, hidden_ND);
}

}  // namespace lmkor::model
