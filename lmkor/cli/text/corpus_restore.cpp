// lmkor corpus restore: gives removed text back.
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/restore.h"

namespace lmkor::cli {

using base::str;

namespace {

struct RestoreCall {
  std::string corpus, output;
  corpus::RestoreOptions restore;

  void fields(config::Fields& f) {
    f.positional("corpus", corpus, "folder of the corpus", config::required());
    f.add("output", output, "file of records, .jsonl.zst or .jsonl", config::required());
    f.add("reason", restore.reasons, "what was removed for these reasons; none: for any");
    f.add("from", restore.sources, "what came from these sources; none: from any");
  }
};

}  // namespace

int run_corpus_restore(Invocation& call) {
  RestoreCall options;
  if (!call.parse(options)) return 0;
  call.check_output(options.output);
  const auto counts = corpus::restore(options.corpus, options.restore, options.output);
  base::Json object = {{"output", options.output}, {"records", base::Json::object()}};
  std::string text;
  for (const auto& [reason, count] : counts) {
    object["records"][reason] = count;
    text += str(reason, ": ", base::grouped(static_cast<long long>(count)), " records\n");
  }
  call.result(object, text + options.output + "\n");
  return 0;
}

}  // namespace lmkor::cli
