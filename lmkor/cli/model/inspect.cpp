// lmkor inspect: what an artefact is.
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/artefact.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/recipe.h"
#include "lmkor/data/shard.h"
#include "lmkor/train/objective.h"
#include "lmkor/train/run_report.h"

namespace lmkor::cli {

using base::Json;
using base::str;

namespace {

struct Options {
  std::string path;
  bool verify = false;
  int64_t batches = 0;
  Recipe recipe;

  void fields(config::Fields& f) {
    f.positional("path", path, "artefact: folder or file", config::required());
    f.add("verify", verify, "for shards: read everything and compare it with the manifest");
    f.add(
        "batches", batches,
        "for shards: statistics of so many training batches as the recipe (--config) makes them: masking, whole words, "
        "lengths, padding",
        config::at_least(0));
    f.include(recipe);
  }
};

base::Json statistics(const Options& options, uint64_t seed) {
  const train::TrainOptions& train = options.recipe.train;
  const train::Corpus corpus({{options.path}}, data::Split::kTrain, train);
  const train::Loader loader(corpus, train, train::batch_form(options.recipe.model.family, train.pairs), seed,
                             static_cast<uint64_t>(train.steps));
  return train::batch_statistics(corpus, loader, train.sequence_length, static_cast<uint64_t>(options.batches));
}

std::string statistics_text(const Json& found) {
  const auto percent = [](const Json& share) { return str(base::fixed(100 * share.get<double>(), 2), " %"); };
  const Json& masking = found["masking"];
  return str("  batches       ", found["batches"].get<int64_t>(), " of ", found["tokens_per_batch"]["mean"].dump(),
             " tokens\n", "  predicted     ", percent(masking["share_of_tokens"]),
             " of the tokens: ", percent(masking["mask"]), " [MASK], ", percent(masking["random"]), " another piece, ",
             percent(masking["kept"]), " as they are\n", "  whole words   ",
             percent(found["whole_words"]["whole_share"]), " of the words with a predicted piece\n", "  padding       ",
             percent(found["padding"]["share"]), " (", percent(found["padding"]["share_if_sequences_were_padded"]),
             " if every sequence were filled up)\n");
}

}  // namespace

int run_inspect(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  Json result = explain_artefact(options.path, call.threads());
  std::string text = artefact_text(result);
  for (const auto& [flag, given] :
       {std::pair("--verify", options.verify), std::pair("--batches", options.batches > 0)}) {
    if (!given || result["kind"] == "shards") continue;
    throw base::Error(base::ErrorKind::kUsage,
                      str(options.path, ": ", flag, " is for shards, got a ", result["kind"].get<std::string>()));
  }
  if (options.verify) {
    for (const auto split : {data::Split::kTrain, data::Split::kValidation})
      data::ShardSet::open(options.path, split).verify(call.threads());
    data::ShardSet::open(options.path).load_tokenizer();
    result["verified"] = true;
    text += "  verified      all hashes, ids and starts\n";
  }
  if (options.batches > 0) {
    result["batches"] = statistics(options, static_cast<uint64_t>(call.common.seed));
    text += statistics_text(result["batches"]);
  }
  call.result(result, text);
  return 0;
}

}  // namespace lmkor::cli
