#include "lmkor/task/finetune_report.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/str.h"
#include "lmkor/report/report.h"
#include "lmkor/task/answer_text.h"
#include "lmkor/task/metrics.h"

namespace lmkor::task {

using base::fixed;
using base::Json;
using base::str;

namespace {

constexpr size_t kShownErrors = 12;
constexpr int kConfidenceBins = 10;

std::string four(const Json& value) { return fixed(value.get<double>(), 4); }

report::Table seed_table(const Json& results) {
  report::Table table{.headers = {"seed", "best epoch", "dev", "test", "time"}, .alignment = "lrrrr"};
  for (const Json& run : results.at("runs")) {
    table.rows.push_back({str(run.at("seed").get<uint64_t>()), str(run.at("best_epoch").get<int64_t>()),
                          four(run.at("dev")), four(run.at("test")),
                          base::human_seconds(run.at("seconds").get<double>())});
  }
  table.rows.push_back({"mean", "", four(results.at("dev").at("mean")), four(results.at("test").at("mean")),
                        base::human_seconds(results.at("seconds").get<double>())});
  table.last_row_is_total = true;
  table.caption = "The epoch is chosen on dev; test is scored once with it.";
  return table;
}

report::LineChart epochs_chart(const Json& results, const char* key, std::string title, std::string y_label) {
  report::LineChart chart{.title = std::move(title), .x_label = "epoch", .y_label = std::move(y_label)};
  for (const Json& run : results.at("runs")) {
    report::Series series{.name = str("seed ", run.at("seed").get<uint64_t>())};
    for (const Json& epoch : run.at("epochs")) {
      series.x.push_back(epoch.at("epoch").get<double>());
      series.y.push_back(epoch.at(key).get<double>());
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

using Examples = std::vector<Example>;
using Predictions = std::vector<Prediction>;

report::Table confusion(const Task& task, const Examples& test, const Predictions& predictions) {
  std::vector<std::vector<int64_t>> counts(task.labels.size(), std::vector<int64_t>(task.labels.size()));
  for (size_t i = 0; i < test.size(); ++i)
    ++counts[static_cast<size_t>(test[i].label)][static_cast<size_t>(predictions[i].label)];
  report::Table table{.headers = {"given label"}, .rows = {}};
  table.alignment = "l" + std::string(task.labels.size() + 1, 'r');
  for (const std::string& label : task.labels) table.headers.push_back(str("predicted ", label));
  table.headers.emplace_back("right");
  for (size_t gold = 0; gold < counts.size(); ++gold) {
    std::vector<std::string> row = {task.labels[gold]};
    for (const int64_t count : counts[gold]) row.push_back(base::grouped(count));
    const auto all = std::accumulate(counts[gold].begin(), counts[gold].end(), int64_t{0});
    row.push_back(
        all == 0 ? ""
                 : str(fixed(100.0 * static_cast<double>(counts[gold][gold]) / static_cast<double>(all), 1), " %"));
    table.rows.push_back(std::move(row));
  }
  return table;
}

double confidence(const Prediction& prediction) { return prediction.scores[static_cast<size_t>(prediction.label)]; }

// How often predictions of each confidence are right: equal where the model knows what it knows.
report::LineChart reliability(const Examples& test, const Predictions& predictions) {
  std::vector<double> share(kConfidenceBins), right(kConfidenceBins), count(kConfidenceBins);
  for (size_t i = 0; i < test.size(); ++i) {
    const double sure = confidence(predictions[i]);
    const auto bin = static_cast<size_t>(std::min(kConfidenceBins - 1, static_cast<int>(sure * kConfidenceBins)));
    share[bin] += sure;
    right[bin] += test[i].label == predictions[i].label;
    count[bin] += 1;
  }
  report::Series model{.name = "this model"}, exact{.name = "as sure as right"};
  for (size_t bin = 0; bin < count.size(); ++bin) {
    if (count[bin] == 0) continue;
    model.x.push_back(share[bin] / count[bin]);
    model.y.push_back(right[bin] / count[bin]);
    exact.x.push_back(share[bin] / count[bin]);
    exact.y.push_back(share[bin] / count[bin]);
  }
  return {.title = "Is it as sure as it is right?",
          .x_label = "probability of the predicted label",
          .y_label = "share that is right",
          .series = {model, exact}};
}

struct Doubt {
  double size = 0;  // 0: nothing is wrong
  std::string text{};
};

std::string names(const Task& task, const std::vector<int64_t>& tags) {
  std::vector<std::string> out;
  for (const int64_t tag : tags) out.push_back(task.labels[static_cast<size_t>(tag)]);
  return base::join(out, " ");
}

// How wrong a prediction is, or how sure of what is wrong.
Doubt doubt(const Task& task, const Example& example, const Prediction& prediction) {
  switch (task.kind) {
    case Kind::kClass:
      if (example.label == prediction.label) return {};
      return {confidence(prediction),
              str("given ", task.labels[static_cast<size_t>(example.label)], ", predicted ",
                  task.labels[static_cast<size_t>(prediction.label)], " with ", fixed(confidence(prediction), 3))};
    case Kind::kScore:
      return {std::abs(example.value - prediction.value),
              str("given ", fixed(example.value, 2), ", predicted ", fixed(prediction.value, 2))};
    case Kind::kMultiLabel: {
      double size = 0;
      for (size_t i = 0; i < example.labels.size(); ++i) {
        if (example.labels[i] != prediction.labels[i]) size = std::max(size, std::abs(prediction.scores[i] - 0.5));
      }
      return {size, "another set of labels"};
    }
    case Kind::kTags: {
      double size = 0;
      for (size_t i = 0; i < example.labels.size(); ++i) {
        if (example.labels[i] != prediction.labels[i]) size = std::max(size, prediction.scores[i]);
      }
      return {size, str("given ", names(task, example.labels), "; predicted ", names(task, prediction.labels))};
    }
    case Kind::kAnswer:
      for (const Answer& answer : example.answers) {
        if (answers_equal(prediction.answer, answer.text)) return {};
      }
      return {prediction.scores.front(), str("given \"", example.answers.front().text, "\", predicted \"",
                                             prediction.answer, "\" with ", fixed(prediction.scores.front(), 3))};
  }
  return {};
}

std::vector<report::Sample> surest_errors(const Task& task, const Examples& test, const Predictions& predictions) {
  std::vector<std::pair<Doubt, size_t>> wrong;
  for (size_t i = 0; i < predictions.size(); ++i) {
    Doubt found = doubt(task, test[i], predictions[i]);
    if (found.size > 0 && !test[i].text.empty()) wrong.emplace_back(std::move(found), i);
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [](const auto& a, const auto& b) { return a.first.size > b.first.size; });
  std::vector<report::Sample> out;
  for (size_t i = 0; i < std::min(kShownErrors, wrong.size()); ++i) {
    const Example& example = test[wrong[i].second];
    out.push_back({str(example.id, ": ", wrong[i].first.text),
                   example.second_text.empty() ? example.text : str(example.text, "\n", example.second_text)});
  }
  return out;
}

report::Table metric_table(const Task& task, const Json& scores) {
  report::Table table{.headers = {"metric on test", "mean", "standard deviation", "95 % interval"},
                      .alignment = "lrrr"};
  for (const std::string& name : task.metrics) {
    const Json& row = scores.at("metrics").at(name);
    table.rows.push_back({find_metric(name).title, four(row.at("mean")), four(row.at("std")),
                          str(four(row.at("ci95")[0]), " to ", four(row.at("ci95")[1]))});
  }
  return table;
}

}  // namespace

void write_finetune_report(const std::filesystem::path& path, const FinetuneJob& job, const Json& results,
                           const std::vector<Example>& test, const std::vector<Prediction>& predictions) {
  const Json& scores = results.at("test");
  report::Report page(str("Fine-tuning: ", job.task.name),
                      str(job.task.summary, ", from ", results.at("model").get<std::string>()));
  const std::string title = find_metric(job.task.metric()).title;
  page.figures({{str(title, " on test"), four(scores.at("mean")), str("mean of ", results.at("runs").size(), " seeds")},
                {"standard deviation", four(scores.at("std")), "between seeds"},
                {"95 % interval of the mean", str(four(scores.at("ci95")[0]), " to ", four(scores.at("ci95")[1])),
                 "over seeds, Student's t"},
                {"sampling error", str("± ", four(scores.at("sampling_error"))),
                 str("95 %, of ", base::grouped(static_cast<long long>(test.size())), " examples")},
                {"time", base::human_seconds(results.at("seconds").get<double>())}});
  page.section("Seeds");
  page.table(seed_table(results));
  page.line_chart(epochs_chart(results, "dev", "Score on dev", title));
  page.line_chart(epochs_chart(results, "train_loss", "Loss on train", "nats per example"));
  page.section(str("Test, seed ", results.at("best_seed").get<uint64_t>()));
  page.table(metric_table(job.task, scores));
  if (job.task.kind == Kind::kClass) {
    page.table(confusion(job.task, test, predictions));
    page.line_chart(reliability(test, predictions));
  }
  page.section("Errors it is surest of");
  page.paragraph("Look here first for labels that are wrong.");
  page.samples(surest_errors(job.task, test, predictions));
  page.section("Data");
  report::Table data{.headers = {"split", "examples", "tokens", "cut", "in several inputs", "empty", "also in train"},
                     .alignment = "lrrrrrr"};
  for (const auto& [name, sizes] : results.at("data").items()) {
    data.rows.push_back(
        {name, base::grouped(sizes.at("examples").get<int64_t>()), base::grouped(sizes.at("tokens").get<int64_t>()),
         base::grouped(sizes.at("cut").get<int64_t>()), base::grouped(sizes.at("windowed").get<int64_t>()),
         base::grouped(sizes.at("empty").get<int64_t>()),
         sizes.contains("in_train") ? base::grouped(sizes.at("in_train").get<int64_t>()) : ""});
  }
  page.table(data);
  page.section("Settings");
  page.paragraph("As they were used: the task's own where 0 was given, and what a search chose.");
  page.settings(results.at("protocol"));
  page.write(path);
}

}  // namespace lmkor::task
