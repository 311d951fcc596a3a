// lmkor pretrain: shards to a pretrained model.
#include <ATen/Parallel.h>

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/data/shard.h"
#include "lmkor/train/trainer.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct Options {
  std::string data, output, init;
  std::string resume = "auto";
  Recipe recipe;

  void fields(config::Fields& f) {
    f.add("data", data, "shards, as lmkor shard makes them", config::required());
    f.add("output", output, "folder of the run; a run that was stopped there goes on", config::required());
    f.add("init", init, "model folder or run to start from instead of random weights; the model gives the shape");
    f.add("resume", resume, "go on from the newest checkpoint in output: auto where there is one, never, required",
          config::one_of({"auto", "never", "required"}));
    f.include(recipe);
  }
  void check(config::Faults& faults) const {
    if (recipe.train.steps == 0 && recipe.train.minutes <= 0) {
      faults.add("train.steps: got 0, expected at least 1, or train.minutes more than 0; give a recipe (--config)");
    }
  }
};

train::Resume resume_of(const std::string& name) {
  if (name == "never") return train::Resume::kNever;
  return name == "required" ? train::Resume::kRequired : train::Resume::kAuto;
}

// A folder that holds anything but a run of pretraining is not written into.
void check_output(const Invocation& call, const Options& options) {
  const fs::path output = options.output;
  const bool is_run =
      fs::exists(output / "run.json") && base::read_json(output / "run.json").value("command", "") == "pretrain";
  const bool begins_again = options.resume == "never" || (options.resume == "auto" && call.common.force);
  if (!is_run || begins_again) call.claim_output(output);
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
  at::set_num_threads(call.threads());
  check_output(call, options);

  train::PretrainJob job;
  job.data = options.data;
  job.output = options.output;
  job.resume = resume_of(options.resume);
  job.seed = static_cast<uint64_t>(call.common.seed);
  job.device = call.common.device;
  job.train = options.recipe.train;
  job.generator = options.recipe.generator;
  job.config = options.recipe.model;
  if (!options.init.empty()) {
    job.init = model_folder(options.init);
    take_shape_of_init(job.init, call.fields(), job.config);
  }
  job.settings = deciding_settings(call.fields(), {"model.", "generator.", "train."}, {"seed", "init"});
  const auto shards = data::ShardSet::open(job.data);
  job.settings["data.vocab_sha256"] = shards.vocab_sha256();
  job.settings["data.tokens"] = shards.tokens();

  base::make_directories(job.output);
  std::vector<fs::path> parents = {job.data};
  if (!job.init.empty()) parents.push_back(job.init);
  call.write_run_files(job.output, {}, parents);
  Json result = train::pretrain(job);
  result["output"] = options.output;
  result["model"] = (job.output / "model").string();
  call.result(result, summary(options.output, result));
  return 0;
}

}  // namespace lmkor::cli
