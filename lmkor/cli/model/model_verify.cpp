// lmkor model verify: whether a model folder is what those who load it expect. Exit 1 with a list if not.
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/hub/verify.h"
#include "lmkor/model/trial.h"

namespace lmkor::cli {
namespace {

using base::Json;
using base::str;

constexpr int kCheckFailed = 1;

struct Options {
  std::string model;

  void fields(config::Fields& f) {
    f.positional("model", model, "model folder, run, or hub name that is in the cache", config::required());
  }
};

}  // namespace

int run_model_verify(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const auto dir = hub::find_source(options.model);
  hub::Verified verified = hub::verify_folder(dir);
  // What does not fit together cannot run.
  if (verified.findings.empty()) {
    const std::string fault = model::try_forward_pass(dir);
    if (!fault.empty()) verified.findings.push_back({"forward pass", fault});
  }
  Json findings = Json::array();
  std::string text;
  for (const hub::Finding& finding : verified.findings) {
    findings.push_back({{"file", finding.file}, {"text", finding.text}});
    text += str(finding.file, ": ", finding.text, "\n");
  }
  Json result = {{"model", dir.string()}, {"ok", findings.empty()}, {"findings", findings}};
  if (verified.facts.is_object()) result.update(verified.facts);
  if (findings.empty()) {
    text = str(dir.string(), ": ", verified.facts["architecture"].get<std::string>(), ", nothing is wrong (",
               base::grouped(verified.facts["parameters"].get<int64_t>()), " parameters in ",
               base::join(verified.facts["containers"].get<std::vector<std::string>>(), ", "), ")\n");
  }
  call.result(result, text);
  return findings.empty() ? 0 : kCheckFailed;
}

}  // namespace lmkor::cli
