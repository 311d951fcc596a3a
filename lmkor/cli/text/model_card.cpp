// lmkor model card: the README.md of a model.
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/hub/card.h"

namespace lmkor::cli {
namespace {

struct Options {
  std::string model, output, run;
  std::vector<std::string> results;
  hub::CardOptions card;

  void fields(config::Fields& f) {
    f.add("model", model, "model folder, run, or hub name that is in the cache", config::required());
    f.add("output", output, "file to write; empty: the model's README.md");
    f.add("name", card.name, "name of the model, as in ORG/NAME; empty: its folder's");
    f.add("license", card.license, "licence of the weights, by its name on the hub");
    f.add("datasets", card.datasets, "what it was trained on");
    f.add("base_model", card.base_model, "model that it was trained on from");
    f.add("compute", card.compute, "on what it was trained, and whom to thank");
    f.add("run", run, "pretraining run; empty: the folder above the model");
    f.add("results", results, "fine-tuning runs, or their results.json");
  }
};

}  // namespace

int run_model_card(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const auto dir = hub::find_model(options.model);
  options.card.run = options.run;
  options.card.results.assign(options.results.begin(), options.results.end());
  const std::filesystem::path output =
      options.output.empty() ? dir / "README.md" : std::filesystem::path(options.output);
  call.check_output(output);
  base::write_file_atomic(output, hub::model_card(dir, options.card));
  call.result({{"output", output.string()}}, output.string() + "\n");
  return 0;
}

}  // namespace lmkor::cli
