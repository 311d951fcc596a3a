// Question Pair (github.com/songys/Question_pair): two questions mean the same. Against its name, is_duplicate is 0
// where they mean the same and 1 where they differ.
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<Example> read(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  for (TsvRow& row : read_tsv(file, {"question1", "question2", "is_duplicate"})) {
    out.push_back({.id = base::str(row.line),
                   .text = std::move(row.cells[0]),
                   .second_text = std::move(row.cells[1]),
                   .label = label_index(task, row.cells[2], file, row.line)});
  }
  return out;
}

}  // namespace

Task question_pair() {
  return {.name = "question-pair",
          .summary = "do two questions mean the same (0) or not (1)",
          .kind = Kind::kClass,
          .labels = {"0", "1"},
          .metrics = {"accuracy"},
          .pair = true,
          .symmetric = true,
          .official = {.train = 6'136, .dev = 682, .test = 758},
          .read = read};
}

}  // namespace lmkor::task
