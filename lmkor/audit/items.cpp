#include "lmkor/audit/items.h"

#include <algorithm>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::audit {

using task::Example;
using task::Kind;
using task::Split;
using task::Task;

namespace {

enum Part : uint64_t { kFirst = 1, kSecond, kShared, kOnlyFirst, kOnlySecond, kLengths, kWord, kBefore, kBehind };

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) out.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

void add_overlap(const Example& example, RowBuilder& builder) {
  const std::set<std::string> first = words_of(example.text), second = words_of(example.second_text);
  size_t shared = 0;
  for (const std::string& word : second) {
    const bool both = first.contains(word);
    shared += both;
    builder.add(base::hash64(word, both ? kShared : kOnlySecond));
  }
  for (const std::string& word : first) {
    if (!second.contains(word)) builder.add(base::hash64(word, kOnlyFirst));
  }
  const size_t all = first.size() + second.size() - shared;
  builder.add(base::hash64(base::str(all == 0 ? 0 : 10 * shared / all), kLengths), 4);
}

// The length in steps of a third, so that near ones are alike.
void add_length(const std::string& text, uint64_t part, RowBuilder& builder) {
  size_t step = 0;
  for (double length = static_cast<double>(text::count_code_points(text)) + 1; length > 1; length /= 1.35) ++step;
  builder.add(base::hash64(base::str(step), part + 100));
}

void add_word(const Example& example, size_t word, View view, RowBuilder& builder) {
  const size_t longest = view == View::kCharacters ? 1 : 4;
  if (view == View::kLength) {
    add_length(example.words[word], kWord, builder);
    return;
  }
  builder.add_ngrams(example.words[word], 1, longest, kWord);
  if (view != View::kWhole) return;
  if (word > 0) builder.add_ngrams(example.words[word - 1], 1, 3, kBefore);
  if (word + 1 < example.words.size()) builder.add_ngrams(example.words[word + 1], 1, 3, kBehind);
}

void add_example(const Example& example, bool pair, View view, RowBuilder& builder) {
  switch (view) {
    case View::kWhole:
      builder.add_ngrams(example.text, 1, 4, kFirst);
      if (!pair) break;
      builder.add_ngrams(example.second_text, 1, 4, kSecond);
      add_overlap(example, builder);
      break;
    case View::kCharacters:
      builder.add_ngrams(example.text, 1, 1, kFirst);
      if (pair) builder.add_ngrams(example.second_text, 1, 1, kSecond);
      break;
    case View::kLength:
      add_length(example.text, kFirst, builder);
      if (pair) add_length(example.second_text, kSecond, builder);
      break;
    case View::kSecond:
      builder.add_ngrams(example.second_text, 1, 4, kSecond);
  }
}

}  // namespace

std::vector<Source> read_sources(const Task& task, const std::filesystem::path& folder) {
  std::vector<Source> out;
  for (const Split split : {Split::kTrain, Split::kDev, Split::kTest}) {
    if (const auto file = split_file(folder, task, split)) out.push_back({split, *file, task.read(*file, task)});
  }
  if (out.empty()) {
    throw base::Error(base::ErrorKind::kNotFound, base::str(folder.string(), ": no file of the task ", task.name));
  }
  return out;
}

std::vector<Item> items_of(const Task& task, const std::vector<Source>& sources) {
  std::vector<Item> out;
  for (uint32_t source = 0; source < sources.size(); ++source) {
    for (uint32_t row = 0; row < sources[source].examples.size(); ++row) {
      const Example& example = sources[source].examples[row];
      if (task.kind != Kind::kTags) {
        out.push_back({source, row, -1, example.label, example.value});
        continue;
      }
      for (size_t word = 0; word < example.words.size(); ++word)
        out.push_back({source, row, static_cast<int32_t>(word), example.labels[word], 0});
    }
  }
  return out;
}

SparseRows features_of(const Task& task, const std::vector<Source>& sources, const std::vector<Item>& items,
                       View view) {
  SparseRows out;
  RowBuilder builder(out);
  for (const Item& item : items) {
    const Example& example = sources[item.source].examples[item.row];
    if (item.word >= 0) {
      add_word(example, static_cast<size_t>(item.word), view, builder);
    } else {
      add_example(example, task.pair, view, builder);
    }
    builder.end_row();
  }
  return out;
}

}  // namespace lmkor::audit
