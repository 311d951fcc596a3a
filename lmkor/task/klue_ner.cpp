// KLUE-NER (github.com/KLUE-benchmark/KLUE): entities in news and reviews, openly licensed. Read in the layout of the
// Naver NER challenge, for which it stands in, or in its own, where characters are tagged: a word then has the type of
// its first entity.
#include "lmkor/base/compress.h"
#include "lmkor/base/str.h"
#include "lmkor/task/ner.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {

namespace {

// "## guid TAB sentence", then a line "character TAB B-PS" for each character; an empty line between sentences.
std::vector<Example> read_characters(const std::filesystem::path& file, const Task& task) {
  std::vector<Example> out;
  base::LineReader reader(base::open_input(file));
  std::string word, tag = "O";
  const auto end_word = [&](Example& example) {
    if (!word.empty()) {
      example.words.push_back(word);
      example.labels.push_back(label_index(task, tag, file, reader.line_number()));
    }
    word.clear();
    tag.assign(1, 'O');
  };
  for (std::string_view line; reader.next(line);) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("## ")) {
      if (!out.empty()) end_word(out.back());
      out.push_back({.id = std::string(line.substr(3, line.find('\t') - 3))});
      continue;
    }
    if (line.empty()) continue;
    const size_t tab = line.rfind('\t');
    if (tab == std::string_view::npos || out.empty()) {
      fail_row(file, reader.line_number(), base::str("got \"", line, "\", expected a character, TAB and its tag"));
    }
    const std::string_view own = line.substr(tab + 1);
    if (line.substr(0, tab) == " ") {
      end_word(out.back());
      continue;
    }
    word += line.substr(0, tab);
    if (tag == "O" && own.size() > 2) tag = base::str(own.substr(2), "-", own.substr(0, 1));
  }
  if (out.empty()) fail_row(file, 1, "the file is empty");
  end_word(out.back());
  for (Example& example : out) example.text = base::join(example.words, " ");
  return out;
}

std::vector<Example> read(const std::filesystem::path& file, const Task& task) {
  base::LineReader reader(base::open_input(file));
  std::string_view first;
  return reader.next(first) && first.starts_with("## ") ? read_characters(file, task) : read_ner(file, task);
}

}  // namespace

Task klue_ner() {
  return {.name = "klue-ner",
          .summary = "named entities of news and reviews",
          .kind = Kind::kTags,
          .labels = tag_labels({"PS", "LC", "OG", "DT", "TI", "QT"}),
          .metrics = {"entity_f1", "entity_f1_strict", "entity_f1_naver", "char_macro_f1"},
          .official = {.train = 21'008, .test = 5'000},
          .files = {{{"train.tsv", "klue-ner-v1.1_train.tsv"}, {"dev.tsv"}, {"test.tsv", "klue-ner-v1.1_dev.tsv"}}},
          .read = read};
}

}  // namespace lmkor::task
