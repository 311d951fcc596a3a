// NER of the Naver NLP challenge 2018 (github.com/naver/nlp-challenge), in the layout of monologg/KoELECTRA: entities
// of blank-divided words, particles included. Its terms forbid passing it on; a user's own copy is read.
#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/task/ner.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

std::vector<std::string> divide(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::vector<Example> read_ner(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  for (const TsvRow& row : read_plain_tsv(file, 2)) {
    Example example{.id = base::str(row.line), .text = row.cells[0], .words = divide(row.cells[0])};
    const std::vector<std::string> tags = divide(row.cells[1]);
    if (tags.size() != example.words.size() || tags.empty()) {
      fail_row(file, row.line,
               base::str("got ", tags.size(), " tags for ", example.words.size(),
                         " words, expected one tag for each; words and tags are divided by blanks"));
    }
    for (const std::string& tag : tags)
      example.labels.push_back(label_index(task, tag == "-" ? "O" : tag, file, row.line));
    out.push_back(std::move(example));
  }
  return out;
}

std::vector<std::string> tag_labels(const std::vector<std::string>& types) {
  std::vector<std::string> out = {"O"};
  for (const std::string& type : types) {
    out.push_back(type + "-B");
    out.push_back(type + "-I");
  }
  return out;
}

Task naver_ner() {
  return {.name = "naver-ner",
          .summary = "named entities of the Naver NLP challenge",
          .kind = Kind::kTags,
          .labels = tag_labels(
              {"PER", "FLD", "AFW", "ORG", "LOC", "CVL", "DAT", "TIM", "NUM", "EVT", "ANM", "PLT", "MAT", "TRM"}),
          .metrics = {"entity_f1", "entity_f1_strict", "entity_f1_naver", "char_macro_f1"},
          .official = {.train = 81'000, .test = 9'000},
          .read = read_ner};
}

}  // namespace lmkor::task
