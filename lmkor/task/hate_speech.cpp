// Korean Hate Speech (github.com/kocohub/korean-hate-speech): is a comment under a news article hateful, offensive or
// neither; and which social bias it shows. The title of the article is in the file and, as in published work, not used.
// The labels of the official test file are not public, so its dev file is what everybody scores.
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

Task row(std::string name, std::string summary, std::vector<std::string> labels, const char* column) {
  const auto read = [column](const std::filesystem::path& file, const Task& task) {
    std::vector<Example> out;
    for (TsvRow& row : read_tsv(file, {"comment", column})) {
      out.push_back({.id = base::str(row.line),
                     .text = std::move(row.cells[0]),
                     .label = label_index(task, row.cells[1], file, row.line)});
    }
    return out;
  };
  return {.name = std::move(name),
          .summary = std::move(summary),
          .kind = Kind::kClass,
          .labels = std::move(labels),
          .metrics = {"macro_f1", "accuracy"},
          .official = {.train = 7'896, .test = 471},
          .files = {{{"train.tsv"}, {"dev.tsv"}, {"test.tsv", "val.tsv"}}},
          .folder = "hate-speech",
          .read = read};
}

}  // namespace

Task hate_speech() { return row("hate-speech", "hate in news comments", {"none", "offensive", "hate"}, "hate"); }

Task hate_speech_bias() {
  return row("hate-speech-bias", "social bias in news comments", {"none", "gender", "others"}, "bias");
}

}  // namespace lmkor::task
