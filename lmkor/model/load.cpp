#include "lmkor/model/load.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/cache.h"
#include "lmkor/model/weights.h"

namespace lmkor::model {

using base::Error;
using base::ErrorKind;
using base::str;

namespace {

// A pooler that nobody trained is left out of many a published encoder; its random values must reach nobody.
bool may_be_missing(const Network& network, const std::string& name) {
  return network.head == Head::kNone && name.find("pooler.") != std::string::npos;
}

}  // namespace

Model load(const std::string& path) {
  const std::filesystem::path dir = hub::find_model(path);
  const ConfigExtras extras = read_config_extras(dir);
  const hub::ModelInfo info = hub::read_model_info(dir);
  LoadedNetwork loaded = load_network(dir, info.head, info.num_labels, /*seed=*/1, {.read_only = true});
  std::string missing;
  for (const std::string& name : loaded.report.missing) {
    if (!may_be_missing(loaded.network, name)) missing += str("\n  ", name, ": missing");
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::kIncompatible,
                str(dir.string(), ": config.json says ", info.architecture, ", the weights lack its head", missing));
  }
  Model out{dir, std::move(loaded.network), tokenizer::Tokenizer::load(dir), extras.problem_type};
  if (out.tokenizer.size() > out.network.config.vocab_size) {
    throw Error(ErrorKind::kIncompatible,
                str(dir.string(), ": the tokenizer has ", out.tokenizer.size(), " tokens, the model a word table of ",
                    out.network.config.vocab_size, "; use the tokenizer that belongs to the model"));
  }
  return out;
}

}  // namespace lmkor::model
