// lmkor predict: the label of each line, or of two texts divided by a tab.
#include "lmkor/infer/classify.h"

#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"

namespace lmkor::cli {
namespace {

struct Options {
  InferOptions common;
  bool pairs = false;
  bool logits = false;

  void fields(config::Fields& f) {
    f.include(common);
    f.add("pairs", pairs, "a line holds two texts divided by a tab");
    f.add("logits", logits, "raw logits where a score is a probability");
  }
};

}  // namespace

int run_predict(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const infer::Model model = load_model(call, options.common);
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<infer::TextPair> texts;
    std::string fault;  // of the line behind them
    for (const std::string_view line : lines) {
      if (!options.pairs) {
        texts.push_back({line});
        continue;
      }
      const auto columns = 1 + std::count(line.begin(), line.end(), '\t');
      if (columns != 2) {
        fault = base::str("got ", columns, " columns, expected 2 texts divided by a tab (--pairs)");
        break;
      }
      texts.push_back({line.substr(0, line.find('\t')), line.substr(line.find('\t') + 1)});
    }
    std::vector<LineResult> out;
    for (const infer::Prediction& result : infer::classify(model, texts, options.logits)) {
      out.push_back({.json = infer::to_json(result), .cut = result.cut});
    }
    if (!fault.empty()) out.push_back({.fault = fault});
    return out;
  });
  return 0;
}

}  // namespace lmkor::cli
