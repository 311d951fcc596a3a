#include "lmkor/task/metrics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/task/answer_text.h"
#include "lmkor/task/resample.h"
#include "lmkor/task/spans.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

using Examples = std::span<const Example>;
using Predictions = std::span<const Prediction>;
using Picked = std::span<const uint32_t>;

// A row of `width` numbers for each example.
template <class Fill>
Rows rows_of(size_t count, size_t width, const Fill& fill) {
  Rows out{.width = width, .values = std::vector<double>(count * width)};
  for (size_t i = 0; i < count; ++i) fill(i, out.values.data() + i * width);
  return out;
}

double ratio(double part, double whole) { return whole == 0 ? 0 : part / whole; }

// F1 of right answers among those given and those expected.
double f1(double right, double given, double expected) { return ratio(2 * right, given + expected); }

double mean(const Rows& rows, Picked picked) {
  double sum = 0;
  for (const uint32_t row : picked) sum += rows.at(row);
  return sum / static_cast<double>(picked.size());
}

std::vector<double> column_sums(const Rows& rows, Picked picked) {
  std::vector<double> out(rows.width);
  for (const uint32_t row : picked) {
    for (size_t i = 0; i < rows.width; ++i) out[i] += rows.at(row, i);
  }
  return out;
}

// Columns: right, given, expected; and again for further classes.
double micro_f1(const Rows& rows, Picked picked) {
  const std::vector<double> sums = column_sums(rows, picked);
  double right = 0, given = 0, expected = 0;
  for (size_t i = 0; i < sums.size(); i += 3) {
    right += sums[i];
    given += sums[i + 1];
    expected += sums[i + 2];
  }
  return f1(right, given, expected);
}

// The same of all classes but the first, which stands for none of them.
double micro_f1_of_rest(const Rows& rows, Picked picked) {
  const std::vector<double> sums = column_sums(rows, picked);
  double right = 0, both = 0;
  for (size_t i = 3; i < sums.size(); i += 3) {
    right += sums[i];
    both += sums[i + 1] + sums[i + 2];
  }
  return ratio(2 * right, both);
}

// The mean over classes that occur among what is given or expected, as scikit-learn's without `labels=`.
double macro_f1(const Rows& rows, Picked picked) {
  const std::vector<double> sums = column_sums(rows, picked);
  double sum = 0, classes = 0;
  for (size_t i = 0; i < sums.size(); i += 3) {
    if (sums[i + 1] + sums[i + 2] == 0) continue;
    sum += f1(sums[i], sums[i + 1], sums[i + 2]);
    ++classes;
  }
  return ratio(sum, classes);
}

// Matthews' correlation of several classes, from the same columns (Gorodkin 2004, as scikit-learn).
double matthews(const Rows& rows, Picked picked) {
  const std::vector<double> sums = column_sums(rows, picked);
  const auto count = static_cast<double>(picked.size());
  double right = 0, product = 0, given = 0, expected = 0;
  for (size_t i = 0; i < sums.size(); i += 3) {
    right += sums[i];
    product += sums[i + 1] * sums[i + 2];
    given += sums[i + 1] * sums[i + 1];
    expected += sums[i + 2] * sums[i + 2];
  }
  const double scale = (count * count - given) * (count * count - expected);
  return scale == 0 ? 0 : (right * count - product) / std::sqrt(scale);
}

template <double (*Correlation)(std::span<const double>, std::span<const double>)>
double correlation(const Rows& rows, Picked picked) {
  std::vector<double> a, b;
  for (const uint32_t row : picked) {
    a.push_back(rows.at(row, 0));
    b.push_back(rows.at(row, 1));
  }
  return Correlation(a, b);
}

Rows class_hits(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 1,
                 [&](size_t i, double* row) { row[0] = examples[i].label == predictions[i].label; });
}

Rows class_counts(const Task& task, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 3 * task.labels.size(), [&](size_t i, double* row) {
    const auto gold = static_cast<size_t>(examples[i].label), given = static_cast<size_t>(predictions[i].label);
    row[3 * given + 1] += 1;
    row[3 * gold + 2] += 1;
    if (gold == given) row[3 * gold] += 1;
  });
}

Rows value_pairs(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 2, [&](size_t i, double* row) {
    row[0] = examples[i].value;
    row[1] = predictions[i].value;
  });
}

// KLUE-STS: a similarity of 3 or more is a yes.
Rows above_three(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 3, [&](size_t i, double* row) {
    row[1] = predictions[i].value >= 3;
    row[2] = examples[i].value >= 3;
    row[0] = row[1] * row[2];
  });
}

Rows negative_squares(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 1, [&](size_t i, double* row) {
    const double difference = examples[i].value - predictions[i].value;
    row[0] = -difference * difference;
  });
}

Rows label_counts(const Task& task, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 3 * task.labels.size(), [&](size_t i, double* row) {
    for (size_t label = 0; label < task.labels.size(); ++label, row += 3) {
      row[1] = static_cast<double>(predictions[i].labels[label]);
      row[2] = static_cast<double>(examples[i].labels[label]);
      row[0] = row[1] * row[2];
    }
  });
}

// Several labels: a label that occurs nowhere counts 0, as in scikit-learn's indicator form.
double macro_f1_of_all(const Rows& rows, Picked picked) {
  const std::vector<double> sums = column_sums(rows, picked);
  double sum = 0;
  for (size_t i = 0; i < sums.size(); i += 3) sum += f1(sums[i], sums[i + 1], sums[i + 2]);
  return ratio(3 * sum, static_cast<double>(sums.size()));
}

Rows sets_equal(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 1,
                 [&](size_t i, double* row) { row[0] = examples[i].labels == predictions[i].labels; });
}

template <std::vector<Entity> (*Entities)(std::span<const Tag>)>
Rows entity_counts(const Task& task, Examples examples, Predictions predictions) {
  const std::vector<Tag> tags = tags_of(task.labels);
  const auto entities = [&](const std::vector<int64_t>& labels) {
    std::vector<Tag> sequence;
    for (const int64_t label : labels) sequence.push_back(tags[static_cast<size_t>(label)]);
    return Entities(sequence);
  };
  return rows_of(examples.size(), 3, [&](size_t i, double* row) {
    const std::vector<Entity> expected = entities(examples[i].labels), given = entities(predictions[i].labels);
    row[1] = static_cast<double>(given.size());
    row[2] = static_cast<double>(expected.size());
    for (const Entity& entity : given) row[0] += std::find(expected.begin(), expected.end(), entity) != expected.end();
  });
}

// A word's tag stands for each of its characters (KLUE's character F1, for tags of words), O left out.
Rows character_counts(const Task& task, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 3 * task.labels.size(), [&](size_t i, double* row) {
    for (size_t word = 0; word < examples[i].words.size(); ++word) {
      const auto weight = static_cast<double>(text::count_code_points(examples[i].words[word]));
      const auto gold = static_cast<size_t>(examples[i].labels[word]);
      const auto given = static_cast<size_t>(predictions[i].labels[word]);
      if (task.labels[given] != "O") row[3 * given + 1] += weight;
      if (task.labels[gold] != "O") row[3 * gold + 2] += weight;
      if (gold == given && task.labels[gold] != "O") row[3 * gold] += weight;
    }
  });
}

Rows tag_shares(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 3, [&](size_t i, double* row) {
    for (size_t word = 0; word < examples[i].labels.size(); ++word)
      row[0] += examples[i].labels[word] == predictions[i].labels[word];
    row[1] = row[2] = static_cast<double>(examples[i].labels.size());
  });
}

template <auto Compare>
Rows best_answer(const Task&, Examples examples, Predictions predictions) {
  return rows_of(examples.size(), 1, [&](size_t i, double* row) {
    for (const Answer& right : examples[i].answers)
      row[0] = std::max(row[0], static_cast<double>(Compare(predictions[i].answer, right.text)));
  });
}

// Behind the first of each kind: by what they are tested.
constexpr Metric kMetrics[] = {
    {"accuracy", Kind::kClass, "accuracy", class_hits, mean, true},  // scikit-learn
    {"macro_f1", Kind::kClass, "macro F1", class_counts, macro_f1, false},
    {"micro_f1_of_rest", Kind::kClass, "micro F1 without the first label", class_counts, micro_f1_of_rest, false},
    {"matthews", Kind::kClass, "Matthews' correlation", class_counts, matthews, false},
    {"spearman", Kind::kScore, "Spearman's ρ", value_pairs, correlation<spearman>, false},  // scipy
    {"pearson", Kind::kScore, "Pearson's r", value_pairs, correlation<pearson>, false},
    {"f1_above_3", Kind::kScore, "F1 of 3 or more", above_three, micro_f1, false},
    {"negative_mse", Kind::kScore, "mean squared error, negative", negative_squares, mean, true},
    {"micro_f1", Kind::kMultiLabel, "micro F1", label_counts, micro_f1, false},  // scikit-learn
    {"multi_macro_f1", Kind::kMultiLabel, "macro F1", label_counts, macro_f1_of_all, false},
    {"set_accuracy", Kind::kMultiLabel, "accuracy of whole sets", sets_equal, mean, true},
    {"entity_f1", Kind::kTags, "entity F1", entity_counts<entities_lenient>, micro_f1, false},  // seqeval
    {"entity_f1_strict", Kind::kTags, "entity F1, strict IOB2", entity_counts<entities_strict>, micro_f1, false},
    {"entity_f1_naver", Kind::kTags, "entity F1, Naver's scorer", entity_counts<entities_naver>, micro_f1, false},
    {"char_macro_f1", Kind::kTags, "macro F1 of characters", character_counts, macro_f1, false},
    {"tag_accuracy", Kind::kTags, "accuracy of tags", tag_shares, micro_f1, false},
    {"char_f1", Kind::kAnswer, "F1 of characters", best_answer<answer_char_f1>, mean, true},  // KorQuAD's script
    {"exact_match", Kind::kAnswer, "exact match", best_answer<answers_equal>, mean, true},
    {"word_f1", Kind::kAnswer, "F1 of words", best_answer<answer_word_f1>, mean, true},
};

constexpr double kNormal = 1.959963984540054;
constexpr size_t kBootstrapSamples = 400;

// Ranks from 1; equal values have the mean of their ranks.
std::vector<double> ranks(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> out(values.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) out[order[i]] = static_cast<double>(begin + 1 + end) / 2;
  }
  return out;
}

}  // namespace

double pearson(std::span<const double> a, std::span<const double> b) {
  const auto count = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count;
  const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
  double product = 0, squares_a = 0, squares_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    product += (a[i] - mean_a) * (b[i] - mean_b);
    squares_a += (a[i] - mean_a) * (a[i] - mean_a);
    squares_b += (b[i] - mean_b) * (b[i] - mean_b);
  }
  const double scale = std::sqrt(squares_a) * std::sqrt(squares_b);
  return scale == 0 ? 0 : std::clamp(product / scale, -1.0, 1.0);
}

double spearman(std::span<const double> a, std::span<const double> b) { return pearson(ranks(a), ranks(b)); }

std::span<const Metric> metrics() { return kMetrics; }

std::vector<std::string> metric_names(Kind kind) {
  std::vector<std::string> out;
  for (const Metric& metric : kMetrics) {
    if (metric.kind == kind) out.emplace_back(metric.name);
  }
  return out;
}

const Metric& find_metric(std::string_view name) {
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return metric;
  }
  throw base::Error(base::ErrorKind::kInternal, base::str("no metric ", name));
}

double score(const Metric& metric, const Rows& rows) { return metric.of(rows, every_row(rows.size())); }

double score(std::string_view name, const Task& task, Examples examples, Predictions predictions) {
  if (examples.empty() || examples.size() != predictions.size()) {
    throw base::Error(base::ErrorKind::kInternal, base::str("metric ", name, ": ", examples.size(), " examples and ",
                                                            predictions.size(), " predictions"));
  }
  const Metric& metric = find_metric(name);
  return score(metric, metric.rows(task, examples, predictions));
}

base::Json all_scores(const Task& task, Examples examples, Predictions predictions) {
  base::Json out = base::Json::object();
  for (const std::string& name : task.metrics) out[name] = score(name, task, examples, predictions);
  return out;
}

double sampling_error(const Metric& metric, const Rows& rows) {
  const auto count = static_cast<double>(rows.size());
  double sum = 0, squares = 0;
  const auto add = [&](double value) {
    sum += value;
    squares += value * value;
  };
  if (metric.is_mean) {
    for (size_t i = 0; i < rows.size(); ++i) add(rows.at(i));
    return kNormal * std::sqrt(std::max(0.0, squares / count - sum / count * sum / count) / count);
  }
  for (size_t i = 0; i < kBootstrapSamples; ++i) add(metric.of(rows, drawn_rows(rows.size(), 0, i)));
  const auto samples = static_cast<double>(kBootstrapSamples);
  return kNormal * std::sqrt(std::max(0.0, squares / samples - sum / samples * sum / samples));
}

}  // namespace lmkor::task
