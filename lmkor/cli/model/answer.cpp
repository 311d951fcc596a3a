// lmkor answer: a line is a question and a context divided by a tab.
#include "lmkor/infer/answer.h"

#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"

namespace lmkor::cli {
namespace {

struct Options {
  InferOptions common;
  int64_t max_answer_tokens = 30;
  bool logits = false;

  void fields(config::Fields& f) {
    f.include(common);
    f.add("max_answer_tokens", max_answer_tokens, "tokens of an answer at most", config::at_least(1));
    f.add("logits", logits, "the sum of both logits where the score is a probability");
  }
};

}  // namespace

int run_answer(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const infer::Model model = load_model(call, options.common);
  const infer::AnswerOptions how = {.max_answer_tokens = options.max_answer_tokens, .logits = options.logits};
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<infer::Question> questions;
    std::string fault;  // of the line behind them
    for (const std::string_view line : lines) {
      const size_t tab = line.find('\t');
      if (tab == std::string_view::npos) {
        fault = "got no tab, expected a question and a context divided by one";
        break;
      }
      questions.push_back({line.substr(0, tab), line.substr(tab + 1)});
    }
    std::vector<LineResult> out;
    for (const infer::Answer& result : infer::answer(model, questions, how)) {
      out.push_back({.json = infer::to_json(result), .fault = result.fault, .windows = result.windows});
    }
    if (!fault.empty()) out.push_back({.fault = fault});
    return out;
  });
  return 0;
}

}  // namespace lmkor::cli
