#include "lmkor/train/trainer.h"

#include <cmath>
#include <set>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include "expect_error.h"
#include "lmkor/base/progress.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/train/checkpoint.h"
#include "train/sample_run.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;
using base::Json;

class Families : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { base::set_progress_style(base::ProgressStyle::kNone); }
};
INSTANTIATE_TEST_SUITE_P(All, Families, testing::Values("bert", "albert", "electra"));

TEST_P(Families, SavedAndGoneOnIsAsNeverStoppedToTheBit) {
  const fs::path shards = make_shards("resume");
  for (const char* precision : {"fp32", "bf16"}) {
    PretrainJob whole = small_job(GetParam(), shards, data::fresh_folder("whole"));
    PretrainJob pieces = small_job(GetParam(), shards, data::fresh_folder("pieces"));
    whole.train.precision = pieces.train.precision = precision;
    if (precision == std::string("bf16")) {  // lines that gather several steps, and stops between them
      for (PretrainJob* job : {&whole, &pieces}) {
        job->train.log_every_steps = 3;
        job->train.validate_every_steps = 2;
        job->train.optimizer.optimizer = "muon";
        job->train.embeddings_from_cooccurrence = true;
      }
    }
    pretrain(whole);
    int stops = 0;
    const Json result = stop_and_go(pieces, stops);
    EXPECT_EQ(stops, 8);
    EXPECT_EQ(result["resumed_at_step"], 8);
    EXPECT_EQ(bytes_of(whole.output / "model/model.safetensors"), bytes_of(pieces.output / "model/model.safetensors"));
    EXPECT_EQ(fs::exists(whole.output / "generator"), GetParam() == std::string("electra"));
    if (fs::exists(whole.output / "generator")) {
      EXPECT_EQ(bytes_of(whole.output / "generator/model.safetensors"),
                bytes_of(pieces.output / "generator/model.safetensors"));
    }
    EXPECT_EQ(figures(whole.output), figures(pieces.output));
    EXPECT_EQ(figures(whole.output).size(), precision == std::string("bf16") ? 3u : 8u);
  }
}

TEST_P(Families, NumberOfThreadsDoesNotShow) {
  const fs::path shards = make_shards("threads");
  const int before = at::get_num_threads();
  std::vector<std::string> weights;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    PretrainJob job = small_job(GetParam(), shards, data::fresh_folder("threads-run"));
    job.train.steps = 4;
    job.train.precision = "bf16";
    job.train.optimizer.optimizer = "muon";
    job.train.embeddings_from_cooccurrence = true;
    pretrain(job);
    weights.push_back(bytes_of(job.output / "model/model.safetensors"));
  }
  at::set_num_threads(before);
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_EQ(weights[0], weights[2]);
}

TEST_P(Families, MicroBatchesAddUpToTheBatch) {
  const fs::path shards = make_shards("micro");
  std::vector<std::vector<Json>> runs;
  for (const int64_t rows : {0, 2, 4}) {
    PretrainJob job = small_job(GetParam(), shards, data::fresh_folder("micro-run"));
    job.train.dropout = false;  // drawn anew for each micro-batch
    job.train.steps = 4;
    job.train.micro_batch_sequences = rows;
    pretrain(job);
    runs.push_back(figures(job.output));
  }
  for (size_t run = 1; run < runs.size(); ++run) {
    for (size_t i = 0; i < runs[0].size(); ++i) {
      // Relative; a draw of ELECTRA's generator that lies on the edge may fall to either side.
      for (const char* figure : {"loss", "gradient_norm"}) {
        const double whole = runs[0][i][figure];
        EXPECT_NEAR(runs[run][i][figure].get<double>(), whole, 2e-3 * whole) << figure << " of step " << i + 1;
      }
      EXPECT_EQ(runs[run][i]["tokens"], runs[0][i]["tokens"]);
    }
  }
}

TEST_P(Families, OneBatchOverfits) {
  const fs::path shards = make_shards("overfit", 12);
  PretrainJob job = small_job(GetParam(), shards, data::fresh_folder("overfit-run"));
  job.config.hidden_dropout_prob = job.config.attention_probs_dropout_prob = 0;
  job.config.initializer_range = 0.1;
  job.train.batch_sequences = 64;  // more than there are rows: each step sees all of them
  job.train.steps = 400;
  job.train.log_every_steps = 20;
  job.train.checkpoint_every_steps = 1000;
  job.train.schedule.learning_rate = 5e-3;
  job.train.schedule.warmup_share = 0.1;
  const Json last = pretrain(job);
  const Json first = figures(job.output).front();
  const char* loss = GetParam() == std::string("electra") ? "masked_lm_loss" : "loss";
  EXPECT_LT(last[loss].get<double>(), 0.25 * first[loss].get<double>());
  EXPECT_LT(last[loss].get<double>(), last["unigram_entropy"].get<double>() / 2);
}

TEST(Trainer, HeldOutLossIsReportedAndNothingButKeptCheckpointsStays) {
  PretrainJob job = small_job("bert", make_shards("kept"), data::fresh_folder("kept-run"));
  job.train.validate_every_steps = 4;
  const Json result = pretrain(job);
  EXPECT_GT(result["validation_loss"].get<double>(), 0);
  EXPECT_TRUE(figures(job.output)[3].contains("validation_loss"));
  EXPECT_FALSE(figures(job.output)[4].contains("validation_loss"));
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(job.output / "checkpoints")) names.insert(entry.path().filename());
  EXPECT_EQ(names, (std::set<std::string>{"step-00000006", "step-00000008"}));
  EXPECT_TRUE(fs::exists(job.output / "report.html"));
  EXPECT_TRUE(fs::exists(job.output / "model/vocab.txt"));
}

TEST(Trainer, BeginsAtTheEntropyOfSingleTokensWithTheirFrequencies) {
  PretrainJob job = small_job("bert", make_shards("frequencies"), data::fresh_folder("frequencies-run"));
  job.train.steps = 1;
  const double without = pretrain(job)["loss"];
  job.output = data::fresh_folder("frequencies-run-2");
  job.train.bias_from_frequencies = true;
  const Json result = pretrain(job);
  EXPECT_NEAR(result["loss"].get<double>(), result["unigram_entropy"].get<double>(), 0.15);
  EXPECT_NEAR(without, std::log(210), 0.1);
}

TEST(Trainer, MinutesAreTurnedIntoSteps) {
  PretrainJob job = small_job("bert", make_shards("minutes"), data::fresh_folder("minutes-run"));
  job.train.steps = 0;
  job.train.minutes = 0.02;
  const Json result = pretrain(job);
  EXPECT_GE(result["steps"].get<int64_t>(), 1);  // how many is the machine's affair
  EXPECT_EQ(result["step"], result["steps"]);
}

TEST(Trainer, StartsFromAModelAndItsGenerator) {
  const fs::path shards = make_shards("init");
  PretrainJob first = small_job("electra", shards, data::fresh_folder("init-first"));
  pretrain(first);
  PretrainJob next = small_job("electra", shards, data::fresh_folder("init-next"));
  next.init = first.output / "model";
  next.train.steps = 1;
  next.train.schedule.warmup_steps = 1;  // the first update of a warm-up has rate 0
  pretrain(next);
  for (const char* folder : {"model", "generator"}) {
    EXPECT_EQ(bytes_of(first.output / folder / "model.safetensors"),
              bytes_of(next.output / folder / "model.safetensors"))
        << folder;
  }
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  const fs::path shards = make_shards("refuse");
  PretrainJob job = small_job("bert", shards, data::fresh_folder("refuse-run"));
  job.resume = Resume::kRequired;
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { pretrain(job); }),
            job.output.string() + ": no checkpoint to go on from (--resume required)");
  job.resume = Resume::kAuto;
  job.train.sequence_length = 100;
  EXPECT_EQ(error_text(ErrorKind::kConfig, [&] { pretrain(job); }),
            "train.sequence_length: got 100, expected at most model.max_position_embeddings 64");
  job.train.sequence_length = 32;
  pretrain(job);
  job.settings["family"] = "electra";
  EXPECT_EQ(error_text(ErrorKind::kIncompatible, [&] { pretrain(job); }),
            job.output.string() +
                ": this run was begun with other settings:\n  family: it has bert, got electra"
                "\ngo on with the same ones, begin again with --resume never --force, or choose another --output");
  // Settings that agree do not hide a network of another shape.
  job.settings["family"] = "bert";
  job.config.hidden_size = 48;
  const std::string text = error_text(ErrorKind::kIncompatible, [&] { pretrain(job); });
  EXPECT_THAT(text, testing::HasSubstr("checkpoints/step-00000008: this checkpoint belongs to another network:\n"));
  EXPECT_THAT(text, testing::HasSubstr(
                        "tensor \"value/model.embeddings.word.weight\": got F32 [210, 32], expected F32 [210, 48]"));
  EXPECT_THAT(text, testing::HasSubstr("more\ngo on with the recipe it was made with, or choose another --output"));
}

TEST(Trainer, DivergenceIsAnErrorAndTheStateBeforeStays) {
  PretrainJob job = small_job("bert", make_shards("diverge"), data::fresh_folder("diverge-run"));
  job.train.steps = 200;
  job.train.checkpoint_every_steps = 1;
  job.train.schedule.learning_rate = 1e30;
  job.train.schedule.warmup_share = 0;
  const std::string text = error_text(ErrorKind::kNumeric, [&] { pretrain(job); });
  EXPECT_THAT(text, testing::HasSubstr("the gradients are not finite"));
  EXPECT_THAT(text, testing::HasSubstr(
                        "Lower train.learning_rate, warm up longer (train.warmup_steps), or use train.precision fp32"));
  EXPECT_TRUE(newest_checkpoint(job.output).has_value());
}

TEST(Trainer, ShardsOfAnotherVocabularyThanTheModelAreRefused) {
  const fs::path shards = make_shards("other");
  PretrainJob first = small_job("bert", shards, data::fresh_folder("other-first"));
  first.train.steps = 1;
  pretrain(first);
  auto tokens = data::sample_tokens();
  std::swap(tokens[7], tokens[8]);
  tokenizer::write_folder(first.output / "model", tokens, {});
  PretrainJob next = small_job("bert", shards, data::fresh_folder("other-next"));
  next.init = first.output / "model";
  EXPECT_THAT(error_text(ErrorKind::kIncompatible, [&] { pretrain(next); }),
              testing::AllOf(testing::HasSubstr("these shards belong to another vocabulary: got vocab_sha256 "),
                             testing::HasSubstr(" of --init ")));
}

}  // namespace
}  // namespace lmkor::train
