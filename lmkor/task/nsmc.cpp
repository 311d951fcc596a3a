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
                   .label = label_index(task, row.cells[2], file, row.line)});
  }
  return out;
}

}  // namespace

Task nsmc() {
  return {.name = "nsmc",
          .summary = "sentiment of film reviews",
          .kind = Kind::kClass,
          .labels = {"0", "1"},
          .metrics = {"accuracy"},
          .official = {.train = 150'000, .test = 50'000},
          .files = {{{"train.tsv", "ratings_train.txt"}, {"dev.tsv"}, {"test.tsv", "ratings_test.txt"}}},
          .read = read};
}

}  // namespace lmkor::task
