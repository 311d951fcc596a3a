// lmkor encode: the vector of each line, or those of its tokens, as JSON lines, .npy or safetensors.
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/cli/model/infer_lines.h"
#include "lmkor/infer/embed.h"
#include "lmkor/infer/vector_file.h"

namespace lmkor::cli {
namespace {

struct Options {
  InferOptions common;
  std::string pooling = "cls";
  std::string format = "jsonl";
  std::string output;

  void fields(config::Fields& f) {
    f.include(common);
    f.add("pooling", pooling,
          "the vector of a text: at [CLS] or the mean; none: those of its tokens, layers: these in every layer",
          config::one_of(infer::pooling_names()));
    f.add("format", format, "how vectors are written", config::one_of({"jsonl", "npy", "safetensors"}));
    f.add("output", output, "file for npy and safetensors; JSON lines go to standard output");
  }
  void check(config::Faults& faults) const {
    const bool file = format != "jsonl";
    if (file && output.empty()) faults.add("output: got none, expected a file for --format " + format);
    if (!file && !output.empty()) faults.add("output: got a file, expected --format npy or safetensors with it");
    if (format == "npy" && pooling != "cls" && pooling != "mean") {
      faults.add("format: got npy for --pooling " + pooling +
                 ", expected safetensors or jsonl, which hold texts of different lengths");
    }
  }
};

}  // namespace

int run_encode(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  std::optional<infer::VectorFile> file;
  if (!options.output.empty()) {
    call.claim_output(options.output);
    file.emplace(options.output,
                 options.format == "npy" ? infer::VectorFormat::kNpy : infer::VectorFormat::kSafetensors);
  }
  const infer::Model model = load_model(call, options.common);
  const infer::Pooling pooling = infer::pooling_of(options.pooling);
  answer_lines(options.common, [&](const std::vector<std::string_view>& lines) {
    std::vector<LineResult> out;
    for (const infer::Embedding& result : infer::embed(model, lines, pooling)) {
      out.push_back({.cut = result.cut});
      if (file) {
        file->add(result);
      } else {
        out.back().json = infer::to_json(result);
      }
    }
    return out;
  });
  if (file) file->commit();
  return 0;
}

}  // namespace lmkor::cli
