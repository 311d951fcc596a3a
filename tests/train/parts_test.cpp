// Schedule, optimizer, measures, checkpoints and the log of figures, each by itself.
#include <cmath>

#include <gmock/gmock.h>

#include "expect_error.h"
#include "lmkor/kernels/muon.h"
#include "lmkor/train/checkpoint.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/measures.h"
#include "lmkor/train/metrics_log.h"
#include "lmkor/train/optimizer.h"
#include "lmkor/train/schedule.h"
#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;
using base::Json;

TEST(Schedule, IsThatOfBertAndOfElectra) {
  const ScheduleOptions options{.learning_rate = 1e-3, .warmup_steps = 10};
  const Schedule bert(options, "bert", 100), electra(options, "electra", 100);
  for (uint64_t step = 0; step <= 100; ++step) {
    const double decay = 1e-3 * (1 - static_cast<double>(step) / 100),
                 rise = std::min(1.0, static_cast<double>(step) / 10);
    EXPECT_DOUBLE_EQ(bert.at(step), step < 10 ? 1e-3 * rise : decay) << step;
    EXPECT_DOUBLE_EQ(electra.at(step), decay * rise) << step;
  }
  EXPECT_EQ(bert.at(0), 0);
  EXPECT_EQ(bert.at(100), 0);
  EXPECT_EQ(Schedule({.warmup_share = 0.05}, "bert", 1000).warmup_steps(), 50u);
  EXPECT_EQ(Schedule({.learning_rate = 1, .warmup_steps = 10, .warmup = "multiply"}, "bert", 20).at(5), 0.5 * 0.75);
}

TEST(Schedule, StaysAndFallsAtTheEnd) {
  ScheduleOptions options{.learning_rate = 1, .warmup_steps = 10, .decay = "wsd", .decay_share = 0.25};
  const Schedule wsd(options, "bert", 100);
  EXPECT_DOUBLE_EQ(wsd.at(5), 0.5);
  for (const uint64_t step : {10, 40, 75}) EXPECT_DOUBLE_EQ(wsd.at(step), 1);
  EXPECT_DOUBLE_EQ(wsd.at(94), 1 - std::sqrt(1 - 0.06 / 0.25));
  EXPECT_EQ(wsd.at(100), 0);
  options.decay = "constant";
  EXPECT_EQ(Schedule(options, "bert", 100).at(99), 1);
}

TEST(Schedule, AddedStepsAreWarmedUpAnew) {
  const ScheduleOptions options{.learning_rate = 1, .warmup_share = 0.1, .rewarm_rate = 0.5};
  const Schedule schedule(options, "electra", 100, 40);
  for (uint64_t step = 0; step < 100; ++step) EXPECT_EQ(schedule.at(step), Schedule(options, "electra", 100).at(step));
  EXPECT_EQ(schedule.at(100), 0);
  EXPECT_DOUBLE_EQ(schedule.at(102), 0.5 * 0.95 * 0.5);
  EXPECT_DOUBLE_EQ(schedule.at(120), 0.25);
}

TEST(Schedule, KnowsItsHighestRate) {
  EXPECT_DOUBLE_EQ(Schedule({.learning_rate = 1, .warmup_steps = 10}, "bert", 100).highest(), 0.9);
  EXPECT_DOUBLE_EQ(Schedule({.learning_rate = 1, .warmup_steps = 400}, "bert", 100).highest(), 99.0 / 400);
}

model::Parameter parameter(const std::string& name, const at::Tensor& value, bool decay, int64_t depth) {
  return {.name = name, .tensor = value.clone().set_requires_grad(true), .decay = decay, .depth = depth};
}

TEST(AdamW, ClipsTheGlobalNormAndLeavesBiasesUndecayed) {
  const OptimizerOptions options{
      .weight_decay = 0.5, .adam_beta1 = 0, .adam_beta2 = 0, .adam_epsilon = 1, .clip_norm = 1};
  Optimizer optimizer({parameter("w", at::ones({2}), true, 0), parameter("b", at::ones({2}), false, 0)}, options);
  for (const model::Parameter& each : optimizer.parameters()) each.tensor.mutable_grad() = at::full({2}, 3.0);
  const at::Tensor norm = optimizer.step(0.1);
  EXPECT_FLOAT_EQ(norm.item<float>(), 6);
  const double g = 3.0 / 6, change = 0.1 * g / (g + 1);
  EXPECT_NEAR(optimizer.parameters()[0].tensor[0].item<double>(), 1 - 0.05 - change, 1e-6);
  EXPECT_NEAR(optimizer.parameters()[1].tensor[0].item<double>(), 1 - change, 1e-6);
  EXPECT_FALSE(optimizer.parameters()[0].tensor.grad().defined());
}

TEST(AdamW, LowersTheRateWithTheDistanceFromTheOutput) {
  const OptimizerOptions options{
      .weight_decay = 0, .adam_beta1 = 0, .adam_beta2 = 0, .adam_epsilon = 1e-12, .clip_norm = 0, .layer_decay = 0.8};
  Optimizer optimizer({parameter("embeddings", at::ones({1}), true, 0), parameter("layer", at::ones({1}), true, 2),
                       parameter("head", at::ones({1}), true, 4)},
                      options);
  for (const model::Parameter& each : optimizer.parameters()) each.tensor.mutable_grad() = at::ones({1});
  optimizer.step(0.1);
  EXPECT_NEAR(optimizer.parameters()[0].tensor.item<double>(), 1 - 0.1 * std::pow(0.8, 4), 1e-6);
  EXPECT_NEAR(optimizer.parameters()[1].tensor.item<double>(), 1 - 0.1 * std::pow(0.8, 2), 1e-6);
  EXPECT_NEAR(optimizer.parameters()[2].tensor.item<double>(), 1 - 0.1, 1e-6);
}

TEST(Optimizer, MuonTakesOnlyMatricesInsideTheEncoders) {
  at::manual_seed(4);
  const at::Tensor start = at::randn({6, 4}), gradient = at::randn({6, 4});
  model::Parameter inside = parameter("layer", start, true, 1), outside = parameter("embeddings", start, true, 0);
  inside.matrix = true;
  Optimizer optimizer({inside, outside}, {.optimizer = "muon", .weight_decay = 0, .clip_norm = 0});
  for (const model::Parameter& each : optimizer.parameters()) each.tensor.mutable_grad() = gradient.clone();
  optimizer.step(0.1);
  // The first update has the gradient's own direction: 0.1 * 0.2 * sqrt(6) times its orthogonal part.
  const at::Tensor want = start - 0.1 * 0.2 * std::sqrt(6.0) * kernels::orthogonal_plain(gradient);
  EXPECT_LT((optimizer.parameters()[0].tensor - want).abs().max().item<double>(), 5e-3);
  EXPECT_GT((optimizer.parameters()[1].tensor - want).abs().max().item<double>(), 2e-2);
  std::vector<std::string> names;
  for (const NamedTensor& named : optimizer.state()) names.push_back(named.name);
  EXPECT_EQ(names, (std::vector<std::string>{"value/layer", "moment1/layer", "value/embeddings", "moment1/embeddings",
                                             "moment2/embeddings"}));
}

TEST(AdamW, ChangesNothingWhereAGradientIsNotFinite) {
  Optimizer optimizer({parameter("w", at::ones({2}), true, 0)}, {});
  optimizer.parameters()[0].tensor.mutable_grad() = at::full({2}, std::nan(""));
  EXPECT_TRUE(std::isnan(optimizer.step(0.1).item<double>()));
  EXPECT_TRUE(optimizer.parameters()[0].tensor.equal(at::ones({2})));
  EXPECT_EQ(optimizer.steps_done(), 0u);
}

TEST(Measures, MeansAndAreaUnderTheCurve) {
  Measures measures;
  measures.add("loss", at::tensor(6.0), 2);
  measures.add("loss", at::tensor(4.0), 3);
  measures.add("none", at::tensor(0.0), at::tensor(0.0));
  at::manual_seed(1);
  const at::Tensor labels = at::rand({400}).lt(0.3).to(at::kFloat);
  const at::Tensor scores = (at::rand({400}) * 0.8 + labels * 0.2).mul(64).floor().div(64);  // with ties
  for (const int64_t begin : {0, 200}) {
    measures.add_decisions("auc", scores.narrow(0, begin, 200), labels.narrow(0, begin, 200));
  }
  double wins = 0, pairs = 0;
  for (int64_t i = 0; i < 400; ++i) {
    for (int64_t j = 0; j < 400; ++j) {
      if (labels[i].item<float>() != 1 || labels[j].item<float>() != 0) continue;
      const float a = scores[i].item<float>(), b = scores[j].item<float>();
      wins += a > b ? 1 : a == b ? 0.5 : 0;
      pairs += 1;
    }
  }
  const auto means = measures.means();
  ASSERT_EQ(means.size(), 3u);
  EXPECT_EQ(means[0], (std::pair<std::string, double>("loss", 2.0)));
  EXPECT_EQ(means[1], (std::pair<std::string, double>("none", 0.0)));
  EXPECT_NEAR(means[2].second, wins / pairs, 1e-12);
}

TEST(Checkpoint, IsCompleteOrAbsentAndReadBack) {
  const fs::path run = data::fresh_folder("checkpoints");
  const std::vector<NamedTensor> saved = {{"value/a", at::arange(6).to(at::kFloat).view({2, 3})},
                                          {"moment1/a", at::ones({2})}};
  EXPECT_FALSE(newest_checkpoint(run).has_value());
  for (const int step : {2, 10, 9}) save_checkpoint(run, {{"step", step}}, saved, {2});
  fs::create_directories(run / "checkpoints/.step-00000011.partial");
  EXPECT_EQ(newest_checkpoint(run)->filename(), "step-00000010");
  EXPECT_FALSE(fs::exists(run / "checkpoints/.step-00000011.partial"));
  EXPECT_FALSE(fs::exists(run / "checkpoints/step-00000002"));
  EXPECT_EQ(read_checkpoint_state(run / "checkpoints/step-00000009")["step"], 9);
  std::vector<NamedTensor> read = {{"value/a", at::zeros({2, 3})}, {"moment1/a", at::zeros({2})}};
  load_checkpoint(*newest_checkpoint(run), read);
  EXPECT_TRUE(read[0].tensor.equal(saved[0].tensor));
  EXPECT_TRUE(read[1].tensor.equal(saved[1].tensor));
  read = {{"value/a", at::zeros({3, 2})}, {"value/b", at::zeros({1})}};
  EXPECT_EQ(error_text(ErrorKind::kIncompatible, [&] { load_checkpoint(run / "checkpoints/step-00000010", read); }),
            (run / "checkpoints/step-00000010").string() +
                ": this checkpoint belongs to another network:"
                "\n  tensor \"value/a\": got F32 [2, 3], expected F32 [3, 2]"
                "\n  tensor \"value/b\" is missing"
                "\n  tensor \"moment1/a\" is not of this network"
                "\ngo on with the recipe it was made with, or choose another --output");
}

TEST(MetricsLog, HoldsEachStepOnceAcrossStops) {
  const fs::path path = data::fresh_folder("log") / "metrics.jsonl";
  {
    MetricsLog log(path, 0);
    for (const int step : {1, 2, 3}) log.append({{"step", step}});
  }
  std::ofstream(path, std::ios::app) << R"({"step":4,"lo)";  // cut off by a kill
  MetricsLog log(path, 2);
  EXPECT_EQ(log.lines().size(), 2u);
  log.append({{"step", 3}});
  EXPECT_EQ(bytes_of(path), "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
  EXPECT_TRUE(MetricsLog(path, 0).lines().empty());
  EXPECT_EQ(bytes_of(path), "");
}

TEST(Loader, BatchesAreFunctionsOfTheStepAndMeetTheirCounts) {
  const fs::path shards = make_shards("loader");
  TrainOptions options;
  options.sequence_length = 32;
  const Corpus corpus({{shards}}, data::Split::kTrain, options);
  options.batch_sequences = 7;
  options.micro_batch_sequences = 3;
  const Loader loader(corpus, options, {data::MaskStyle::kElectra}, 5, 8);
  const auto stream = loader.stream(4, 8);
  for (uint64_t step = 4; step < 8; ++step) {
    const StepBatch streamed = stream->next(), direct = loader.batch(step);
    ASSERT_EQ(streamed.parts.size(), 3u);
    EXPECT_EQ(streamed.tokens, direct.tokens);
    uint64_t tokens = 0, predictions = 0;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(streamed.parts[i].masked_ids, direct.parts[i].masked_ids);
      EXPECT_EQ(streamed.parts[i].draws, direct.parts[i].draws);
      EXPECT_EQ(streamed.parts[i].draws.size(), streamed.parts[i].labels.size());
      for (const float draw : streamed.parts[i].draws) EXPECT_TRUE(draw >= 0 && draw < 1);
      tokens += streamed.parts[i].size();
      predictions += streamed.parts[i].labels.size();
    }
    EXPECT_EQ(streamed.tokens, tokens);
    EXPECT_EQ(streamed.predictions, predictions);
  }
  EXPECT_TRUE(stream->at_end());
  const double entropy = unigram_entropy(corpus.token_counts());
  EXPECT_GT(entropy, 4);
  EXPECT_LT(entropy, std::log(200));
}

}  // namespace
}  // namespace lmkor::train
