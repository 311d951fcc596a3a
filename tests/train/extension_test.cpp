// New tokens: their first values, training of their rows alone, and a whole adaptation to a domain.
#include "lmkor/train/extension.h"

#include <cmath>

#include <gmock/gmock.h>

#include "expect_error.h"
#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;
using base::Json;

Json extension_json(const std::vector<std::pair<int, std::vector<std::pair<int, int>>>>& terms) {
  Json out = {{"kind", "extension"}, {"vocab_sha256_before", "a"}, {"vocab_sha256", "b"}, {"terms", Json::array()}};
  for (const auto& [id, pieces] : terms) {
    Json row = {{"id", id}, {"old_pieces", Json::array()}};
    for (const auto& [piece, count] : pieces) row["old_pieces"].push_back({{"id", piece}, {"count", count}});
    out["terms"].push_back(row);
  }
  return out;
}

Extension sample_extension(const std::string& folder) {
  const fs::path path = data::fresh_folder(folder) / "extension.json";
  base::write_json(path, extension_json({{200, {{10, 3}, {110, 1}}}, {201, {{200, 0}, {111, 0}}}}));
  return read_extension(path);
}

std::unique_ptr<Objective> sample_objective(const std::string& family) {
  ObjectiveSpec spec;
  spec.config = small_job(family, "", "").config;
  spec.generator = {.size = 0.5};
  spec.config.vocab_size = static_cast<int64_t>(data::sample_tokens().size());
  return make_objective(spec);
}

TEST(Extension, RowsAreWeightedMeansAndBiasesLogarithmsOfMeans) {
  const Extension extension = sample_extension("rows");
  for (const char* family : {"bert", "albert", "electra"}) {
    const auto objective = sample_objective(family);
    model::Network& masked = *objective->networks().back().network;  // the generator of ELECTRA
    {
      const at::NoGradGuard guard;
      masked.masked_lm.bias_V.normal_();
      masked.masked_lm.bias_V[200] = -20;
    }
    const at::Tensor word = objective->networks()[0].network->embeddings.word_VE.detach();
    const at::Tensor before = word.clone(), bias_before = masked.masked_lm.bias_V.detach().clone();
    set_new_rows(*objective, extension);
    const at::Tensor first = (before[10] * 3 + before[110]) / 4;
    EXPECT_LT((word[200] - first).abs().max().item<double>(), 1e-6);
    EXPECT_LT((word[201] - (first + before[111]) / 2).abs().max().item<double>(), 1e-6);  // a piece set just before
    const double bias =
        std::log((3 * std::exp(bias_before[10].item<double>()) + std::exp(bias_before[110].item<double>())) / 4);
    EXPECT_NEAR(masked.masked_lm.bias_V[200].item<double>(), bias, 1e-5);
    EXPECT_TRUE(word.narrow(0, 0, 200).equal(before.narrow(0, 0, 200)));
    EXPECT_TRUE(masked.masked_lm.bias_V.narrow(0, 0, 200).equal(bias_before.narrow(0, 0, 200)));
  }
}

TEST(Extension, NewRowsAreTrainedAndNothingElse) {
  const Extension extension = sample_extension("rows-only");
  const auto objective = sample_objective("electra");
  NewRows rows(*objective, extension, {});
  std::vector<at::Tensor> before;
  const std::vector<model::Parameter> all = objective->parameters();
  for (const model::Parameter& parameter : all) {
    before.push_back(parameter.tensor.detach().clone());
    parameter.tensor.mutable_grad() = at::ones_like(parameter.tensor);
  }
  const at::Tensor norm = rows.step(0.01);
  EXPECT_NEAR(norm.item<double>(), std::sqrt(2.0 * 16 + 2), 1e-4);  // two rows of 16 and two biases
  int changed = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_FALSE(all[i].tensor.grad().defined());
    if (all[i].tensor.detach().equal(before[i])) continue;
    ++changed;
    const at::Tensor differs = all[i].tensor.detach().ne(before[i]);
    EXPECT_EQ(differs.sum().item<int64_t>(), differs.slice(0, 200, 202).sum().item<int64_t>()) << all[i].name;
    EXPECT_TRUE(differs.slice(0, 200, 202).all().item<bool>()) << all[i].name;
  }
  EXPECT_EQ(changed, 2);
}

TEST(Extension, FilesOfOtherKindsAreRefused) {
  const fs::path path = data::fresh_folder("kinds") / "extension.json";
  base::write_json(path, {{"kind", "shards"}});
  EXPECT_EQ(
      error_text(ErrorKind::kData, [&] { read_extension(path); }),
      path.string() + ": kind: got \"shards\", expected \"extension\"; give the extension.json of lmkor vocab extend");
  base::write_json(path, extension_json({}));
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { read_extension(path); }), path.string() + ": holds no terms");
  base::write_json(path, extension_json({{500, {{10, 1}}}}));
  const auto objective = sample_objective("bert");
  EXPECT_EQ(error_text(ErrorKind::kIncompatible, [&] { set_new_rows(*objective, read_extension(path)); }),
            path.string() + ": id 500: the model has 210 tokens");
}

}  // namespace
}  // namespace lmkor::train
