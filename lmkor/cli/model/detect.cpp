// lmkor detect: which tokens and words of each line the discriminator takes for replaced.
#include "lmkor/infer/detect.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"

namespace lmkor::cli {
namespace {

struct Options {
  InferOptions common;
  bool logits = false;

  void fields(config::Fields& f) {
    f.include(common);
    f.add("logits", logits, "raw logits where a score is a probability");
  }
};

}  // namespace

int run_detect(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const infer::Model model = load_model(call, options.common);
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<LineResult> out;
    for (const infer::Detection& result : infer::detect(model, lines, options.logits)) {
      out.push_back({.json = infer::to_json(result), .windows = result.windows});
    }
    return out;
  });
  return 0;
}

}  // namespace lmkor::cli
