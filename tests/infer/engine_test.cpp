// The packed engine against the plain networks of model/.
#include "lmkor/infer/engine.h"

#include <gtest/gtest.h>

#include "kernels/compare.h"
#include "lmkor/base/str.h"
#include "model/sample.h"

namespace lmkor::infer {
namespace {

using base::str;
using kernels::expect_close;
using kernels::Precision;
using model::Head;

model::Config config_of(const std::string& family) {
  model::Config out = model::tiny(family);
  if (family == "albert") {
    out.num_hidden_layers = 3;
    out.num_hidden_groups = 2;
  }
  return out;
}

at::Tensor logits_of(const Engine& engine, const at::Tensor& hidden_ND, const model::PackedInput& input) {
  switch (engine.network().head) {
    case Head::kMaskedLm:
    case Head::kPretraining:
      return engine.masked_lm_logits(hidden_ND);
    case Head::kReplacedToken:
      return engine.replaced_token_logits(hidden_ND);
    case Head::kSequence:
      return engine.sequence_logits(hidden_ND, input);
    case Head::kTokens:
      return engine.token_logits(hidden_ND);
    case Head::kQuestion:
      return engine.question_logits(hidden_ND);
    case Head::kNone:
      break;
  }
  return hidden_ND.to(at::kFloat);
}

at::Tensor plain_logits(const model::Network& network, const at::Tensor& hidden_ND, const model::PackedInput& input) {
  const model::Mode mode;
  switch (network.head) {
    case Head::kMaskedLm:
    case Head::kPretraining:
      return model::masked_lm_logits(network, hidden_ND, mode);
    case Head::kReplacedToken:
      return model::replaced_token_logits(network, hidden_ND, mode);
    case Head::kSequence:
      return model::sequence_logits(network, hidden_ND, input, mode);
    case Head::kTokens:
      return model::token_logits(network, hidden_ND, mode);
    case Head::kQuestion:
      return model::question_logits(network, hidden_ND, mode);
    case Head::kNone:
      break;
  }
  return hidden_ND;
}

TEST(Engine, EqualsThePlainNetwork) {
  // Two layers of weights that are fifteen times as large as a model's; int8 has 8 bits of each row's range.
  const double tolerances[] = {2e-5, 3e-2, 8e-2};
  const model::PackedInput input = model::tiny_input();
  for (const auto& [family, head] : model::all_heads()) {
    for (const char* activation : {"gelu", "gelu_new"}) {
      model::Config config = config_of(family);
      config.hidden_act = activation;
      model::Network network = model::make_network(config, head, 3, 7);
      std::vector<at::Tensor> plain_layers;
      const at::Tensor plain_ND = model::encode(network, input, {}, &plain_layers);
      const at::Tensor want = plain_logits(network, plain_ND, input).detach();
      for (const Precision precision : {Precision::kFp32, Precision::kBf16, Precision::kInt8}) {
        const std::string what = str(family, " ", model::head_name(head), " ", activation, " ",
                                     kernels::precision_names()[static_cast<size_t>(precision)]);
        const Engine engine(network, precision, at::kCPU);
        std::vector<at::Tensor> layers;
        const at::Tensor hidden_ND = engine.encode(input, &layers);
        EXPECT_TRUE(at::equal(hidden_ND, engine.encode(input)));
        const double tolerance = tolerances[static_cast<size_t>(precision)];
        ASSERT_EQ(layers.size(), static_cast<size_t>(config.num_hidden_layers) + 1);
        for (size_t i = 0; i < layers.size(); ++i) {
          expect_close(layers[i].to(at::kFloat), plain_layers[i].detach(), tolerance, str(what, ", layer ", i));
        }
        expect_close(logits_of(engine, hidden_ND, input), want, tolerance, what);
      }
    }
  }
}

TEST(Engine, ASequenceIsAlwaysTheSame) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16, Precision::kInt8}) {
    const Engine engine(model::make_network(config_of("electra"), Head::kSequence, 3, 7), precision, at::kCPU);
    const model::PackedInput all = model::tiny_input();
    const at::Tensor hidden_ND = engine.encode(all), logits_SC = engine.sequence_logits(hidden_ND, all);
    const model::Ints ids = {2, 7, 9, 3, 2, 3, 2, 11, 3}, types = {0, 0, 1, 1, 0, 1, 0, 0, 0};
    for (int64_t s = 0; s < all.sequences(); ++s) {
      const int32_t begin = all.cu_seqlens_host[s], end = all.cu_seqlens_host[s + 1];
      const model::PackedInput one =
          layers::make_packed(model::Ints(ids.begin() + begin, ids.begin() + end), {},
                              model::Ints(types.begin() + begin, types.begin() + end), model::Ints{0, end - begin});
      const at::Tensor alone_ND = engine.encode(one);
      EXPECT_TRUE(at::equal(alone_ND, hidden_ND.narrow(0, begin, end - begin)));
      EXPECT_TRUE(at::equal(engine.sequence_logits(alone_ND, one)[0], logits_SC[s]));
    }
  }
}

TEST(Engine, SaysWhatItCannot) {
  const Engine engine(model::make_network(config_of("bert"), Head::kTokens, 3, 7), Precision::kFp32, at::kCPU);
  const at::Tensor hidden_ND = engine.encode(model::tiny_input());
  EXPECT_EQ(model::error_text("/none", [&] { engine.question_logits(hidden_ND); }), "the network has no head question");
  EXPECT_EQ(
      model::error_text(
          "/none",
          [&] { Engine(model::make_network(config_of("bert"), Head::kTokens, 3, 7), Precision::kInt8, at::kCUDA); }),
      "precision: got int8 for the device cuda, expected fp32 or bf16; int8 runs on the CPU only");
}

}  // namespace
}  // namespace lmkor::infer
