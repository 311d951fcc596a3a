#include "lmkor/corpus/category_train.h"

#include <algorithm>
#include <map>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/map_batches.h"
#include "lmkor/corpus/word_list.h"
#include "lmkor/report/report.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct Example {
  std::string label;  // empty: none
  std::string features;
  uint64_t hash;
};

// What the lists of words say about a text.
class WordLabels {
 public:
  WordLabels(const std::vector<std::string>& paths, int64_t min_words) : min_words_(min_words) {
    for (const std::string& path : paths) {
      names_.push_back(fs::path(path).stem().string());
      add_word_list(path, static_cast<int>(names_.size()) - 1, finder_);
    }
    finder_.finish();
  }
  bool empty() const { return names_.empty(); }

  // The list with the most words in `text`; "other" where none has a word, "" where it is not clear.
  std::string label(std::string_view text) const {
    std::vector<int64_t> counts(names_.size());
    for (const auto& match : finder_.find(text)) ++counts[static_cast<size_t>(match.list)];
    const auto best = std::max_element(counts.begin(), counts.end());
    if (*best == 0) return std::string(kOtherCategory);
    if (*best < min_words_ || std::count(counts.begin(), counts.end(), *best) > 1) return "";
    return names_[static_cast<size_t>(best - counts.begin())];
  }

 private:
  int64_t min_words_;
  std::vector<std::string> names_;
  text::WordFinder finder_;
};

bool is_held_out(const Example& example, double share) {
  return static_cast<double>(example.hash >> 11) * 0x1p-53 < share;
}

// The first documents of each label, up to the limit, in the order of the input.
std::map<std::string, std::vector<Example>> gather(const std::vector<fs::path>& files, const ReadOptions& read,
                                                   const CategoryTrainOptions& options, uint64_t seed, int threads) {
  const WordLabels by_words(options.words, options.min_words);
  std::map<std::string, std::vector<Example>> examples;
  map_batches<std::vector<Example>>(
      "categories", files, read, threads,
      [&](RecordBatch&& batch) {
        BatchParser parser;
        std::vector<Example> out;
        Document document;
        BadRecord bad;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          if (!is_document(parser.parse(batch, i, document, bad))) continue;
          std::string label = by_words.empty() ? document.category : by_words.label(document.text);
          if (label.empty()) continue;
          std::string features = category_features(document.text);
          if (!features.empty())
            out.push_back({std::move(label), std::move(features), base::hash64(document.text, seed)});
        }
        return out;
      },
      [&](std::vector<Example>&& part) {
        for (Example& example : part) {
          auto& list = examples[example.label];
          if (list.size() < static_cast<size_t>(options.max_documents)) list.push_back(std::move(example));
        }
      });
  std::erase_if(examples,
                [&](const auto& entry) { return entry.second.size() < static_cast<size_t>(options.min_documents); });
  return examples;
}

void write_report(const Json& summary, const Confusion& confusion, const fs::path& path) {
  report::Report page("Categories", str(confusion.labels.size(), " labels"));
  const auto share = [](double value) { return str(base::fixed(100 * value, 1), " %"); };
  page.figures({{"macro F1", share(summary["held_out"]["macro_f1"].get<double>())},
                {"accuracy", share(summary["held_out"]["accuracy"].get<double>())},
                {"held-out documents", base::grouped(summary["held_out"]["documents"].get<int64_t>())}});
  page.section("Documents");
  report::Table documents{.headers = {"category", "documents to train on", "held out"}, .alignment = "lrr"};
  for (const auto& [label, counts] : summary["categories"].items()) {
    documents.rows.push_back(
        {label, base::grouped(counts["train"].get<int64_t>()), base::grouped(counts["held_out"].get<int64_t>())});
  }
  page.table(documents);
  page.section("Confusion");
  page.paragraph("Held-out documents: rows are the categories that they have, columns those that the model gives.");
  report::Table table{.headers = {"category"}, .alignment = "l"};
  for (const std::string& label : confusion.labels) {
    table.headers.push_back(label);
    table.alignment += 'r';
  }
  for (size_t i = 0; i < confusion.labels.size(); ++i) {
    std::vector<std::string> row = {confusion.labels[i]};
    for (const uint64_t count : confusion.counts[i]) row.push_back(base::grouped(static_cast<long long>(count)));
    table.rows.push_back(row);
  }
  page.table(table);
  page.write(path);
}

}  // namespace

void CategoryTrainOptions::fields(config::Fields& f) {
  f.add("words", words,
        "a file of words for each category, named after it (food.txt): documents are labelled by the words they hold, "
        "those without any as other; otherwise by their field category");
  f.add("min_words", min_words, "words of its list that a document must hold to be of a category", config::at_least(1));
  f.add("max_documents", max_documents, "documents of a category that are used at most", config::at_least(2));
  f.add("min_documents", min_documents, "categories of fewer documents are left out", config::at_least(2));
  f.add("held_out_share", held_out_share, "share of the documents that judge the model", config::between(0.01, 0.5));
  f.add("min_confidence", min_confidence, "documents of a smaller probability count as other", config::share());
  f.add("epochs", epochs, "passes over the documents", config::between(1, 1000));
  f.add("dimension", dimension, "width of the model's vectors", config::between(2, 1000));
}

void CategoryTrainOptions::check(config::Faults& faults) const {
  if (words.size() == 1) faults.add("words: got one list of words, expected one for each of two or more categories");
  if (words.size() > 30) faults.add(str("words: got ", words.size(), " lists, expected at most 30"));
}

Confusion::Confusion(std::vector<std::string> names) : labels(std::move(names)) {
  if (std::find(labels.begin(), labels.end(), kOtherCategory) == labels.end()) labels.emplace_back(kOtherCategory);
  counts.assign(labels.size(), std::vector<uint64_t>(labels.size()));
}

void Confusion::add(std::string_view given, std::string_view guessed) {
  const auto index = [&](std::string_view label) {
    const auto found = std::find(labels.begin(), labels.end(), label);
    return found != labels.end() ? static_cast<size_t>(found - labels.begin()) : labels.size() - 1;
  };
  ++counts[index(given)][index(guessed)];
}

double Confusion::accuracy() const {
  uint64_t right = 0, all = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    right += counts[i][i];
    for (const uint64_t count : counts[i]) all += count;
  }
  return all > 0 ? static_cast<double>(right) / static_cast<double>(all) : 0;
}

double Confusion::macro_f1() const {
  double sum = 0;
  int present = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    uint64_t given = 0, guessed = 0;
    for (size_t k = 0; k < labels.size(); ++k) {
      given += counts[i][k];
      guessed += counts[k][i];
    }
    if (given == 0) continue;
    ++present;
    sum += 2.0 * static_cast<double>(counts[i][i]) / static_cast<double>(given + guessed);
  }
  return present > 0 ? sum / present : 0;
}

Json Confusion::to_json() const {
  Json json = Json::object();
  for (size_t i = 0; i < labels.size(); ++i) {
    for (size_t k = 0; k < labels.size(); ++k) {
      if (counts[i][k] > 0) json[labels[i]][labels[k]] = counts[i][k];
    }
  }
  return json;
}

Json train_categories(const std::vector<fs::path>& files, const ReadOptions& read, const CategoryTrainOptions& options,
                      uint64_t seed, int threads, const fs::path& folder) {
  const auto examples = gather(files, read, options, seed, threads);
  if (examples.size() < 2) {
    throw base::Error(
        base::ErrorKind::kData,
        str("categories: got ", examples.size(), " with ", options.min_documents,
            " documents or more, expected at least two; ",
            options.words.empty() ? "name the field by --map category=NAME or give lists of words by --words"
                                  : "give longer lists of words or lower --min-words"));
  }
  std::vector<std::string> labels;
  Json categories = Json::object();
  // A plain file beside the model, for fastText reads files only.
  const fs::path lines = folder / "training-lines.txt";
  base::AtomicFile out(lines);
  for (const auto& [label, list] : examples) {
    uint64_t held_out = 0;
    for (const Example& example : list) {
      if (is_held_out(example, options.held_out_share)) {
        ++held_out;
      } else {
        out.write(str("__label__", labels.size(), " ", example.features, "\n"));
      }
    }
    categories[label] = {{"train", list.size() - held_out}, {"held_out", held_out}};
    labels.push_back(label);
  }
  out.commit();
  train_category_model(lines, labels, {options.epochs, options.dimension, static_cast<int64_t>(seed)}, folder);
  fs::remove(lines);

  const CategoryModel model = CategoryModel::load(folder);
  Confusion confusion(labels);
  uint64_t documents = 0;
  for (const auto& [label, list] : examples) {
    for (const Example& example : list) {
      if (!is_held_out(example, options.held_out_share)) continue;
      ++documents;
      confusion.add(label, model.guess(example.features, options.min_confidence).category);
    }
  }
  Json summary = {{"kind", "categories"},
                  {"format", 1},
                  {"labels", labels},
                  {"categories", categories},
                  {"held_out",
                   {{"documents", documents},
                    {"accuracy", confusion.accuracy()},
                    {"macro_f1", confusion.macro_f1()},
                    {"confusion", confusion.to_json()}}},
                  {"weights_sha256", model.sha256()}};
  base::write_json(folder / "categories.json", summary);
  write_report(summary, confusion, folder / "report.html");
  return summary;
}

}  // namespace lmkor::corpus
