// lmkor corpus train-categories: a model that tells the category of a document, for corpus build --categories.
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/category_train.h"

namespace lmkor::cli {

using base::str;

namespace {

struct Options {
  std::vector<std::string> input;
  std::string output;
  corpus::ReadOptions read;
  corpus::CategoryTrainOptions train;

  void fields(config::Fields& f) {
    f.positional("input", input, "corpus folders, files or patterns", config::required());
    f.add("output", output, "folder of the model", config::required());
    f.include(train);
    f.include(read);
  }
};

}  // namespace

int run_corpus_train_categories(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const auto files = corpus::list_text_inputs(options.input);
  OutputFolder folder(call, options.output);
  base::Json summary = corpus::train_categories(files, options.read, options.train,
                                                static_cast<uint64_t>(call.common.seed), call.threads(), folder.path());
  call.write_run_files(folder.path(), files, {});
  folder.commit();
  const base::Json& held_out = summary["held_out"];
  std::string text = str(options.output, ": ", summary["labels"].size(), " categories, macro F1 ",
                         base::fixed(held_out["macro_f1"].get<double>(), 4), ", accuracy ",
                         base::fixed(held_out["accuracy"].get<double>(), 4), " on ",
                         base::grouped(held_out["documents"].get<int64_t>()), " held-out documents\n");
  for (const auto& [label, counts] : summary["categories"].items())
    text += str("  ", label, ": ", base::grouped(counts["train"].get<int64_t>()), " documents\n");
  summary["output"] = options.output;
  call.result(summary, text);
  return 0;
}

}  // namespace lmkor::cli
