#include "lmkor/scaling/runs.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/model/network.h"
#include "lmkor/report/report.h"
#include "lmkor/task/tsv.h"

namespace lmkor::scaling {

namespace fs = std::filesystem;
using base::Json;
using base::json_get;
using base::str;

Point point_of_run(const fs::path& run) {
  if (!fs::exists(run / "metrics.jsonl") || !fs::exists(run / "model/config.json")) {
    throw base::Error(base::ErrorKind::kNotFound,
                      str(run.string(), ": no finished pretraining run: expected metrics.jsonl and model/"));
  }
  Point out;
  base::LineReader reader(base::open_input(run / "metrics.jsonl"));
  for (std::string_view line; reader.next(line);) {
    const Json row = base::parse_json(line, str((run / "metrics.jsonl").string(), ":", reader.line_number()));
    if (!row.contains("validation_loss")) continue;
    out.loss = row.at("validation_loss");
    out.tokens = row.at("tokens");
  }
  if (out.loss == 0) {
    throw base::Error(base::ErrorKind::kData, str(run.string(),
                                                  ": no validation_loss in metrics.jsonl; pretrain with "
                                                  "train.validation_sequences above 0"));
  }
  model::Network network = model::empty_network(model::read_config(run / "model"), model::Head::kNone, 0);
  for (const model::Parameter& parameter : model::parameters(network)) {
    if (parameter.depth > 0 && parameter.name.starts_with("encoder."))
      out.parameters += static_cast<double>(parameter.tensor.numel());
  }
  return out;
}

std::vector<Point> read_points(const fs::path& file) {
  std::vector<Point> out;
  for (const task::TsvRow& row : task::read_tsv(file, {"parameters", "tokens", "loss"})) {
    const auto value = [&](size_t i, const char* name) {
      return task::number(row.cells[i], name, {0, 1e30}, file, row.line);
    };
    out.push_back({value(0, "parameters"), value(1, "tokens"), value(2, "loss")});
  }
  return out;
}

namespace {

struct Constant {
  const char* name;
  double Law::*member;
};
constexpr Constant kConstants[] = {
    {"E", &Law::e}, {"A", &Law::a}, {"B", &Law::b}, {"alpha", &Law::alpha}, {"beta", &Law::beta}};

Interval interval(const Fit& fit, const Constant& constant) {
  std::vector<double> values;
  for (const Law& law : fit.bootstrap) values.push_back(law.*constant.member);
  return interval_of(std::move(values));
}

Json law_json(const Law& law) {
  Json out = Json::object();
  for (const Constant& constant : kConstants) out[constant.name] = law.*constant.member;
  return out;
}

Law read_law(const Json& json, const std::string& origin) {
  Law out;
  for (const Constant& constant : kConstants) out.*constant.member = json_get<double>(json, constant.name, origin);
  return out;
}

}  // namespace

Json fit_json(const Fit& fit, const std::vector<Point>& points) {
  Json intervals = Json::object(), rows = Json::array(), bootstrap = Json::array();
  for (const Constant& constant : kConstants) {
    const Interval found = interval(fit, constant);
    intervals[constant.name] = {found.low, found.high};
  }
  for (const Point& point : points) {
    rows.push_back({{"parameters", point.parameters},
                    {"tokens", point.tokens},
                    {"loss", point.loss},
                    {"fitted", fit.law.loss(point.parameters, point.tokens)}});
  }
  for (const Law& law : fit.bootstrap) bootstrap.push_back(law_json(law));
  return {{"law", law_json(fit.law)},
          {"ci95", intervals},
          {"objective", fit.objective},
          {"points", rows},
          {"bootstrap", bootstrap}};
}

Fit read_fit(const fs::path& file) {
  const std::string origin = file.string();
  const Json json = base::read_json(file);
  Fit out{.law = read_law(json_get<Json>(json, "law", origin), origin)};
  for (const Json& law : json_get<Json>(json, "bootstrap", origin)) out.bootstrap.push_back(read_law(law, origin));
  return out;
}

void write_fit_report(const fs::path& path, const Fit& fit, const std::vector<Point>& points) {
  report::Report page("Scaling law", "L(N, D) = E + A / N^alpha + B / D^beta");
  page.section("Constants");
  report::Table constants{.headers = {"constant", "value", "95 % interval"}, .alignment = "lrl"};
  for (const Constant& constant : kConstants) {
    const Interval found = interval(fit, constant);
    constants.rows.push_back({constant.name, base::fixed(fit.law.*constant.member, 4),
                              str(base::fixed(found.low, 4), " to ", base::fixed(found.high, 4))});
  }
  page.table(constants);
  page.section("Runs");
  report::Table runs{.headers = {"parameters", "tokens", "loss", "fitted"}, .alignment = "rrrr"};
  double least = points.front().tokens, most = least;
  for (const Point& point : points) {
    const double loss = fit.law.loss(point.parameters, point.tokens);
    runs.rows.push_back({base::grouped(std::llround(point.parameters)), base::grouped(std::llround(point.tokens)),
                         base::fixed(point.loss, 4), base::fixed(loss, 4)});
    least = std::min(least, point.tokens);
    most = std::max(most, point.tokens);
  }
  page.table(runs);
  page.paragraph(str("The law is known between the smallest and the largest runs (", base::grouped(std::llround(least)),
                     " to ", base::grouped(std::llround(most)),
                     " tokens); beyond them it is a guess that grows worse "
                     "with the distance."));
  page.write(path);
}

Shape shape_for(double parameters) {
  Shape best{64, 1};
  double least = 1e300;
  for (int64_t layers = 1; layers <= 128; ++layers) {
    const double width = std::sqrt(parameters / 12 / static_cast<double>(layers));
    const int64_t hidden = std::max<int64_t>(64, 64 * std::llround(width / 64));
    const Shape shape{hidden, layers};
    const double size = std::abs(std::log(shape.parameters() / parameters));
    const double ratio = std::abs(std::log(static_cast<double>(hidden) / (64.0 * static_cast<double>(layers))));
    if (size + 0.2 * ratio < least) {
      least = size + 0.2 * ratio;
      best = shape;
    }
  }
  return best;
}

}  // namespace lmkor::scaling
