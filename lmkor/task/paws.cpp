// PAWS-X in Korean (github.com/google-research-datasets/paws): do two sentences of almost the same words mean the same
// (1) or not (0)? Some published rows have an empty side or "NS" for a sentence; they stay.
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<Example> read(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  for (TsvRow& row : read_tsv(file, {"id", "sentence1", "sentence2", "label"})) {
    out.push_back({.id = std::move(row.cells[0]),
                   .text = std::move(row.cells[1]),
                   .second_text = std::move(row.cells[2]),
                   .label = label_index(task, row.cells[3], file, row.line)});
  }
  return out;
}

}  // namespace

Task paws() {
  return {.name = "paws",
          .summary = "paraphrases with almost the same words",
          .kind = Kind::kClass,
          .labels = {"0", "1"},
          .metrics = {"accuracy"},
          .pair = true,
          .symmetric = true,
          .official = {.train = 49'401, .dev = 2'000, .test = 2'000},
          .files = {{{"train.tsv", "translated_train.tsv"}, {"dev.tsv", "dev_2k.tsv"}, {"test.tsv", "test_2k.tsv"}}},
          .read = read};
}

}  // namespace lmkor::task
