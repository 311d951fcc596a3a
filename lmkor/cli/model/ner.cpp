// lmkor ner: tags of the words of each line and the entities they make.
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"
#include "lmkor/infer/tag.h"

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

int run_ner(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const infer::Model model = load_model(call, options.common);
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<LineResult> out;
    for (const infer::Tagging& result : infer::tag(model, lines, options.logits)) {
      out.push_back({.json = infer::to_json(result), .windows = result.windows});
    }
    return out;
  });
  return 0;
}

}  // namespace lmkor::cli
