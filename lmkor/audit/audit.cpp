#include "lmkor/audit/audit.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "lmkor/audit/artefacts.h"
#include "lmkor/audit/copies.h"
#include "lmkor/audit/items.h"
#include "lmkor/audit/label_errors.h"
#include "lmkor/audit/leakage.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/task/vectors.h"

namespace lmkor::audit {

using base::fixed;
using base::Json;
using base::str;
using task::Example;
using task::Kind;

namespace {

Json figure(double value, const std::string& definition, const std::pair<double, double>* interval = nullptr) {
  Json out = {{"value", value}};
  if (interval) out["interval"] = {interval->first, interval->second};
  out["definition"] = definition;
  return out;
}

class Auditor {
 public:
  explicit Auditor(const AuditJob& job) : job_(job), sources_(read_sources(job.task, job.data)) {
    for (uint32_t source = 0; source < sources_.size(); ++source) {
      for (uint32_t row = 0; row < sources_[source].examples.size(); ++row) {
        examples_.push_back(&sources_[source].examples[row]);
        places_.emplace_back(source, row);
      }
    }
    groups_ = copy_groups(examples_, job.task.symmetric);
    out_.summary = Json::object();
    out_.summary["examples"] = figure(static_cast<double>(examples_.size()), "examples of all splits");
  }

  Audit run() {
    find_copies();
    if (job_.task.kind == Kind::kScore) {
      find_score_errors();
    } else if (job_.task.kind == Kind::kClass || job_.task.kind == Kind::kTags) {
      find_errors();
    }
    if (job_.task.kind == Kind::kClass) find_give_aways();
    if (!job_.corpus.empty()) find_leaks();
    consistency();
    return std::move(out_);
  }

 private:
  std::string given(const Example& example) const {
    switch (job_.task.kind) {
      case Kind::kClass:
        return job_.task.labels[static_cast<size_t>(example.label)];
      case Kind::kScore:
        return str(example.value);
      case Kind::kAnswer:
        return example.answers.front().text;
      default: {
        std::vector<std::string> labels;
        for (const int64_t label : example.labels)
          labels.push_back(job_.task.kind == Kind::kTags ? job_.task.labels[static_cast<size_t>(label)] : str(label));
        return base::join(labels, " ");
      }
    }
  }

  Finding finding(const char* kind, size_t number, double score) const {
    const auto [source, row] = places_[number];
    const Example& example = *examples_[number];
    return {.kind = kind,
            .split = task::split_name(sources_[source].split),
            .id = example.id,
            .row = row + uint64_t{1},
            .score = score,
            .given = given(example),
            .suggested = {},
            .text = example.second_text.empty() ? example.text : str(example.text, " / ", example.second_text)};
  }

  // Adds the worst ones, worst first.
  void keep(std::vector<Finding> found) {
    std::stable_sort(found.begin(), found.end(), [](const Finding& a, const Finding& b) { return a.score > b.score; });
    const auto most = std::min(found.size(), static_cast<size_t>(job_.options.findings));
    std::move(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(most), std::back_inserter(out_.findings));
  }

  void share(const char* name, size_t count, size_t all, const char* definition) {
    const double value = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
    const auto interval = all == 0 ? std::pair(0.0, 0.0) : wilson(value, all);
    out_.summary[name] = figure(value, definition, &interval);
  }

  std::string place(size_t number) const {
    return str(task::split_name(sources_[places_[number].first].split), " row ", places_[number].second + 1);
  }

  void find_copies() {
    std::map<uint64_t, std::vector<size_t>> members;
    for (size_t i = 0; i < groups_.size(); ++i) members[groups_[i]].push_back(i);
    std::vector<Finding> duplicates, contradictions;
    size_t repeated = 0, across = 0, tested = 0, contradicted = 0;
    for (size_t i = 0; i < examples_.size(); ++i) tested += sources_[places_[i].first].split != task::Split::kTrain;
    for (const auto& [_, own] : members) {
      std::map<std::string, size_t> labels;
      bool in_train = false;
      for (const size_t i : own) {
        ++labels[given(*examples_[i])];
        in_train = in_train || sources_[places_[i].first].split == task::Split::kTrain;
      }
      if (own.size() == 1) continue;
      repeated += own.size() - 1;
      const auto most = std::max_element(labels.begin(), labels.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; });
      for (const size_t i : own) {
        const bool is_test = sources_[places_[i].first].split != task::Split::kTrain;
        const bool crosses = is_test && in_train;
        across += crosses;
        if (i != own.front() || crosses) {
          duplicates.push_back(finding("duplicate", i, crosses ? 1 : 0.5));
          duplicates.back().suggested = str("also ", place(own.front() == i ? own.back() : own.front()));
        }
        if (labels.size() == 1) continue;
        ++contradicted;
        const double minority = 1 - static_cast<double>(labels[given(*examples_[i])]) / static_cast<double>(own.size());
        contradictions.push_back(finding("contradiction", i, minority));
        if (most->first != given(*examples_[i])) contradictions.back().suggested = most->first;
      }
    }
    share("repeated", repeated, examples_.size(), "examples whose letters and digits are those of an earlier one");
    share("test_in_train", across, tested, "dev and test examples that stand in train too, by letters and digits");
    share("contradicted", contradicted, examples_.size(), "examples of which a copy has another label");
    contradicted_ = out_.summary["contradicted"]["value"];
    keep(std::move(duplicates));
    keep(std::move(contradictions));
    std::vector<Finding> near;
    const std::vector<NearCopy> pairs = near_copies(examples_, groups_, job_.options.near_copy);
    size_t disagree = 0;
    for (const NearCopy& pair : pairs) {
      const bool other = given(*examples_[pair.a]) != given(*examples_[pair.b]);
      disagree += other;
      near.push_back(finding("near_duplicate", pair.b, pair.likeness + other));
      near.back().suggested = str("like ", place(pair.a), ", labelled ", given(*examples_[pair.a]));
    }
    share("near_copies_that_disagree", disagree, pairs.size(),
          "pairs of near copies (3-grams of characters, Jaccard index) with different labels");
    keep(std::move(near));
  }

  LinearOptions linear() const {
    return {.folds = job_.options.folds, .epochs = job_.options.epochs, .seed = job_.seed, .threads = job_.threads};
  }

  // The number of an item's example among all.
  size_t number_of(const Item& item) const {
    size_t before = 0;
    for (uint32_t source = 0; source < item.source; ++source) before += sources_[source].examples.size();
    return before + item.row;
  }

  // What the linear model may see of each item.
  SparseRows whole_features(const std::vector<Item>& items) const {
    const SparseRows grams = features_of(job_.task, sources_, items, View::kWhole);
    if (job_.model.empty()) return grams;
    std::vector<Example> all;
    for (const Example* example : examples_) all.push_back(*example);
    const task::Vectors vectors = task::vectors_of({job_.task, job_.model, job_.device}, all);
    return with_vectors(grams, vectors.values, static_cast<size_t>(vectors.width));
  }

  void find_errors() {
    const std::vector<Item> items = items_of(job_.task, sources_);
    std::vector<int64_t> labels;
    std::vector<uint64_t> groups;
    std::vector<size_t> numbers;
    for (const Item& item : items) {
      labels.push_back(item.label);
      numbers.push_back(number_of(item));
      groups.push_back(groups_[numbers.back()]);
    }
    const auto cross = [&](View view) {
      return cross_validate(features_of(job_.task, sources_, items, view), labels, job_.task.labels.size(), groups,
                            linear());
    };
    const CrossValidation whole =
        cross_validate(whole_features(items), labels, job_.task.labels.size(), groups, linear());
    const LabelNoise noise = find_label_errors(whole, labels);
    std::vector<Finding> errors, ambiguous;
    for (const LabelDoubt& doubt : noise.doubts) {
      Finding found = finding("label_error", numbers[doubt.row], doubt.score);
      found.suggested = job_.task.labels[static_cast<size_t>(doubt.suggested)];
      if (items[doubt.row].word >= 0) name_word(items[doubt.row], labels[doubt.row], found);
      errors.push_back(std::move(found));
    }
    std::vector<double> right;
    size_t hard = 0, ambiguous_count = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      std::vector<float> shares(whole.of(i).begin(), whole.of(i).end());
      const float given_share = shares[static_cast<size_t>(labels[i])];
      std::sort(shares.rbegin(), shares.rend());
      right.push_back(given_share == shares[0]);
      hard += given_share * static_cast<float>(shares.size()) <= 1;
      // Torn between two labels, and the models that saw it changed their minds.
      const double torn = shares.size() < 2 ? 0 : 1 - (shares[0] - shares[1]);
      if (torn < 0.7 || given_share < 0.8f * shares[1]) continue;
      ++ambiguous_count;
      ambiguous.push_back(finding("ambiguous", numbers[i], torn * (1 + whole.variability[i])));
      if (items[i].word >= 0) name_word(items[i], labels[i], ambiguous.back());
    }
    keep(std::move(errors));
    keep(std::move(ambiguous));
    const std::pair interval(noise.low, noise.high), ceiling(1 - noise.high, 1 - noise.low);
    noise_ = noise.share;
    out_.summary["label_noise"] =
        figure(noise.share,
               "labels that a cross-validated linear model finds wrong: at most half as probable as the suggested one "
               "(confident learning); an estimate that holds the model's own errors too",
               &interval);
    out_.summary["score_ceiling"] =
        figure(1 - noise.share, "1 - label_noise: the accuracy that a perfect answer gets", &ceiling);
    share("ambiguous", ambiguous_count, items.size(), "labels where the two likeliest differ by less than 0.3");
    share("hard", hard, items.size(),
          "labels that the cross-validated model finds no likelier than chance (1 / labels)");
    accuracy("linear_model", right,
             job_.model.empty() ? "cross-validated accuracy of n-grams of characters"
                                : "cross-validated accuracy of n-grams of characters with the model's vectors");
    ease(cross, items, labels);
  }

  void name_word(const Item& item, int64_t label, Finding& found) const {
    found.given = job_.task.labels[static_cast<size_t>(label)];
    found.text = str(examples_[number_of(item)]->words[static_cast<size_t>(item.word)], " (word ", item.word + 1,
                     ") in: ", found.text);
  }

  void accuracy(const std::string& name, const std::vector<double>& right, const std::string& definition) {
    const double value = std::accumulate(right.begin(), right.end(), 0.0) / static_cast<double>(right.size());
    const auto interval = wilson(value, right.size());
    out_.summary[name] = figure(value, definition, &interval);
  }

  // What little already solves the task.
  template <class Cross>
  void ease(const Cross& cross, const std::vector<Item>& items, const std::vector<int64_t>& labels) {
    std::vector<size_t> counts(job_.task.labels.size());
    for (const int64_t label : labels) ++counts[static_cast<size_t>(label)];
    share("majority", *std::max_element(counts.begin(), counts.end()), labels.size(), "share of the commonest label");
    const std::tuple<View, const char*, const char*> views[] = {
        {View::kLength, "length_only", "cross-validated accuracy by the length alone"},
        {View::kCharacters, "characters_only", "cross-validated accuracy by single characters"},
        {View::kSecond, "second_text_only", "cross-validated accuracy by the second text alone (hypothesis only)"}};
    for (const auto& [view, name, definition] : views) {
      if (view == View::kSecond && !job_.task.pair) continue;
      const CrossValidation found = cross(view);
      std::vector<double> right;
      for (size_t i = 0; i < items.size(); ++i) {
        const auto shares = found.of(i);
        right.push_back(std::max_element(shares.begin(), shares.end()) - shares.begin() == labels[i]);
      }
      accuracy(name, right, definition);
    }
  }

  void find_score_errors() {
    const std::vector<Item> items = items_of(job_.task, sources_);
    std::vector<double> values;
    for (const Item& item : items) values.push_back(item.value);
    const std::vector<double> expected = cross_validated_values(whole_features(items), values, groups_, linear());
    double squares = 0;
    for (size_t i = 0; i < items.size(); ++i) squares += (values[i] - expected[i]) * (values[i] - expected[i]);
    const double deviation = std::sqrt(squares / static_cast<double>(items.size()));
    std::vector<Finding> found;
    size_t far = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      const double distance = std::abs(values[i] - expected[i]) / deviation;
      if (distance < 2) continue;
      ++far;
      found.push_back(finding("label_error", i, distance));
      found.back().suggested = fixed(expected[i], 1);
    }
    share("label_noise", far, items.size(),
          "scores over two standard deviations from what a cross-validated linear model expects");
    noise_ = 0;  // a distance of scores is no share of wrong ones
    keep(std::move(found));
  }

  void find_give_aways() {
    Json words = Json::array();
    for (const Artefact& artefact : find_artefacts(job_.task, examples_)) {
      words.push_back({{"word", artefact.word},
                       {"label", job_.task.labels[static_cast<size_t>(artefact.label)]},
                       {"examples", artefact.examples},
                       {"share", artefact.share},
                       {"z", artefact.z}});
    }
    out_.summary["artefacts"] = {{"value", words},
                                 {"definition",
                                  "words that give a label away: share of the label among their examples, in "
                                  "standard errors above chance (1 %, corrected for the number of words)"}};
  }

  void find_leaks() {
    const std::vector<uint32_t> counts = find_leakage(examples_, job_.corpus);
    std::vector<Finding> found;
    size_t leaked = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      const bool is_test = sources_[places_[i].first].split != task::Split::kTrain;
      leaked += is_test;
      found.push_back(finding("leakage", i, is_test ? 1 : 0.5));
      found.back().suggested = str(counts[i], " times in the corpus");
    }
    size_t tested = 0;
    for (const auto& [source, _] : places_) tested += sources_[source].split != task::Split::kTrain;
    share("leakage", leaked, tested, "dev and test examples of which a text is a whole line or document of the corpus");
    keep(std::move(found));
  }

  void consistency() {
    out_.summary["consistency"] = figure(
        (1 - contradicted_) * (1 - noise_),
        "(1 - contradicted) (1 - label_noise): 1 where no copy, in either order of a symmetric pair, has another "
        "label and the cross-validated model finds none wrong");
  }

  const AuditJob& job_;
  std::vector<Source> sources_;
  std::vector<const Example*> examples_;
  std::vector<std::pair<uint32_t, uint32_t>> places_;  // source and row of each
  std::vector<uint64_t> groups_;
  double contradicted_ = 0, noise_ = 0;
  Audit out_;
};

}  // namespace

void AuditOptions::fields(config::Fields& f) {
  f.add("folds", folds, "parts of the cross-validation", config::between(2, 50));
  f.add("epochs", epochs, "passes of the linear model", config::between(2, 100));
  f.add("near_copy", near_copy, "likeness from which two texts are near copies", config::between(0.5, 1));
  f.add("findings", findings, "examples to name of each kind at most", config::at_least(1));
}

Audit audit(const AuditJob& job) { return Auditor(job).run(); }

}  // namespace lmkor::audit
