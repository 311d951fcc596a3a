// lmkor fill-mask: what a masked language model would write in place of each [MASK].
#include "lmkor/infer/fill_mask.h"

#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"

namespace lmkor::cli {
namespace {

struct Options {
  InferOptions common;
  int64_t top = 5;
  bool logits = false;

  void fields(config::Fields& f) {
    f.include(common);
    f.add("top", top, "candidates for a mask", config::at_least(1));
    f.add("logits", logits, "raw logits where a score is a probability");
  }
};

}  // namespace

int run_fill_mask(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const infer::Model model = load_model(call, options.common);
  const infer::FillMaskOptions how = {.top = static_cast<size_t>(options.top), .logits = options.logits};
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<LineResult> out;
    for (const infer::FilledMasks& result : infer::fill_mask(model, lines, how)) {
      out.push_back({.json = infer::to_json(result), .fault = result.fault, .cut = result.cut});
    }
    return out;
  });
  return 0;
}

}  // namespace lmkor::cli
