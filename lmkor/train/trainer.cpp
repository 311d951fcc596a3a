#include "lmkor/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <csignal>

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
#include "lmkor/train/estimate.h"
#include "lmkor/train/event_file.h"
#include "lmkor/train/held_out.h"
#include "lmkor/train/metrics_log.h"
#include "lmkor/train/precision.h"
#include "lmkor/train/profile.h"
#include "lmkor/train/run_report.h"
#include "lmkor/train/session.h"
#include "lmkor/train/start.h"
#include "lmkor/train/watchdog.h"

namespace lmkor::train {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

constexpr uint64_t kReportBatches = 20;
constexpr uint64_t kProfileAfter = 3;  // steps, in which kernels are compiled for the shapes of batches
constexpr size_t kProfileRows = 25;

class Run {
 public:
  explicit Run(const PretrainJob& job)
      : job_(job),
        processes_(job.processes != nullptr ? *job.processes : alone_),
        corpus_(job.data, data::Split::kTrain, job.train),
        config_(network_config(job, corpus_)),
        form_(batch_form(config_.family, job.train.pairs)),
        loader_(corpus_, job.train, form_, job.seed, static_cast<uint64_t>(job.train.steps),
                {processes_.world().rank, processes_.size()}),
        token_counts_(corpus_.token_counts()),
        writer_(job.output, {job.train.keep_checkpoints, job.train.keep_every_steps}) {
    if (!job.extension.empty()) extension_ = read_extension(job.extension);
    if (!job.init.empty()) require_vocabulary_of_init();
    const auto checkpoint = checkpoint_to_resume();
    const Json state = checkpoint ? read_checkpoint_state(*checkpoint) : Json();
    const base::Stopwatch clock;
    session_ = std::make_unique<Session>(job, config_, extension_ ? &*extension_ : nullptr);
    if (!checkpoint && job.init.empty()) start_from_statistics();
    steps_ = checkpoint ? state.at("steps").get<uint64_t>()
             : job.train.steps > 0
                 ? static_cast<uint64_t>(job.train.steps)
                 : std::stoull(processes_.of_first(str(steps_for_minutes(job, config_, loader_, clock.seconds()))));
    all_steps_ = steps_ + static_cast<uint64_t>(job.train.more_steps);
    schedule_ = std::make_unique<Schedule>(job.train.schedule, config_.family, job.train.main_steps(steps_),
                                           static_cast<uint64_t>(job.train.more_steps));
    watchdog_ = std::make_unique<Watchdog>(WatchedRun{.family = config_.family,
                                                      .steps = steps_,
                                                      .warmup_steps = schedule_->warmup_steps(),
                                                      .learning_rate = job.train.schedule.learning_rate,
                                                      .highest_rate = schedule_->highest(),
                                                      .unigram_entropy = unigram_entropy(token_counts_)});
    if (checkpoint) restore(*checkpoint, state);
    held_out_ = std::make_unique<HeldOut>(job, form_, processes_);
    if (session_->device().is_cpu()) {
      peak_flops_ = processes_.size() * measured_peak_flops(compute_type(job.train.precision));
    }
    if (!processes_.is_first()) return;
    log_ = std::make_unique<MetricsLog>(job.output / "metrics.jsonl", step_);
    events_ = std::make_unique<EventFile>(job.output, log_->lines(), seconds_);
  }

  Json run() {
    const auto batches = loader_.stream(step_, all_steps_);
    base::Progress progress("pretrain", "steps", all_steps_, step_);
    clock_ = since_checkpoint_ = {};
    seconds_before_ = logged_seconds_ = seconds_;
    logged_tokens_ = tokens_;
    if (step_ == 0) look_before_the_first_step();
    while (step_ < all_steps_) {
      profile();
      const StepBatch batch = next(*batches);
      const Measures before = measures_;
      const double rate = rate_at(step_);
      const at::Tensor norm = session_->update(batch, rate, measures_);
      if (session_->device().is_cpu() && !std::isfinite(norm.item<double>())) skip_or_throw(step_, norm, before);
      ++step_;
      tokens_ += batch.tokens;
      flop_ += flop_of(batch);
      if (validation_is_due()) figures_ = held_out_->figures(*session_);
      if (due(job_.train.log_every_steps)) log(rate, norm, progress);
      if (is_stopped()) stop();
      if (checkpoint_is_due()) save();
    }
    profile();
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
    if (job_.train.bias_from_frequencies) start_from_frequencies(session_->objective(), token_counts_);
    if (job_.train.embeddings_from_cooccurrence) {
      base::log_info("reading token embeddings from which tokens meet");
      const auto information = data::positive_mutual_information(
          corpus_.shards(), corpus_.kinds(), {.max_document_tokens = job_.train.max_document_tokens},
          at::get_num_threads());
      start_from_cooccurrence(session_->objective(), information, config_.initializer_range, job_.seed);
    }
  }

  void require_vocabulary_of_init() const {
    const std::string has = tokenizer::Tokenizer::load(job_.init).vocab_sha256();
    const std::string init = str("--init ", job_.init.string());
    if (!extension_) {
      corpus_.shards().require_vocabulary(has, init);
      return;
    }
    const std::string extension = str("--extension ", job_.extension.string());
    if (has != extension_->vocab_sha256_before) {
      throw Error(ErrorKind::kIncompatible,
                  str(init, ": its vocabulary is not the one that was extended: got vocab_sha256 ", has, ", expected ",
                      extension_->vocab_sha256_before, " of ", extension,
                      has == extension_->vocab_sha256 ? "; this model has the new tokens already: leave --extension out"
                                                      : "; give the model whose tokenizer vocab extend was given"));
    }
    corpus_.shards().require_vocabulary(extension_->vocab_sha256, extension);
  }

  std::optional<fs::path> checkpoint_to_resume() const {
    if (job_.resume == Resume::kNever) return std::nullopt;
    // Looking for it clears remains away, which is for one process.
    const auto found = processes_.is_first() ? newest_checkpoint(job_.output) : std::nullopt;
    const std::string path = processes_.of_first(found ? found->string() : "");
    const auto checkpoint = path.empty() ? std::nullopt : std::optional<fs::path>(path);
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

  void restore(const fs::path& checkpoint, const Json& state) {
    load_checkpoint(checkpoint, session_->tensors());
    session_->restore_counters(state.at("counters"));
    step_ = resumed_at_ = state.at("step").get<uint64_t>();
    tokens_ = state.at("tokens").get<uint64_t>();
    seconds_ = state.at("seconds").get<double>();
    if (processes_.is_first()) measures_.restore(state.at("measures"));
    figures_ = state.at("figures");
    skipped_ = state.at("skipped").get<int64_t>();
    findings_ = state.at("findings");
    watchdog_->restore(state.at("watchdog"));
    base::log_info(str("going on from ", checkpoint.string(), ", step ", step_, " of ", all_steps_));
  }

  // Begins and ends the record that is asked for, a few steps after this process began.
  void profile() {
    const uint64_t done = step_ - resumed_at_;
    if (job_.profile_steps > 0 && processes_.is_first() && done == kProfileAfter)
      profile_ = std::make_unique<Profile>();
    if (!profile_ || (done < kProfileAfter + job_.profile_steps && step_ < all_steps_)) return;
    profile_->stop();
    const fs::path folder = job_.output / "profile";
    base::make_directories(folder);
    profile_->write_trace(folder / "trace.json");
    const std::string text = profile_->text(peak_flops_ / at::get_num_threads(), kProfileRows);
    base::write_file_atomic(folder / "operators.txt", text);
    base::log_info(str("profile of ", job_.profile_steps, " steps, the whole trace in ",
                       (folder / "trace.json").string(), "\n", text));
    profile_.reset();
  }

  double rate_at(uint64_t step) const {
    const auto first = static_cast<uint64_t>(job_.train.extension_steps);
    return step < first ? job_.train.extension_learning_rate : schedule_->at(step - first);
  }

  double flop_of(const StepBatch& batch) const {
    const auto tokens = static_cast<double>(batch.tokens);
    return tokens * flops_per_token(config_, job_.generator, tokens / static_cast<double>(batch.sequences),
                                    static_cast<double>(batch.predictions) / tokens);
  }

  StepBatch next(data::Prefetch<StepBatch>& batches) {
    const base::Stopwatch clock;
    StepBatch batch = batches.next();
    waited_seconds_ += clock.seconds();
    if (processes_.size() > 1) agree(batch);
    return batch;
  }

  // Makes the sums of `batch` those of all processes, who also tell each other what only one of them may know: that it
  // was asked to stop, and that a checkpoint is due by rank 0's clock. Both then happen after this step on all.
  void agree(StepBatch& batch) {
    std::vector<double> sums;
    uint64_t* const counts[] = {&batch.tokens, &batch.predictions, &batch.pairs, &batch.sequences};
    for (const uint64_t* count : counts) sums.push_back(static_cast<double>(*count));
    sums.push_back(base::interrupted() != 0);
    sums.push_back(processes_.is_first() && minutes_are_over());
    processes_.sum(sums);
    for (size_t i = 0; i < std::size(counts); ++i) *counts[i] = static_cast<uint64_t>(sums[i]);
    stop_is_agreed_ = sums[std::size(counts)] > 0;
    save_is_agreed_ = sums.back() > 0;
    if (stop_is_agreed_ && base::interrupted() == 0) base::set_interrupted(SIGTERM);
  }

  bool is_stopped() const { return processes_.size() > 1 ? stop_is_agreed_ : base::interrupted() != 0; }

  bool due(int64_t every) const { return step_ % static_cast<uint64_t>(every) == 0 || step_ == all_steps_; }

  bool validation_is_due() const {
    return step_ == all_steps_ || (job_.train.validate_every_steps > 0 && due(job_.train.validate_every_steps));
  }

  bool minutes_are_over() const {
    const double minutes = job_.train.checkpoint_every_minutes;
    return minutes > 0 && since_checkpoint_.seconds() >= 60 * minutes;
  }

  bool checkpoint_is_due() const {
    return due(job_.train.checkpoint_every_steps) || (processes_.size() > 1 ? save_is_agreed_ : minutes_are_over());
  }

  void look_before_the_first_step() {
    tell(watchdog_->look_at_settings());
    if (job_.init.empty() || held_out_->empty()) return;
    Json line = {{"step", 0}, {"tokens", 0}, {"seconds", 0.0}};
    line.update(held_out_->figures(*session_));
    append(line);
  }

  void tell(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      base::log_warning(str("step ", finding.step, ": ", finding.text));
      findings_.push_back({{"step", finding.step}, {"kind", finding.kind}, {"text", finding.text}});
    }
  }

  void append(const Json& line) {
    if (!processes_.is_first()) return;
    log_->append(line);
    events_->append(line);
  }

  std::string not_finite_text(uint64_t step, const at::Tensor& norm) {
    const Session::NotFinite names = session_->not_finite();
    const auto& where = names.gradients.empty() ? names.parameters : names.gradients;
    return str("step ", step + 1, ": the gradients are not finite (norm ", norm.item<double>(),
               where.empty() ? "" : str("; first in ", base::join(where, ", ")), "; batch: ", loader_.rows_text(step),
               ")");
  }

  // A batch whose gradients are not finite is left out where the options allow it and the parameters are sound.
  void skip_or_throw(uint64_t step, const at::Tensor& norm, const Measures& before) {
    const std::string text = not_finite_text(step, norm);
    if (skipped_ < job_.train.skip_not_finite && session_->not_finite().parameters.empty()) {
      ++skipped_;
      session_->drop_gradients();
      measures_ = before;
      tell({{step + 1, "not_finite",
             str(text, "; left out, the ", skipped_, ". of at most ", job_.train.skip_not_finite,
                 " (train.skip_not_finite)")}});
      return;
    }
    writer_.wait();
    const auto checkpoint = processes_.is_first() ? newest_checkpoint(job_.output) : std::nullopt;
    throw Error(ErrorKind::kNumeric,
                str(text, "; ",
                    checkpoint ? str("the state before is in ", checkpoint->string()) : "no checkpoint was written yet",
                    ". Lower train.learning_rate, warm up longer (train.warmup_steps), or use train.precision fp32; "
                    "train.skip_not_finite leaves single batches out"));
  }

  void log(double rate, const at::Tensor& norm, base::Progress& progress) {
    const double norm_value = norm.item<double>();
    if (!session_->device().is_cpu() && !std::isfinite(norm_value)) skip_or_throw(step_ - 1, norm, measures_);
    seconds_ = seconds_before_ + clock_.seconds();
    Json line = {{"step", step_}, {"tokens", tokens_}, {"seconds", seconds_}};
    std::vector<std::pair<std::string, std::string>> shown;
    for (const auto& [name, value] : of_all(measures_, processes_).means()) {
      line[name] = value;
      if (name == "loss") shown.emplace_back(name, base::fixed(value, 3));
    }
    measures_.clear();
    line["lr"] = rate;
    if (std::isfinite(norm_value)) line["gradient_norm"] = norm_value;
    const double passed = std::max(1e-9, seconds_ - logged_seconds_);
    const double speed = static_cast<double>(tokens_ - logged_tokens_) / passed;
    line["tokens_per_second"] = speed;
    line["flops_per_second"] = flop_ / passed;
    if (peak_flops_ > 0) line["utilisation"] = flop_ / passed / peak_flops_;
    line["waiting_share"] = std::min(1.0, waited_seconds_ / passed);
    line["epoch"] = loader_.epochs(step_);
    line.update(figures_);
    figures_ = Json::object();
    logged_tokens_ = tokens_;
    logged_seconds_ = seconds_;
    waited_seconds_ = flop_ = 0;
    append(line);
    tell(watchdog_->look(line));
    shown.emplace_back("tokens/s", base::grouped(std::llround(speed)));
    if (peak_flops_ > 0) shown.emplace_back("of peak", base::fixed(100 * line["utilisation"].get<double>(), 0) + " %");
    progress.update(step_, shown);
  }

  void save() {
    seconds_ = seconds_before_ + clock_.seconds();
    since_checkpoint_ = {};
    const Measures measures = of_all(measures_, processes_);
    if (!processes_.is_first()) return;
    const std::vector<NamedTensor> tensors = session_->tensors();
    uint64_t bytes = 0;
    for (const NamedTensor& named : tensors) bytes += static_cast<uint64_t>(named.tensor.numel()) * sizeof(float);
    std::error_code ignored;
    const std::string fault = disk_fault(fs::space(job_.output, ignored).available, bytes);
    if (!fault.empty() && !disk_told_) tell({{step_, "disk_nearly_full", fault}});
    disk_told_ = !fault.empty();
    writer_.save({{"step", step_},
                  {"steps", steps_},
                  {"counters", session_->counters()},
                  {"tokens", tokens_},
                  {"seconds", seconds_},
                  {"measures", measures.state()},
                  {"figures", figures_},
                  {"skipped", skipped_},
                  {"findings", findings_},
                  {"watchdog", watchdog_->state()},
                  {"settings", job_.settings}},
                 tensors);
  }

  [[noreturn]] void stop() {
    save();
    const std::string failure = writer_.wait();
    processes_.meet();  // one that ends before rank 0 has saved would have it killed
    const std::string begin = str("stopped after step ", step_, " of ", all_steps_, "; ");
    if (!failure.empty()) {
      throw Error(ErrorKind::kOutput, str(begin, "its state could not be written: ", failure));
    }
    throw Error(ErrorKind::kInterrupted,
                str(begin, "the state is in ", job_.output.string(), ", and the same command goes on from there"));
  }

  Json finish() {
    if (!processes_.is_first()) return {{"step", step_}};
    writer_.wait();
    session_->take_average();
    Json result = log_->lines().empty() ? Json{{"step", step_}} : log_->lines().back();
    result["steps"] = all_steps_;
    result["resumed_at_step"] = resumed_at_;
    result["unigram_entropy"] = unigram_entropy(token_counts_);
    result["rows"] = loader_.rows();
    int64_t parameters = 0;
    for (const model::Parameter& parameter : model::parameters(*session_->objective().networks()[0].network))
      parameters += parameter.tensor.numel();
    result["parameters"] = parameters;
    result["findings"] = findings_;
    result["batches"] = batch_statistics(corpus_, loader_, job_.train.sequence_length, kReportBatches);
    for (const NamedNetwork& named : session_->objective().networks()) {
      base::PartialFolder folder(job_.output / named.folder);
      model::save_pretrained(*named.network, folder.path(),
                             {{"lmkor_shards_vocab_sha256", corpus_.shards().vocab_sha256()}});
      hub::copy_tokenizer_files(corpus_.shards().tokenizer_folder(), folder.path());
      if (extension_) base::write_file_atomic(folder.path() / "extension.json", base::read_file(job_.extension));
      folder.commit();
    }
    write_run_report(job_.output / "report.html", job_, log_->lines(), result);
    return result;
  }

  const PretrainJob& job_;
  Processes alone_;
  Processes& processes_;
  const Corpus corpus_;
  const model::Config config_;
  const BatchForm form_;
  const Loader loader_;
  const std::vector<uint64_t> token_counts_;
  std::optional<Extension> extension_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Watchdog> watchdog_;
  std::unique_ptr<MetricsLog> log_;
  std::unique_ptr<EventFile> events_;
  CheckpointWriter writer_;
  std::unique_ptr<Profile> profile_;  // while it records
  std::unique_ptr<HeldOut> held_out_;
  Json figures_ = Json::object();  // of held-out rows, for the next line
  Json findings_ = Json::array();
  Measures measures_;
  uint64_t steps_ = 0, all_steps_ = 0;  // those of the recipe, and with more_steps
  uint64_t step_ = 0, resumed_at_ = 0, tokens_ = 0, logged_tokens_ = 0;
  int64_t skipped_ = 0;
  bool disk_told_ = false;
  bool stop_is_agreed_ = false, save_is_agreed_ = false;       // among several processes, for after this step
  double seconds_ = 0, seconds_before_ = 0;                    // of training; when this process began
  double logged_seconds_ = 0, waited_seconds_ = 0, flop_ = 0;  // at the last line; since it
  double peak_flops_ = 0;                                      // of this processor; 0 where another device computes
  base::Stopwatch clock_, since_checkpoint_;
};

}  // namespace

Json pretrain(const PretrainJob& job) { return Run(job).run(); }

}  // namespace lmkor::train
