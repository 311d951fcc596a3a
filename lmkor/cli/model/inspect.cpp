// lmkor inspect: what an artefact is.
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/artefact.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/data/shard.h"

namespace lmkor::cli {

using base::Json;
using base::str;

namespace {

struct Options {
  std::string path;
  bool verify = false;

  void fields(config::Fields& f) {
    f.positional("path", path, "artefact: folder or file", config::required());
    f.add("verify", verify, "for shards: read everything and compare it with the manifest");
  }
};

}  // namespace

int run_inspect(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  Json result = explain_artefact(options.path, call.threads());
  std::string text = artefact_text(result);
  if (options.verify && result["kind"] != "shards") {
    throw base::Error(base::ErrorKind::kUsage,
                      str(options.path, ": --verify is for shards, got a ", result["kind"].get<std::string>()));
  }
  if (options.verify) {
    for (const auto split : {data::Split::kTrain, data::Split::kValidation})
      data::ShardSet::open(options.path, split).verify(call.threads());
    data::ShardSet::open(options.path).load_tokenizer();
    result["verified"] = true;
    text += "  verified      all hashes, ids and starts\n";
  }
  call.result(result, text);
  return 0;
}

}  // namespace lmkor::cli
