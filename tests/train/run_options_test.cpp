// What options do to a whole run: mixtures, lengths and sizes of batches, averages, recomputing, added steps, skipping.
#include <cmath>
#include <map>
#include <set>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "expect_error.h"
#include "lmkor/base/progress.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/train/checkpoint.h"
#include "lmkor/train/session.h"
#include "lmkor/train/watchdog.h"
#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;
using base::Json;

class RunOptions : public testing::Test {
 protected:
  void SetUp() override { base::set_progress_style(base::ProgressStyle::kNone); }
};

std::string weights(const fs::path& run) { return bytes_of(run / "model/model.safetensors"); }

TEST_F(RunOptions, AllTogetherGoOnAfterStopsAsIfThereHadBeenNone) {
  const fs::path a = make_shards("together-a"), b = make_shards("together-b", 80);
  for (const char* family : {"albert", "electra"}) {
    PretrainJob whole = small_job(family, "", data::fresh_folder("together"));
    whole.data = {{a, 0.75}, {b, 0.25}};
    whole.train.steps = 10;
    whole.train.short_sequence_length = 16;
    whole.train.short_share = 0.5;
    whole.train.batch_ramp_steps = 6;
    whole.train.ema_decay = 0.9;
    whole.train.mask.max_ngram = 3;
    whole.train.optimizer.optimizer = "lamb";
    whole.train.schedule.decay = "wsd";
    whole.train.micro_batch_sequences = 4;
    whole.train.recompute_activations = true;
    whole.train.more_steps = 2;
    PretrainJob pieces = whole;
    pieces.output = data::fresh_folder("together-pieces");
    const Json result = pretrain(whole);
    int stops = 0;
    stop_and_go(pieces, stops);
    EXPECT_EQ(stops, 12);
    EXPECT_EQ(weights(whole.output), weights(pieces.output));
    EXPECT_EQ(figures(whole.output), figures(pieces.output));
    const std::vector<Json> lines = figures(whole.output);
    ASSERT_EQ(lines.size(), 12u);
    EXPECT_TRUE(lines.back().contains("validation_together-a_loss")) << lines.back().dump();
    EXPECT_NEAR(lines.back()["validation_loss"].get<double>(),
                0.75 * lines.back()["validation_together-a_loss"].get<double>() +
                    0.25 * lines.back()["validation_together-b_loss"].get<double>(),
                1e-9);
    EXPECT_EQ(lines.back().contains("sentence_order_loss"), family == std::string("albert"));
    // batches grow, then rows do
    const auto tokens_of = [&](size_t i) {
      return lines[i]["tokens"].get<int64_t>() - (i == 0 ? 0 : lines[i - 1]["tokens"].get<int64_t>());
    };
    EXPECT_LT(tokens_of(0), tokens_of(4));
    EXPECT_LT(tokens_of(4), tokens_of(11));
    EXPECT_GT(tokens_of(11), 6 * 20);
  }
}

TEST_F(RunOptions, RecomputingActivationsChangesNoBit) {
  const fs::path shards = make_shards("recompute");
  for (const char* family : {"bert", "albert", "electra"}) {
    std::vector<std::string> got;
    for (const bool recompute : {false, true}) {
      PretrainJob job = small_job(family, shards, data::fresh_folder("recompute-run"));
      job.train.recompute_activations = recompute;
      job.train.steps = 4;
      job.train.precision = "bf16";
      pretrain(job);
      got.push_back(weights(job.output));
    }
    // ALBERT's layer gathers the gradients of its depths in another order.
    if (family == std::string("albert")) continue;
    EXPECT_EQ(got[0], got[1]) << family;
  }
}

TEST_F(RunOptions, AveragedWeightsArePublishedAndValidated) {
  PretrainJob job = small_job("bert", make_shards("ema"), data::fresh_folder("ema-run"));
  job.train.steps = 3;
  job.train.ema_decay = 0.5;
  job.train.schedule.warmup_share = 0;
  const Json result = pretrain(job);
  // d of the updates is min(0.5, (1 + n) / (10 + n)): 2/11, 3/12, 4/13
  const auto checkpoint = *newest_checkpoint(job.output);
  const auto file = hub::SafetensorsFile::open(checkpoint / "values.safetensors");
  const auto model = hub::SafetensorsFile::open(job.output / "model/model.safetensors");
  const auto* average = file.find("average/model.embeddings.word.weight");
  const auto* value = file.find("value/model.embeddings.word.weight");
  const auto* published = model.find("bert.embeddings.word_embeddings.weight");
  ASSERT_TRUE(average != nullptr && value != nullptr && published != nullptr);
  EXPECT_EQ(average->bytes, published->bytes);
  EXPECT_NE(value->bytes, published->bytes);
}

TEST_F(RunOptions, AFinishedRunGoesOnWithARateWarmedUpAnew) {
  PretrainJob job = small_job("bert", make_shards("more"), data::fresh_folder("more-run"));
  job.train.steps = 6;
  const Json first = pretrain(job);
  EXPECT_EQ(first["step"], 6);
  job.train.more_steps = 10;
  job.train.schedule.rewarm_rate = 1e-3;
  job.train.schedule.warmup_share = 0.2;
  const Json second = pretrain(job);
  EXPECT_EQ(second["resumed_at_step"], 6);
  EXPECT_EQ(second["step"], 16);
  const std::vector<Json> lines = figures(job.output);
  ASSERT_EQ(lines.size(), 16u);
  EXPECT_EQ(lines[6]["lr"], 0);
  EXPECT_NEAR(lines[8]["lr"].get<double>(), 1e-3 * 0.8, 1e-9);
  EXPECT_NEAR(lines[15]["lr"].get<double>(), 1e-3 * 0.1, 1e-9);
}

TEST_F(RunOptions, PairsAreRefusedWhereTheFamilyHasNone) {
  PretrainJob job = small_job("electra", make_shards("electra-pairs"), data::fresh_folder("electra-pairs-run"));
  job.train.pairs = "sentence_order";
  EXPECT_EQ(error_text(ErrorKind::kConfig, [&] { pretrain(job); }),
            "train.pairs: got sentence_order, expected none or auto for electra");
}

TEST_F(RunOptions, NextSentencesAreLearntWithBert) {
  PretrainJob job = small_job("bert", make_shards("nsp"), data::fresh_folder("nsp-run"));
  job.train.pairs = "next_sentence";
  const Json result = pretrain(job);
  EXPECT_NEAR(result["next_sentence_loss"].get<double>(), std::log(2), 0.2);
  EXPECT_NEAR(result["loss"].get<double>(),
              result["masked_lm_loss"].get<double>() + result["next_sentence_loss"].get<double>(), 1e-4);
}

TEST_F(RunOptions, BatchesThatAreNotFiniteAreLeftOutWhereThatIsAllowed) {
  PretrainJob job = small_job("bert", make_shards("skip"), data::fresh_folder("skip-run"));
  job.train.skip_not_finite = 2;
  job.config.initializer_range = 1e30;  // products overflow, the parameters themselves are sound
  const std::string text = error_text(ErrorKind::kNumeric, [&] { pretrain(job); });
  EXPECT_THAT(text, testing::HasSubstr("step 3: the gradients are not finite (norm "));
  EXPECT_THAT(text, testing::HasSubstr("; first in model."));
  EXPECT_THAT(text, testing::HasSubstr("; batch: skip row "));
  EXPECT_THAT(text, testing::HasSubstr("train.skip_not_finite leaves single batches out"));
}

TEST_F(RunOptions, CheckpointsOfSomeStepsStayForGood) {
  PretrainJob job = small_job("bert", make_shards("keep-every"), data::fresh_folder("keep-every-run"));
  job.train.steps = 9;
  job.train.checkpoint_every_steps = 1;
  job.train.keep_checkpoints = 2;
  job.train.keep_every_steps = 4;
  pretrain(job);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(job.output / "checkpoints")) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"step-00000004", "step-00000008", "step-00000009"}));
}

TEST_F(RunOptions, AProfileHoldsTheStepsAndWhatWasCalledInThem) {
  PretrainJob job = small_job("bert", make_shards("profile"), data::fresh_folder("profile-run"));
  job.profile_steps = 2;
  pretrain(job);
  const Json trace = base::read_json(job.output / "profile/trace.json");
  std::map<std::string, int> calls;
  double inside = 0, whole = 0;
  for (const Json& event : trace["traceEvents"]) {
    const auto name = event["name"].get<std::string>();
    ++calls[name];
    EXPECT_GE(event["dur"].get<double>(), 0);
    if (name == "forward and backward") whole += event["dur"].get<double>();
    if (name == "aten::mm" || name == "aten::addmm") inside += event["dur"].get<double>();
  }
  EXPECT_EQ(calls["forward and backward"], 2);
  EXPECT_EQ(calls["optimizer"], 2);
  EXPECT_GT(calls["aten::mm"] + calls["aten::addmm"], 20);
  EXPECT_GT(inside, 0);
  EXPECT_LT(inside, whole * at::get_num_threads());
  const std::string table = bytes_of(job.output / "profile/operators.txt");
  EXPECT_THAT(table, testing::HasSubstr("GFLOP/s  of peak  operator\n"));
  EXPECT_THAT(table, testing::HasSubstr("  aten::mm\n"));
}

TEST_F(RunOptions, FoldersOfTwoVocabulariesAreNotMixed) {
  const fs::path a = make_shards("vocab-a"), b = make_shards("vocab-b");
  auto tokens = data::sample_tokens();
  std::swap(tokens[7], tokens[8]);
  tokenizer::write_folder(b / "tokenizer", tokens, {});
  const auto tokenizer = tokenizer::Tokenizer::load(b / "tokenizer");
  data::ShardWriter writer(b, tokenizer.size(), tokenizer.vocab_sha256(), 1'000'000);
  for (const auto& document : data::sample_documents(20, 3)) writer.add(data::Split::kTrain, document);
  base::write_json(b / "manifest.json", writer.finish());
  PretrainJob job = small_job("bert", "", data::fresh_folder("mixed-run"));
  job.data = {{a}, {b}};
  EXPECT_THAT(error_text(ErrorKind::kIncompatible, [&] { pretrain(job); }),
              testing::AllOf(testing::HasSubstr(b.string() + ": these shards belong to another vocabulary"),
                             testing::HasSubstr(" of --data " + a.string())));
}

}  // namespace
}  // namespace lmkor::train
