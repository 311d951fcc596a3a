#include "lmkor/train/estimate.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/train/session.h"

namespace lmkor::train {

using base::Json;

namespace {

// What the fused kernels reach of an H100's bf16 peak of 989 TFLOP/s in training an encoder of width 768 without
// padding; others reach 15 to 25 % of it, the best known about 45 %.
constexpr double kH100Flops = 400e12;
constexpr int64_t kMeasuredRows = 4;  // of a batch, so that a large recipe is measured in seconds too
constexpr int64_t kSampledRows = 256;
// Measuring the speed where minutes are given: at least so many updates and so long, the first ones not counted.
constexpr uint64_t kSpeedWarmup = 3, kSpeedSteps = 8;
constexpr double kSpeedSeconds = 20;
constexpr double kShareForSteps = 0.97;  // the rest is for checkpoints and validation

// Of one encoder: 2 FLOP forward and 4 backward for each weight that a token meets.
double encoder_flops(const model::Config& config, double length) {
  const auto d = static_cast<double>(config.hidden_size), f = static_cast<double>(config.intermediate_size);
  const auto e = static_cast<double>(config.embedding_width()), layers = static_cast<double>(config.num_hidden_layers);
  const double projection = config.embedding_width() == config.hidden_size ? 0 : d * e;
  return 6 * (projection + layers * (4 * d * d + 2 * d * f + 2 * length * d));
}

double masked_lm_flops(const model::Config& config) {
  const auto d = static_cast<double>(config.hidden_size), e = static_cast<double>(config.embedding_width());
  return 6 * (d * e + e * static_cast<double>(config.vocab_size));
}

// What a forward pass keeps for the backward pass, about: of each layer its input, queries, keys, values, the
// attention's result, both norms' inputs and the feed-forward's middle before and after the activation; and the logits.
double activation_bytes(const model::Config& config, const TrainOptions& options, double tokens, double predicted) {
  const double bytes = options.precision == "bf16" ? 2 : 4;
  const auto d = static_cast<double>(config.hidden_size), f = static_cast<double>(config.intermediate_size);
  const auto layers = static_cast<double>(config.num_hidden_layers);
  const double whole_layer = 8 * d + 2 * f;
  const double encoder = options.recompute_activations ? layers * d + whole_layer : layers * whole_layer;
  return bytes * tokens * (encoder + 2 * predicted * static_cast<double>(config.vocab_size));
}

// What rows of one length hold.
struct Filled {
  double tokens_of_row = 0, mean_length = 0;  // of sequences
  double predicted = 0;                       // share of the tokens
};

Filled sample_rows(const Corpus& corpus, TrainOptions options, BatchForm form, uint64_t seed, int64_t length) {
  options.sequence_length = length;
  options.batch_sequences = kSampledRows;
  options.batch_tokens = options.short_sequence_length = options.batch_ramp_steps = options.micro_batch_sequences = 0;
  const StepBatch batch = Loader(corpus, options, form, seed, 1).batch(0);
  const auto tokens = static_cast<double>(batch.tokens);
  return {tokens / static_cast<double>(kSampledRows), tokens / static_cast<double>(batch.parts.front().sequences()),
          static_cast<double>(batch.predictions) / tokens};
}

Json measure(const PretrainJob& job, const model::Config& config, const Corpus& corpus, double seconds) {
  TrainOptions small = job.train;
  small.batch_sequences =
      std::min<int64_t>(kMeasuredRows, static_cast<int64_t>(small.batch_rows(small.sequence_length)));
  small.batch_tokens = small.short_sequence_length = small.batch_ramp_steps = small.micro_batch_sequences = 0;
  const Loader loader(corpus, small, batch_form(config.family, small.pairs), job.seed, 1);
  PretrainJob fresh = job;
  fresh.init.clear();  // speed does not depend on the values
  fresh.train.extension_steps = 0;
  Session session(fresh, config, nullptr);
  Measures measures;
  uint64_t tokens = 0;
  base::Stopwatch clock, all;
  // The first batch is not counted where there is time for more: kernels are compiled for it.
  for (uint64_t step = 0; step < 1 || all.seconds() < seconds; ++step) {
    base::check_interrupt();
    const StepBatch batch = loader.batch(step);
    if (step == 1) {
      clock = {};
      tokens = 0;
    }
    session.update(batch, 0, measures);
    tokens += batch.tokens;
  }
  return {{"rows_of_a_batch", small.batch_sequences},
          {"seconds", all.seconds()},
          {"tokens_per_second", static_cast<double>(tokens) / std::max(1e-9, clock.seconds())}};
}

}  // namespace

double flops_per_token(const model::Config& config, const model::GeneratorShape& generator, double length,
                       double predicted) {
  if (config.family != "electra") return encoder_flops(config, length) + predicted * masked_lm_flops(config);
  const model::Config small = model::generator_config(config, generator);
  const auto d = static_cast<double>(config.hidden_size);
  return encoder_flops(config, length) + 6 * (d * d + d) + encoder_flops(small, length) +
         predicted * masked_lm_flops(small);
}

double measured_peak_flops(at::ScalarType compute) {
  constexpr int64_t kSize = 768;
  constexpr int kTimes = 4;
  const at::NoGradGuard guard;
  const at::Tensor a = at::ones({kSize, kSize}, compute), b = at::ones({kSize, kSize}, compute);
  double best = 0;
  for (int i = 0; i < kTimes; ++i) {
    const base::Stopwatch clock;
    a.mm(b);
    best = std::max(best, 2.0 * kSize * kSize * kSize / std::max(1e-9, clock.seconds()));
  }
  return best;
}

int64_t parameter_count(const model::Config& config, const model::GeneratorShape& generator, bool pairs) {
  const auto count = [](model::Network network, bool with_embeddings) {
    int64_t out = 0;
    for (const model::Parameter& parameter : model::parameters(network)) {
      if (with_embeddings || !parameter.name.starts_with("embeddings.")) out += parameter.tensor.numel();
    }
    return out;
  };
  if (config.family != "electra")
    return count(model::empty_network(config, pairs ? model::Head::kPretraining : model::Head::kMaskedLm, 0), true);
  return count(model::empty_network(config, model::Head::kReplacedToken, 0), true) +
         count(model::empty_network(model::generator_config(config, generator), model::Head::kMaskedLm, 0), false);
}

Json estimate(const PretrainJob& job, double seconds) {
  const TrainOptions& train = job.train;
  if (train.steps == 0) {
    throw base::Error(base::ErrorKind::kConfig,
                      "train.steps: got 0, expected the steps to estimate: train.minutes is the answer itself");
  }
  const Corpus corpus(job.data, data::Split::kTrain, train);
  model::Config config = job.config;
  config.vocab_size = corpus.shards().vocab_size();
  const BatchForm form = batch_form(config.family, train.pairs);
  const auto steps = static_cast<uint64_t>(train.steps + train.more_steps);
  const Loader loader(corpus, train, form, job.seed, static_cast<uint64_t>(train.steps));

  // Rows by the plan, what they hold by a sample of each stage.
  double tokens = 0, flop = 0, sequences = 0;
  Filled filled;
  const std::vector<data::Stage>& stages = loader.plan().stages();
  for (size_t i = 0; i < stages.size(); ++i) {
    const uint64_t end = i + 1 < stages.size() ? std::min(steps, stages[i + 1].begin) : steps;
    if (end <= stages[i].begin) continue;
    const data::StepPlan last = loader.plan().at(end - 1);
    filled = sample_rows(corpus, train, form, job.seed, stages[i].sequence_length);
    const double stage_tokens = static_cast<double>(last.first + last.rows) * filled.tokens_of_row;
    tokens += stage_tokens;
    sequences += stage_tokens / filled.mean_length;
    // Attention sees its own sequence; a row of short texts holds several.
    flop += stage_tokens * flops_per_token(config, job.generator, filled.mean_length, filled.predicted);
  }

  const auto parameters = parameter_count(config, job.generator, form.pairs != data::Pairs::kNone);
  const double weights = 4 * static_cast<double>(parameters);
  const double part_rows = train.micro_batch_sequences > 0
                               ? static_cast<double>(train.micro_batch_sequences)
                               : static_cast<double>(train.batch_rows(train.sequence_length));
  Json memory = {{"weights", weights},
                 {"gradients", weights},
                 {"optimizer", 2 * weights},
                 {"average", train.ema_decay > 0 ? weights : 0},
                 {"checkpoint_copy", (train.ema_decay > 0 ? 4 : 3) * weights},
                 {"activations", activation_bytes(config, train, part_rows * filled.tokens_of_row, filled.predicted)}};
  double all = 0;
  for (const auto& [name, bytes] : memory.items()) all += bytes.get<double>();
  memory["all"] = all;

  Json here = measure(job, config, corpus, seconds);
  const double speed = here["tokens_per_second"];
  here["flops_per_second"] = speed * flop / tokens;
  here["hours"] = tokens / speed / 3600;
  return {{"parameters", parameters},
          {"steps", steps},
          {"tokens", tokens},
          {"tokens_per_step", tokens / static_cast<double>(steps)},
          {"mean_length", tokens / sequences},
          {"epochs", loader.epochs(steps)},
          {"flop", flop},
          {"memory_bytes", std::move(memory)},
          {"here", std::move(here)},
          {"h100", {{"flops_per_second", kH100Flops}, {"hours", flop / kH100Flops / 3600}}}};
}

uint64_t steps_for_minutes(const PretrainJob& job, const model::Config& config, const Loader& loader,
                           double seconds_gone) {
  base::log_info(base::str("measuring the speed to fit ", job.train.minutes, " minutes"));
  PretrainJob alone = job;
  alone.processes = nullptr;
  Session session(alone, config, nullptr);
  Measures measures;
  const double enough = std::min(kSpeedSeconds, job.train.minutes * 60 / 10);
  base::Stopwatch clock;
  uint64_t step = 0;
  for (; step < kSpeedWarmup + kSpeedSteps || clock.seconds() < enough; ++step) {
    if (step == kSpeedWarmup) clock = {};
    base::check_interrupt();
    session.update(loader.batch(step), 0, measures);
  }
  const double per_step = clock.seconds() / static_cast<double>(step - kSpeedWarmup);
  return std::max<uint64_t>(1,
                            static_cast<uint64_t>((kShareForSteps * job.train.minutes * 60 - seconds_gone) / per_step));
}

}  // namespace lmkor::train
