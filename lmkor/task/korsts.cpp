// KorSTS (github.com/kakaobrain/KorNLUDatasets): how alike two sentences are, from 0 to 5.
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<Example> read(const std::filesystem::path& file, const Task&) {
  std::vector<Example> out;
  for (TsvRow& row : read_tsv(file, {"id", "score", "sentence1", "sentence2"})) {
    out.push_back({.id = std::move(row.cells[0]),
                   .text = std::move(row.cells[2]),
                   .second_text = std::move(row.cells[3]),
                   .value = number(row.cells[1], "score", {0, 5}, file, row.line)});
  }
  return out;
}

}  // namespace

Task korsts() {
  return {.name = "korsts",
          .summary = "similarity of sentences",
          .kind = Kind::kScore,
          .metrics = {"spearman", "pearson"},
          .pair = true,
          .symmetric = true,
          .official = {.train = 5'749, .dev = 1'500, .test = 1'379},
          .files = {{{"train.tsv", "sts-train.tsv"}, {"dev.tsv", "sts-dev.tsv"}, {"test.tsv", "sts-test.tsv"}}},
          .read = read};
}

}  // namespace lmkor::task
