// lmkor evaluate: the score of a fine-tuned model on a labelled file.
#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/task/finetune.h"
#include "lmkor/train/precision.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::string model, task, data, predictions;
  int64_t max_length = 128;
  std::string precision = "fp32";

  void fields(config::Fields& f) {
    f.add("model", model, "fine-tuned model folder or run", config::required());
    f.add("task", task, str("what it has learnt: ", base::join(task::task_names(), ", ")), config::required());
    f.add("data", data, "labelled file, in the task's columns", config::required());
    f.add("predictions", predictions, "file to write each prediction to, as JSON lines");
    f.add("max_length", max_length, "tokens of an input at most, the rest is cut", config::at_least(8));
    f.add("precision", precision, "type of matrices and activations", config::one_of(train::precision_names()));
  }
};

}  // namespace

int run_evaluate(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  at::set_num_threads(call.threads());
  const task::Task& task = task::find_task(options.task);
  if (fs::is_directory(options.data)) {
    throw base::Error(base::ErrorKind::kUsage,
                      str("--data: got the folder ", options.data, ", expected a file such as ",
                          (fs::path(options.data) / "test.tsv").string()));
  }
  if (!options.predictions.empty()) call.claim_output(options.predictions, "predictions");
  const base::Json result = task::evaluate({.task = task,
                                            .model = model_folder(options.model),
                                            .file = options.data,
                                            .max_length = options.max_length,
                                            .precision = options.precision,
                                            .device = call.common.device,
                                            .predictions = options.predictions});
  call.result(result, str(result["metric"].get<std::string>(), " ", base::fixed(result["score"].get<double>(), 4),
                          " of ", base::grouped(result["examples"].get<int64_t>()), " examples (sampling error ± ",
                          base::fixed(result["sampling_error"].get<double>(), 4), ")\n"));
  return 0;
}

}  // namespace lmkor::cli
