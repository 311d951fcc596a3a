// What the commands that use a model have in common: a line of text in, a line of JSON out, in order and as it comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/cli/command.h"
#include "lmkor/infer/model.h"

namespace lmkor::cli {

struct InferOptions {
  std::string model;
  std::vector<std::string> input;
  infer::Options infer;
  std::string invalid_utf8 = "replace";

  void fields(config::Fields& f);
};

// What became of a line.
struct LineResult {
  std::string json = {};   // empty: it has gone elsewhere
  std::string fault = {};  // why there is no answer; empty: there is one
  bool cut = false;        // the line was longer than the model takes
  size_t windows = 1;      // it was looked at through
};

// Loads the model that the options name, on the invocation's device and with its threads.
infer::Model load_model(const Invocation& call, const InferOptions& options);

using LineFunction = std::function<std::vector<LineResult>(const std::vector<std::string_view>& lines)>;
// Gives `answer` the lines of all inputs, some at a time, and prints what it makes of them. A line that has a fault
// ends the command with kData, naming file and line; lines before it are answered. Tells at the end how many lines were
// cut, or looked at through windows, and how much broken UTF-8 was replaced.
void answer_lines(const InferOptions& options, const LineFunction& answer);

}  // namespace lmkor::cli
