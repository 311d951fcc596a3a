#include "lmkor/model/network.h"

#include <map>
#include <set>

#include <gmock/gmock.h>

#include "lmkor/hub/names.h"
#include "model/sample.h"

namespace lmkor::model {
namespace {

std::map<std::string, at::Tensor> by_name(Network network) {
  std::map<std::string, at::Tensor> out;
  for (const Parameter& parameter : parameters(network)) out[parameter.name] = parameter.tensor.detach();
  return out;
}

int64_t count(Network network, bool with_shared = true) {
  int64_t out = 0;
  for (const Parameter& parameter : parameters(network)) {
    if (with_shared || !parameter.shared) out += parameter.tensor.numel();
  }
  return out;
}

TEST(MakeNetwork, IsAFunctionOfTheSeed) {
  for (const auto& [family, head] : all_heads()) {
    const auto first = by_name(make_network(tiny(family), head, 3, 7));
    const auto again = by_name(make_network(tiny(family), head, 3, 7));
    const auto other = by_name(make_network(tiny(family), head, 3, 8));
    for (const auto& [name, tensor] : first) {
      EXPECT_TRUE(tensor.equal(again.at(name))) << family << " " << name;
      const bool drawn = name.ends_with(".weight") && !name.ends_with("norm.weight");
      EXPECT_EQ(tensor.equal(other.at(name)), !drawn) << family << " " << name;
    }
  }
}

TEST(MakeNetwork, DrawsEachTensorByItself) {
  Config deeper = tiny("electra");
  deeper.num_hidden_layers = 5;
  const auto small = by_name(make_network(tiny("electra"), Head::kReplacedToken, 0, 7));
  const auto large = by_name(make_network(deeper, Head::kTokens, 3, 7));
  for (const auto& [name, tensor] : small) {
    if (name.starts_with("replaced_token.")) continue;
    EXPECT_TRUE(tensor.equal(large.at(name))) << name;
  }
  EXPECT_FALSE(small.at("encoder.0.attention.query.weight").equal(small.at("encoder.1.attention.query.weight")));
  EXPECT_FALSE(small.at("encoder.0.attention.query.weight").equal(small.at("encoder.0.attention.key.weight")));
}

TEST(MakeNetwork, RefusesTheImpossibleAllAtOnce) {
  Config config = tiny("bert");
  config.vocab_size = 0;
  config.num_attention_heads = 3;
  config.embedding_size = 8;
  config.hidden_dropout_prob = 1;
  const auto text = [&](Head head) { return error_text("/none", [&] { make_network(config, head, 0, 1); }); };
  EXPECT_EQ(text(Head::kTokens),
            "model: 5 faults\n"
            "  built-in: model.hidden_dropout_prob: got 1.0, expected from 0 to below 1\n"
            "  model.num_attention_heads: got 3, expected a divisor of hidden_size 16\n"
            "  model.embedding_size: got 8, expected 0 or hidden_size 16 for bert\n"
            "  model.vocab_size: got 0, expected at least 1\n"
            "  num_labels: got 0, expected at least 1 for the head tokens");
  config = tiny("bert");
  EXPECT_EQ(text(Head::kReplacedToken), "model.family: bert has no head replaced_token");
}

TEST(InitialiseNetwork, GivesTheValuesOfMakeNetwork) {
  const auto whole = by_name(make_network(tiny("bert"), Head::kSequence, 3, 7));
  Network network = empty_network(tiny("bert"), Head::kSequence, 3);
  std::vector<std::string> names;
  for (const Parameter& parameter : parameters(network)) {
    EXPECT_TRUE(parameter.tensor.is_leaf() && parameter.tensor.requires_grad());
    names.push_back(parameter.name);
  }
  initialise(network, 7, names);
  for (const auto& [name, tensor] : by_name(network)) EXPECT_TRUE(tensor.equal(whole.at(name))) << name;
  initialise(network, 8, {"sequence.output.weight"});
  for (const auto& [name, tensor] : by_name(network)) {
    EXPECT_EQ(tensor.equal(whole.at(name)), name != "sequence.output.weight") << name;
  }
}

TEST(Parameters, HaveOneNameEachHereAndAtHuggingFace) {
  for (const auto& [family, head] : all_heads()) {
    Network network = make_network(tiny(family), head, 3, 1);
    std::set<std::string> ours, theirs;
    for (const Parameter& parameter : parameters(network)) {
      EXPECT_TRUE(ours.insert(parameter.name).second) << parameter.name;
      const std::string name = hub::hugging_face_name(family, parameter.name);
      EXPECT_TRUE(theirs.insert(name).second) << name;
      EXPECT_EQ(hub::tied_to(family, name), "");
      EXPECT_EQ(hub::is_encoder(family, name),
                parameter.name.starts_with("embeddings.") || parameter.name.starts_with("encoder."))
          << name;
    }
  }
}

TEST(Parameters, SayWhereDecayApplies) {
  for (const auto& [family, head] : all_heads()) {
    Network network = make_network(tiny(family), head, 3, 1);
    for (const Parameter& parameter : parameters(network)) {
      const bool exempt = parameter.name.ends_with("bias") || parameter.name.find("norm.") != std::string::npos;
      EXPECT_EQ(parameter.decay, !exempt) << parameter.name;
    }
  }
}

TEST(Parameters, SayHowDeepTheyAre) {
  for (const auto& [family, head] : all_heads()) {
    Network network = make_network(tiny(family), head, 3, 1);
    const int64_t layers = network.config.num_hidden_layers;
    std::set<int64_t> seen;
    for (const Parameter& parameter : parameters(network)) {
      const std::string& name = parameter.name;
      int64_t expected = layers + 2;
      if (name.starts_with("embeddings.") || name.starts_with("encoder.projection.")) expected = 0;
      if (name.starts_with("encoder.0.")) expected = 1;
      if (name.starts_with("encoder.1.")) expected = 2;
      EXPECT_EQ(parameter.depth, expected) << name;
      seen.insert(parameter.depth);
    }
    EXPECT_TRUE(seen.contains(0) && seen.contains(1) && seen.contains(2) == (family != "albert"));
  }
}

// Figures of Transformers for the published shapes: vocabulary 42,000, base size.
TEST(ParameterCounts, OfTheReferenceModels) {
  Config config;
  config.vocab_size = 42000;
  EXPECT_EQ(count(empty_network(config, Head::kNone, 0)), 118'297'344);
  EXPECT_EQ(count(empty_network(config, Head::kMaskedLm, 0)), 118'340'880);
  EXPECT_EQ(count(empty_network(config, Head::kPretraining, 0)), 118'933'010);
  config.family = "albert";
  EXPECT_EQ(count(empty_network(config, Head::kNone, 0)), 13'219'584);
  EXPECT_EQ(count(empty_network(config, Head::kMaskedLm, 0)), 12'769'680);
  EXPECT_EQ(count(empty_network(config, Head::kPretraining, 0)), 13'361'810);
  config.family = "electra";
  EXPECT_EQ(count(empty_network(config, Head::kNone, 0)), 117'706'752);
  EXPECT_EQ(count(empty_network(config, Head::kReplacedToken, 0)), 118'298'113);
}

TEST(ParameterCounts, OfTheReferenceGenerators) {
  Config config;
  config.family = "electra";
  config.vocab_size = 42000;
  Network base = empty_network(config, Head::kReplacedToken, 0);
  EXPECT_EQ(count(make_generator(config, {.size = 1.0 / 3}, base, 1), false), 9'914'896);
  config.embedding_size = 128;
  config.hidden_size = 256;
  config.num_attention_heads = 4;
  config.intermediate_size = 1024;
  Network small = empty_network(config, Head::kReplacedToken, 0);
  EXPECT_EQ(count(small), 15'018'241);
  EXPECT_EQ(count(make_generator(config, {.size = 0.25}, small, 1), false), 658'640);
}

TEST(GeneratorConfig, KeepsTheWidthOfHeads) {
  struct Row {
    int64_t width, heads, inner;
    double size;
    int64_t generator_width, generator_heads, generator_inner;
  };
  // The sizes of google-research/electra: base 0.33333, small 0.25 (paper) and 1.0, large 0.25.
  for (const Row& row : {Row{768, 12, 3072, 0.33333, 256, 4, 1024}, Row{768, 12, 3072, 0.33, 256, 4, 1024},
                         Row{256, 4, 1024, 0.25, 64, 1, 256}, Row{256, 4, 1024, 1.0, 256, 4, 1024},
                         Row{1024, 16, 4096, 0.25, 256, 4, 1024}, Row{256, 4, 1024, 0.01, 64, 1, 256}}) {
    Config config = tiny("electra");
    config.embedding_size = 0;
    config.hidden_size = row.width;
    config.num_attention_heads = row.heads;
    config.intermediate_size = row.inner;
    const Config generator = generator_config(config, {.size = row.size});
    EXPECT_EQ(generator.hidden_size, row.generator_width) << row.size;
    EXPECT_EQ(generator.num_attention_heads, row.generator_heads) << row.size;
    EXPECT_EQ(generator.intermediate_size, row.generator_inner) << row.size;
    EXPECT_EQ(generator.embedding_width(), row.width);
    EXPECT_EQ(generator.num_hidden_layers, 2);
  }
  EXPECT_EQ(generator_config(tiny("electra"), {.num_hidden_layers = 7}).num_hidden_layers, 7);
}

TEST(MakeGenerator, SharesTheEmbeddingBlock) {
  Network discriminator = make_network(tiny("electra"), Head::kReplacedToken, 0, 1);
  Network generator = make_generator(tiny("electra"), {.size = 0.5}, discriminator, 2);
  const auto theirs = by_name(discriminator);
  std::set<std::string> shared;
  for (const Parameter& parameter : parameters(generator)) {
    const bool same = theirs.contains(parameter.name) && parameter.tensor.is_same(theirs.at(parameter.name));
    const bool aliased = theirs.contains(parameter.name) && parameter.tensor.is_alias_of(theirs.at(parameter.name));
    EXPECT_EQ(parameter.shared, same || aliased) << parameter.name;
    if (parameter.shared) shared.insert(parameter.name);
  }
  EXPECT_THAT(shared,
              testing::ElementsAre("embeddings.norm.bias", "embeddings.norm.weight", "embeddings.position.weight",
                                   "embeddings.type.weight", "embeddings.word.weight"));
  for (const Parameter& parameter : parameters(discriminator)) EXPECT_FALSE(parameter.shared);

  // Gradients of both meet in the shared block.
  const PackedInput input = tiny_input();
  const at::Tensor hidden = encode(generator, input, {});
  masked_lm_loss(generator, hidden, input.ids_N, {}).loss.backward();
  const at::Tensor first = discriminator.embeddings.word_VE.grad().clone();
  EXPECT_GT(first.abs().max().item<double>(), 0);
  replaced_token_logits(discriminator, encode(discriminator, input, {}), {}).sum().backward();
  EXPECT_FALSE(first.equal(discriminator.embeddings.word_VE.grad()));
  EXPECT_TRUE(generator.embeddings.word_VE.grad().equal(discriminator.embeddings.word_VE.grad()));
}

TEST(ToDevice, KeepsTheEmbeddingBlockShared) {
  if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA device";
  Network discriminator = make_network(tiny("electra"), Head::kReplacedToken, 0, 1);
  Network generator = make_generator(tiny("electra"), {.size = 0.5}, discriminator, 2);
  to_device(discriminator, at::kCUDA);
  EXPECT_TRUE(generator.embeddings.word_VE.is_cuda());
  to_device(generator, at::kCUDA);
  for (const Parameter& parameter : parameters(generator)) {
    EXPECT_TRUE(parameter.tensor.is_cuda() && parameter.tensor.is_leaf() && parameter.tensor.requires_grad());
  }
  EXPECT_TRUE(generator.embeddings.word_VE.is_same(discriminator.embeddings.word_VE));
}

// What the head of the network says of each sequence or token, as one list per sequence.
std::vector<at::Tensor> outputs(const Network& network, const PackedInput& input, const Mode& mode = {}) {
  const at::Tensor hidden_ND = encode(network, input, mode);
  std::vector<at::Tensor> out;
  const auto per_token = [&](const at::Tensor& rows) {
    for (int64_t s = 0; s < input.sequences(); ++s) {
      out.push_back(rows.slice(0, input.cu_seqlens_host[s], input.cu_seqlens_host[s + 1]));
    }
  };
  const auto per_sequence = [&](const at::Tensor& rows) {
    for (int64_t s = 0; s < input.sequences(); ++s) out.push_back(rows[s]);
  };
  if (network.head == Head::kNone) per_token(hidden_ND);
  if (network.head == Head::kMaskedLm) per_token(masked_lm_logits(network, hidden_ND, mode));
  if (network.head == Head::kPretraining) per_sequence(pair_logits(network, hidden_ND, input, mode));
  if (network.head == Head::kReplacedToken) per_token(replaced_token_logits(network, hidden_ND, mode));
  if (network.head == Head::kSequence) per_sequence(sequence_logits(network, hidden_ND, input, mode));
  if (network.head == Head::kTokens) per_token(token_logits(network, hidden_ND, mode));
  if (network.head == Head::kQuestion) per_token(question_logits(network, hidden_ND, mode));
  return out;
}

TEST(Packed, EqualsOneSequenceAtATime) {
  const Ints ids = {2, 7, 9, 3, 2, 3, 2, 11, 3}, types = {0, 0, 1, 1, 0, 1, 0, 0, 0}, starts = {0, 4, 6, 9};
  for (const auto& [family, head] : all_heads()) {
    const Network network = make_network(tiny(family), head, 3, 1);
    const std::vector<at::Tensor> together = outputs(network, tiny_input());
    ASSERT_EQ(together.size(), 3u);
    for (size_t s = 0; s < together.size(); ++s) {
      const int32_t begin = starts[s], end = starts[s + 1];
      const PackedInput alone = layers::make_packed(std::span(ids).subspan(begin, end - begin), {},
                                                    std::span(types).subspan(begin, end - begin), Ints{0, end - begin});
      const at::Tensor expected = outputs(network, alone)[0];
      EXPECT_TRUE(at::allclose(together[s], expected, 1e-4, 1e-5)) << family << " " << head_name(head) << " " << s;
    }
  }
}

// Not the sum of squares: LayerNorm makes that a constant.
at::Tensor weighted_sum(const at::Tensor& x) { return (x.flatten() * at::arange(x.numel()).cos()).sum(); }

TEST(Dropout, RepeatsWithTheSeedOfTheGenerator) {
  for (const auto& [family, head] : all_heads()) {
    Config config = tiny(family);
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.2;
    Network network = make_network(config, head, 3, 1);
    const Mode training = {.training = true};
    const auto run = [&](uint64_t seed) {
      at::manual_seed(seed);
      at::Tensor loss = at::zeros({});
      for (const at::Tensor& output : outputs(network, tiny_input(), training)) loss = loss + weighted_sum(output);
      for (const Parameter& parameter : parameters(network)) parameter.tensor.mutable_grad() = at::Tensor();
      loss.backward();
      return std::pair(loss.detach(), network.encoder.layers[0].attention.query.weight.grad().clone());
    };
    const auto [loss, gradient] = run(5);
    const auto [same_loss, same_gradient] = run(5);
    const auto [other_loss, other_gradient] = run(6);
    EXPECT_TRUE(loss.equal(same_loss) && gradient.equal(same_gradient)) << family << " " << head_name(head);
    EXPECT_FALSE(loss.equal(other_loss) || gradient.equal(other_gradient)) << family << " " << head_name(head);
    at::manual_seed(5);
    const at::Tensor still = outputs(network, tiny_input())[0];
    EXPECT_TRUE(still.equal(outputs(network, tiny_input())[0])) << "off outside training";
  }
}

// Each rate on its own changes something, where the family applies it.
TEST(Dropout, ActsWhereItShould) {
  const auto differs = [](const Config& config, Head head) {
    const Network network = make_network(config, head, 3, 1);
    at::manual_seed(1);
    return !outputs(network, tiny_input(), {.training = true})[0].equal(outputs(network, tiny_input())[0]);
  };
  for (const auto& [family, head] : all_heads()) {
    Config none = tiny(family);
    none.hidden_dropout_prob = none.attention_probs_dropout_prob = none.classifier_dropout_prob = 0;
    EXPECT_FALSE(differs(none, head)) << family;
    Config hidden = none, attention = none, classifier = none;
    hidden.hidden_dropout_prob = attention.attention_probs_dropout_prob = classifier.classifier_dropout_prob = 0.5;
    EXPECT_TRUE(differs(hidden, head)) << family;
    EXPECT_TRUE(differs(attention, head)) << family;
    const bool classifies = head == Head::kSequence || head == Head::kTokens;
    EXPECT_EQ(differs(classifier, head), classifies || (head == Head::kPretraining && family == "albert"))
        << family << " " << head_name(head);
  }
}

}  // namespace
}  // namespace lmkor::model
