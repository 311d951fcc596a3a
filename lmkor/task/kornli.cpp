// KorNLI (github.com/kakaobrain/KorNLUDatasets): what a premise says of a hypothesis.
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<Example> read(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  for (TsvRow& row : read_tsv(file, {"sentence1", "sentence2", "gold_label"})) {
    out.push_back({.id = base::str(row.line),
                   .text = std::move(row.cells[0]),
                   .second_text = std::move(row.cells[1]),
                   .label = label_index(task, row.cells[2], file, row.line)});
  }
  return out;
}

}  // namespace

Task kornli() {
  return {.name = "kornli",
          .summary = "inference between sentences",
          .kind = Kind::kClass,
          .labels = {"contradiction", "entailment", "neutral"},
          .metrics = {"accuracy"},
          .pair = true,
          .official = {.train = 392'702, .dev = 2'490, .test = 5'010},
          .files = {{{"train.tsv", "multinli.train.ko.tsv"},
                     {"dev.tsv", "xnli.dev.ko.tsv"},
                     {"test.tsv", "xnli.test.ko.tsv"}}},
          .read = read};
}

}  // namespace lmkor::task
