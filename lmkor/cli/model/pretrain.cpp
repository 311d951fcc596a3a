// lmkor pretrain: shards to a pretrained model.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/log.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/data/shard.h"
#include "lmkor/hub/cache.h"
#include "lmkor/train/distributed.h"
#include "lmkor/train/estimate.h"
#include "lmkor/train/precision.h"
#include "lmkor/train/trainer.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

constexpr double kMeasureSeconds = 20;

struct Options {
  std::vector<std::string> data;
  std::string output, init, extension;
  std::string resume = "auto";
  bool dry_run = false;
  int64_t profile = 0;
  Recipe recipe;

  void fields(config::Fields& f) {
    f.add("data", data,
          "shards, as lmkor shard makes them; several folders with their shares of what is read: --data new=0.7 "
          "--data old=0.3",
          config::required());
    f.add("output", output, "folder of the run; a run that was stopped there goes on", config::required());
    f.add("init", init, "model folder or run to start from instead of random weights; the model gives the shape");
    f.add(
        "extension", extension,
        "extension.json of lmkor vocab extend: the model's vocabulary was extended to that of the shards, and the new "
        "tokens' rows are set from their old pieces; train.extension_steps trains these rows alone first");
    f.add("resume", resume, "go on from the newest checkpoint in output: auto where there is one, never, required",
          config::one_of({"auto", "never", "required"}));
    f.add("dry_run", dry_run,
          "only say what the run would take: parameters, arithmetic, memory, steps, tokens, and hours by measuring the "
          "speed for 20 seconds; nothing is written");
    f.add("profile", profile,
          "steps to record, after the first few: output/profile holds a trace for ui.perfetto.dev and a table by "
          "operator",
          config::at_least(0));
    f.include(recipe);
  }
  void check(config::Faults& faults) const {
    if (recipe.train.steps == 0 && recipe.train.minutes <= 0) {
      faults.add("train.steps: got 0, expected at least 1, or train.minutes more than 0; give a recipe (--config)");
    }
    if (!extension.empty() && init.empty()) faults.add("extension: expected --init with the model to extend beside it");
    if (extension.empty() && recipe.train.extension_steps > 0)
      faults.add(str("train.extension_steps: got ", recipe.train.extension_steps, ", expected --extension beside it"));
  }
};

train::Resume resume_of(const std::string& name) {
  if (name == "never") return train::Resume::kNever;
  return name == "required" ? train::Resume::kRequired : train::Resume::kAuto;
}

// "FOLDER" or "FOLDER=WEIGHT". A folder whose name ends like a weight is meant where it exists.
train::DataShare share_of(const std::string& text) {
  const size_t at = text.rfind('=');
  if (at == std::string::npos || fs::exists(text)) return {text, 1};
  const char* end = text.data() + text.size();
  double weight = 0;
  const auto read = std::from_chars(text.data() + at + 1, end, weight);
  if (read.ec != std::errc() || read.ptr != end || !(weight > 0) || !std::isfinite(weight)) {
    throw base::Error(base::ErrorKind::kUsage, str("--data ", text, ": got the weight \"", text.substr(at + 1),
                                                   "\", expected a number more than 0: FOLDER=0.7"));
  }
  return {text.substr(0, at), weight};
}

// Processes of one machine share its processors where --threads does not say otherwise.
int threads_of(const Invocation& call, const train::World& world) {
  return call.common.threads > 0 ? call.threads() : std::max(1, call.threads() / world.local_size);
}

// What decides the data of a run, for its settings.
void add_data_settings(const std::vector<train::DataShare>& data, Json& settings) {
  for (size_t i = 0; i < data.size(); ++i) {
    const auto shards = data::ShardSet::open(data[i].folder);
    const std::string key = data.size() == 1 ? "data." : str("data.", i, ".");
    if (i == 0) settings["data.vocab_sha256"] = shards.vocab_sha256();
    settings[key + "tokens"] = shards.tokens();
    if (data.size() > 1) settings[key + "weight"] = data[i].weight;
  }
}

// A folder that holds anything but a run of pretraining is not written into.
void check_output(const Invocation& call, const Options& options) {
  const fs::path output = options.output;
  const bool is_run =
      fs::exists(output / "run.json") && base::read_json(output / "run.json").value("command", "") == "pretrain";
  const bool begins_again = options.resume == "never" || (options.resume == "auto" && call.common.force);
  if (!is_run || begins_again) call.claim_output(output);
}

std::string estimate_text(const Json& found) {
  const auto billions = [](const Json& value) { return base::fixed(value.get<double>() / 1e9, 3); };
  std::string memory;
  for (const auto& [name, bytes] : found["memory_bytes"].items()) {
    if (name != "all") memory += str(memory.empty() ? "" : ", ", name, " ", base::human_bytes(bytes.get<double>()));
  }
  char flop[32];
  std::snprintf(flop, sizeof flop, "%.3g", found["flop"].get<double>());
  return str(base::grouped(found["parameters"].get<int64_t>()), " parameters\n",
             base::grouped(found["steps"].get<int64_t>()), " steps, ", billions(found["tokens"]), " G tokens (",
             base::fixed(found["epochs"].get<double>(), 2), " times the data), ", flop, " FLOP\n", "memory: about ",
             base::human_bytes(found["memory_bytes"]["all"].get<double>()), ": ", memory, "\n",
             "here: ", base::grouped(std::llround(found["here"]["tokens_per_second"].get<double>())), " tokens/s, ",
             base::fixed(found["here"]["hours"].get<double>(), 1), " hours\n", "one H100 at ",
             base::fixed(found["h100"]["flops_per_second"].get<double>() / 1e12, 0),
             " TFLOP/s: ", base::fixed(found["h100"]["hours"].get<double>(), 2), " hours\n");
}

std::string summary(const std::string& output, const Json& result) {
  std::string text = str(output, ": step ", base::grouped(result["step"].get<int64_t>()), ", ",
                         base::grouped(result["tokens"].get<int64_t>()), " tokens in ",
                         base::human_seconds(result["seconds"].get<double>()));
  for (const char* key : {"loss", "masked_lm_loss", "disc_loss", "validation_loss"}) {
    if (result.contains(key)) text += str(", ", key, " ", base::fixed(result[key].get<double>(), 3));
  }
  return str(text, "\n  model: ", (fs::path(output) / "model").string(), "\n");
}

}  // namespace

int run_pretrain(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const train::World world = train::world_of([](const char* name) -> const char* { return std::getenv(name); });
  at::set_num_threads(threads_of(call, world));
  if (!world.is_first()) {  // rank 0 speaks for all, but for errors
    base::set_log(base::LogLevel::kSilent, base::log_color());
    base::set_progress_style(base::ProgressStyle::kNone);
  }
  const std::string device = train::device_of_rank(call.common.device, world);
  train::Processes processes(world, train::device_of(device));
  if (!options.dry_run && world.is_first()) check_output(call, options);

  train::PretrainJob job;
  job.processes = &processes;
  for (const std::string& text : options.data) job.data.push_back(share_of(text));
  job.output = options.output;
  job.resume = resume_of(options.resume);
  job.seed = static_cast<uint64_t>(call.common.seed);
  job.device = device;
  job.profile_steps = static_cast<uint64_t>(options.profile);
  job.train = options.recipe.train;
  job.generator = options.recipe.generator;
  job.config = options.recipe.model;
  if (!options.init.empty()) {
    job.init = hub::find_model(options.init);
    take_shape_of_init(job.init, call.fields(), job.config);
  }
  job.extension = options.extension;
  job.settings = deciding_settings(call.fields(), {"model.", "generator.", "train."}, {"seed", "init", "extension"});
  if (options.dry_run) {
    if (!world.is_first()) return 0;
    const Json found = train::estimate(job, kMeasureSeconds);
    call.result(found, estimate_text(found));
    return 0;
  }
  add_data_settings(job.data, job.settings);

  if (world.is_first()) {
    base::make_directories(job.output);
    std::vector<fs::path> parents;
    for (const train::DataShare& share : job.data) parents.push_back(share.folder);
    if (!job.init.empty()) parents.push_back(job.init);
    call.write_run_files(job.output, {}, parents, {{"world_size", world.size}});
  }
  processes.meet();  // the others read what lies there now
  Json result = train::pretrain(job);
  if (!world.is_first()) return 0;
  result["output"] = options.output;
  result["model"] = (job.output / "model").string();
  call.result(result, summary(options.output, result));
  return 0;
}

}  // namespace lmkor::cli
