#include "lmkor/train/trainer.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/partial_folder.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/model/weights.h"
#include "lmkor/train/checkpoint.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/metrics_log.h"
#include "lmkor/train/objective.h"
#include "lmkor/train/precision.h"
#include "lmkor/train/run_report.h"
#include "lmkor/train/start.h"

namespace lmkor::train {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

constexpr uint64_t kReportBatches = 20;
// Measuring the speed where minutes are given: at least so many updates and so long, the first ones not counted.
constexpr uint64_t kSpeedWarmup = 3, kSpeedSteps = 8;
constexpr double kSpeedSeconds = 20;
constexpr double kShareForSteps = 0.97;  // the rest is for checkpoints and validation

// Networks, optimizer and how a step is made; knows nothing of files.
class Session {
 public:
  Session(const PretrainJob& job, const model::Config& config)
      : device_(device_of(job.device)),
        mode_{.training = job.train.dropout, .compute = compute_type(job.train.precision)},
        seed_(job.seed),
        objective_(make_objective({.config = config,
                                   .generator = job.generator,
                                   .generator_weight = job.train.generator_weight,
                                   .discriminator_weight = job.train.discriminator_weight,
                                   .seed = job.seed})) {
    if (!job.init.empty()) load_weights(job.init);
    for (const NamedNetwork& named : objective_->networks()) model::to_device(*named.network, device_);
    optimizer_ = std::make_unique<Optimizer>(objective_->parameters(), job.train.optimizer);
  }

  // Forward and backward over all parts, one update. Returns the gradient norm.
  at::Tensor update(const StepBatch& batch, double learning_rate, Measures& measures) {
    for (size_t i = 0; i < batch.parts.size(); ++i) {
      seed_generators(seed_, batch.step, i);
      objective_->run(batch.parts[i], batch, mode_, device_, measures);
    }
    return optimizer_->step(learning_rate);
  }

  void evaluate(const StepBatch& batch, Measures& measures) {
    const at::NoGradGuard guard;
    layers::Mode mode = mode_;
    mode.training = false;
    for (const data::MaskedBatch& part : batch.parts) objective_->run(part, batch, mode, device_, measures);
  }

  Optimizer& optimizer() { return *optimizer_; }
  Objective& objective() { return *objective_; }
  at::Device device() const { return device_; }

 private:
  // The published network's folder; a generator is taken from the folder beside it where there is one.
  void load_weights(const fs::path& init) {
    for (const NamedNetwork& named : objective_->networks()) {
      const fs::path dir = named.folder == "model" ? init : init.parent_path() / named.folder;
      if (named.folder != "model" && !fs::exists(dir / hub::kConfigFile)) {
        base::log_warning(str("--init ", init.string(), ": no ", named.folder, " beside it; the new ", named.folder,
                              " starts from random weights"));
        continue;
      }
      const model::LoadReport report = model::load_pretrained(dir, *named.network);
      for (const std::string& name : report.missing)
        base::log_warning(str("--init ", dir.string(), ": no tensor \"", name, "\"; it starts from random values"));
    }
  }

  at::Device device_;
  layers::Mode mode_;
  uint64_t seed_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<Optimizer> optimizer_;
};

// How many updates fit into what is left of `minutes` after `seconds_gone`, by measuring some with a network that is
// thrown away.
uint64_t steps_for_minutes(const PretrainJob& job, const model::Config& config, const Loader& loader,
                           double seconds_gone) {
  base::log_info(str("measuring the speed to fit ", job.train.minutes, " minutes"));
  Session session(job, config);
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

class Run {
 public:
  explicit Run(const PretrainJob& job)
      : job_(job),
        corpus_(job.data, data::Split::kTrain, job.train),
        config_(network_config(job, corpus_)),
        loader_(corpus_, job.train, mask_style(config_.family), job.seed) {
    if (!job.init.empty()) require_vocabulary_of_init();
    const auto checkpoint = checkpoint_to_resume();
    const Json state = checkpoint ? read_checkpoint_state(*checkpoint) : Json();
    const base::Stopwatch clock;
    session_ = std::make_unique<Session>(job, config_);
    if (!checkpoint && job.init.empty()) start_from_statistics();
    steps_ = checkpoint            ? state.at("steps").get<uint64_t>()
             : job.train.steps > 0 ? static_cast<uint64_t>(job.train.steps)
                                   : steps_for_minutes(job, config_, loader_, clock.seconds());
    if (checkpoint) {
      load_checkpoint(*checkpoint, session_->optimizer().state());
      session_->optimizer().set_steps_done(state.at("updates").get<uint64_t>());
      step_ = resumed_at_ = state.at("step").get<uint64_t>();
      tokens_ = state.at("tokens").get<uint64_t>();
      seconds_ = state.at("seconds").get<double>();
      measures_.restore(state.at("measures"));
      held_out_ = state.at("held_out");
      base::log_info(str("going on from ", checkpoint->string(), ", step ", step_, " of ", steps_));
    }
    const Corpus held_out(job.data, data::Split::kValidation, job.train);
    if (held_out.rows().size() > 0) validation_ = validation_batch(held_out, job.train, mask_style(config_.family));
    log_ = std::make_unique<MetricsLog>(job.output / "metrics.jsonl", step_);
  }

  Json run() {
    const Schedule schedule(job_.train.schedule, config_.family, steps_);
    const auto batches = loader_.stream(step_, steps_);
    base::Progress progress("pretrain", "steps", steps_, step_);
    clock_ = {};
    seconds_before_ = logged_seconds_ = seconds_;
    logged_tokens_ = tokens_;
    while (step_ < steps_) {
      const StepBatch batch = batches->next();
      const double rate = schedule.at(step_);
      const at::Tensor norm = session_->update(batch, rate, measures_);
      ++step_;
      tokens_ += batch.tokens;
      if (session_->device().is_cpu()) require_finite(norm);
      if (validation_is_due()) held_out_ = validation();
      if (due(job_.train.log_every_steps)) log(rate, norm, progress);
      if (base::interrupted() != 0) stop();
      if (due(job_.train.checkpoint_every_steps)) save();
    }
    progress.finish();
    return finish();
  }

 private:
  static model::Config network_config(const PretrainJob& job, const Corpus& corpus) {
    model::Config config = job.config;
    config.vocab_size = corpus.shards().vocab_size();
    if (job.train.sequence_length > config.max_position_embeddings) {
      throw Error(ErrorKind::kConfig,
                  str("train.sequence_length: got ", job.train.sequence_length,
                      ", expected at most model.max_position_embeddings ", config.max_position_embeddings));
    }
    return config;
  }

  void start_from_statistics() {
    if (job_.train.bias_from_frequencies) start_from_frequencies(session_->objective(), corpus_.token_counts());
    if (job_.train.embeddings_from_cooccurrence) {
      base::log_info("reading token embeddings from which tokens meet");
      const auto information = data::positive_mutual_information(
          corpus_.shards(), corpus_.kinds(), {.max_document_tokens = job_.train.max_document_tokens},
          at::get_num_threads());
      start_from_cooccurrence(session_->objective(), information, config_.initializer_range, job_.seed);
    }
  }

  void require_vocabulary_of_init() const {
    const auto tokenizer = tokenizer::Tokenizer::load(job_.init);
    corpus_.shards().require_vocabulary(tokenizer.vocab_sha256(), str("--init ", job_.init.string()));
  }

  std::optional<fs::path> checkpoint_to_resume() const {
    if (job_.resume == Resume::kNever) return std::nullopt;
    const auto checkpoint = newest_checkpoint(job_.output);
    if (!checkpoint && job_.resume == Resume::kRequired) {
      throw Error(ErrorKind::kNotFound, str(job_.output.string(), ": no checkpoint to go on from (--resume required)"));
    }
    if (!checkpoint) return std::nullopt;
    const std::string differing = setting_differences(read_checkpoint_state(*checkpoint).at("settings"), job_.settings);
    if (!differing.empty()) {
      throw Error(
          ErrorKind::kIncompatible,
          str(job_.output.string(), ": this run was begun with other settings:", differing,
              "\ngo on with the same ones, begin again with --resume never --force, or choose another --output"));
    }
    return checkpoint;
  }

  bool due(int64_t every) const { return step_ % static_cast<uint64_t>(every) == 0 || step_ == steps_; }

  bool validation_is_due() const {
    return step_ == steps_ || (job_.train.validate_every_steps > 0 && due(job_.train.validate_every_steps));
  }

  void require_finite(const at::Tensor& norm) const {
    if (std::isfinite(norm.item<double>())) return;
    const auto checkpoint = newest_checkpoint(job_.output);
    throw Error(ErrorKind::kNumeric,
                str("step ", step_, ": the gradients are not finite (norm ", norm.item<double>(), "); ",
                    checkpoint ? str("the state before is in ", checkpoint->string()) : "no checkpoint was written yet",
                    ". Lower train.learning_rate, warm up longer (train.warmup_steps), or use train.precision fp32"));
  }

  void log(double rate, const at::Tensor& norm, base::Progress& progress) {
    require_finite(norm);
    seconds_ = seconds_before_ + clock_.seconds();
    Json line = {{"step", step_}, {"tokens", tokens_}, {"seconds", seconds_}};
    std::vector<std::pair<std::string, std::string>> shown;
    for (const auto& [name, value] : measures_.means()) {
      line[name] = value;
      if (name == "loss") shown.emplace_back(name, base::fixed(value, 3));
    }
    measures_.clear();
    line["lr"] = rate;
    line["gradient_norm"] = norm.item<double>();
    const double speed = static_cast<double>(tokens_ - logged_tokens_) / std::max(1e-9, seconds_ - logged_seconds_);
    line["tokens_per_second"] = speed;
    line["epoch"] = loader_.sampler().epochs(step_);
    line.update(held_out_);
    held_out_ = Json::object();
    logged_tokens_ = tokens_;
    logged_seconds_ = seconds_;
    log_->append(line);
    shown.emplace_back("tokens/s", base::grouped(std::llround(speed)));
    progress.update(step_, shown);
  }

  // Figures on held-out rows, by name with the prefix "validation_"; empty where no documents are held out.
  Json validation() {
    Measures measures;
    session_->evaluate(validation_, measures);
    Json out = Json::object();
    for (const auto& [name, value] : measures.means()) out[str("validation_", name)] = value;
    return out;
  }

  void save() {
    seconds_ = seconds_before_ + clock_.seconds();
    save_checkpoint(job_.output,
                    {{"step", step_},
                     {"steps", steps_},
                     {"updates", session_->optimizer().steps_done()},
                     {"tokens", tokens_},
                     {"seconds", seconds_},
                     {"measures", measures_.state()},
                     {"held_out", held_out_},
                     {"settings", job_.settings}},
                    session_->optimizer().state(), job_.train.keep_checkpoints);
  }

  [[noreturn]] void stop() {
    save();
    throw Error(ErrorKind::kInterrupted, str("stopped after step ", step_, " of ", steps_, "; the state is in ",
                                             job_.output.string(), ", and the same command goes on from there"));
  }

  Json finish() {
    Json result = log_->lines().empty() ? Json{{"step", step_}} : log_->lines().back();
    result["steps"] = steps_;
    result["resumed_at_step"] = resumed_at_;
    result["unigram_entropy"] = unigram_entropy(corpus_.token_counts());
    result["rows"] = corpus_.rows().size();
    int64_t parameters = 0;
    for (const model::Parameter& parameter : model::parameters(*session_->objective().networks()[0].network))
      parameters += parameter.tensor.numel();
    result["parameters"] = parameters;
    result["batches"] = batch_statistics(corpus_, loader_, job_.train.sequence_length, kReportBatches);
    for (const NamedNetwork& named : session_->objective().networks()) {
      base::PartialFolder folder(job_.output / named.folder);
      model::save_pretrained(*named.network, folder.path(),
                             {{"lmkor_shards_vocab_sha256", corpus_.shards().vocab_sha256()}});
      hub::copy_tokenizer_files(corpus_.shards().tokenizer_folder(), folder.path());
      folder.commit();
    }
    write_run_report(job_.output / "report.html", job_, log_->lines(), result);
    return result;
  }

  const PretrainJob& job_;
  const Corpus corpus_;
  const model::Config config_;
  const Loader loader_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<MetricsLog> log_;
  StepBatch validation_;            // no parts where no documents are held out
  Json held_out_ = Json::object();  // figures for the next line
  Measures measures_;
  uint64_t steps_ = 0, step_ = 0, resumed_at_ = 0, tokens_ = 0, logged_tokens_ = 0;
  double seconds_ = 0, seconds_before_ = 0, logged_seconds_ = 0;
  base::Stopwatch clock_;
};

}  // namespace

Json pretrain(const PretrainJob& job) { return Run(job).run(); }

}  // namespace lmkor::train
