// NSMC, the Naver sentiment movie corpus (github.com/e9t/nsmc): is a film review positive (1) or negative (0)?
// Columns id, document, label. Some reviews are empty; they stay, because published accuracies count them.
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<Example> read(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  for (TsvRow& row : read_tsv(file, {"id", "document", "label"})) {
    out.push_back({.id = std::move(row.cells[0]),
                   .text = std::move(row.cells[1]),
                   .second_text = {},
                   .label = label_index(task, row.cells[2], file, row.line)});
  }
  return out;
}

}  // namespace

Task nsmc() {
  return {.name = "nsmc",
          .summary = "sentiment of film reviews",
          .metric = "accuracy",
          .head = model::Head::kSequence,
          .labels = {"0", "1"},
          .read = read};
}

}  // namespace lmkor::task
