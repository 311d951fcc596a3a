// lmkor scaling fit: a law out of own runs; lmkor scaling plan: what to train for a budget.
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/scaling/runs.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct FitSettings {
  std::vector<std::string> runs;
  std::string points, output;
  int64_t samples = 200;

  void fields(config::Fields& f) {
    f.add("runs", runs, "finished pretraining runs with validation losses");
    f.add("points", points, "TSV with the columns parameters, tokens, loss, beside runs or instead of them");
    f.add("output", output, "folder for fit.json and report.html", config::required());
    f.add("samples", samples, "samples of the bootstrap", config::at_least(20));
  }
};

struct PlanSettings {
  double compute = 0, hours = 0, flop_per_second = 0, bytes_per_token = 5.51;
  std::string law = "chinchilla", fit;

  void fields(config::Fields& f) {
    f.add("compute", compute, "FLOP to spend, 6 for each parameter and token", config::at_least(0));
    f.add("hours", hours, "or time to spend, with flop_per_second", config::at_least(0));
    f.add("flop_per_second", flop_per_second, "what the machine reaches in training", config::at_least(0));
    f.add("bytes_per_token", bytes_per_token, "of the vocabulary on Korean text, as lmkor vocab report says",
          config::more_than(0));
    f.add("law", law, "whose constants: as printed, Chinchilla's refitted by Besiroglu et al., or of fit",
          config::one_of({"kaplan", "chinchilla", "chinchilla-refit", "fitted"}));
    f.add("fit", fit, "fit.json of lmkor scaling fit, for the law fitted");
  }
  void check(config::Faults& faults) const {
    const bool by_time = hours > 0 && flop_per_second > 0;
    if ((compute > 0) == by_time) faults.add("give either --compute, or --hours and --flop-per-second");
    if ((law == "fitted") == fit.empty()) faults.add("--fit goes with --law fitted, and only with it");
  }
};

Json interval_json(const std::vector<double>& values) {
  const scaling::Interval found = scaling::interval_of(values);
  return {found.low, found.high};
}

std::string rounded(double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  for (const auto& [size, unit] : kUnits) {
    if (value >= size) return str(base::fixed(value / size, 2), unit);
  }
  return base::fixed(value, 0);
}

}  // namespace

int run_scaling_fit(Invocation& call) {
  FitSettings settings;
  if (!call.parse(settings)) return 0;
  const fs::path output = settings.output;
  call.claim_output(output);
  std::vector<scaling::Point> points;
  for (const std::string& run : settings.runs) points.push_back(scaling::point_of_run(run));
  if (!settings.points.empty()) {
    for (const scaling::Point& point : scaling::read_points(settings.points)) points.push_back(point);
  }
  const scaling::Fit fit = scaling::fit_law(
      points,
      {.samples = settings.samples, .seed = static_cast<uint64_t>(call.common.seed), .threads = call.threads()});
  base::make_directories(output);
  const Json result = scaling::fit_json(fit, points);
  base::write_json(output / "fit.json", result);
  scaling::write_fit_report(output / "report.html", fit, points);
  call.write_run_files(output, {}, std::vector<fs::path>(settings.runs.begin(), settings.runs.end()));
  std::string text =
      str((output / "fit.json").string(), ": L(N, D) = E + A / N^alpha + B / D^beta of ", points.size(), " runs\n");
  for (const auto& [name, value] : result["law"].items()) {
    text += str("  ", name, " ", base::fixed(value.get<double>(), 4), " (",
                base::fixed(result["ci95"][name][0].get<double>(), 4), " to ",
                base::fixed(result["ci95"][name][1].get<double>(), 4), ")\n");
  }
  call.result(result, text);
  return 0;
}

int run_scaling_plan(Invocation& call) {
  PlanSettings settings;
  if (!call.parse(settings)) return 0;
  const double flop = settings.compute > 0 ? settings.compute : settings.hours * 3600 * settings.flop_per_second;
  scaling::Optimum best;
  Json intervals = Json::object();
  if (settings.law == "kaplan") {
    best = scaling::kaplan_optimum(flop);
  } else if (settings.law != "fitted") {
    best = scaling::optimum(settings.law == "chinchilla" ? scaling::chinchilla() : scaling::chinchilla_refit(), flop);
  } else {
    const scaling::Fit fit = scaling::read_fit(settings.fit);
    best = scaling::optimum(fit.law, flop);
    std::vector<double> parameters, tokens, losses;
    for (const scaling::Law& law : fit.bootstrap) {
      const scaling::Optimum one = scaling::optimum(law, flop);
      parameters.push_back(one.parameters);
      tokens.push_back(one.tokens);
      losses.push_back(one.loss);
    }
    intervals = {
        {"parameters", interval_json(parameters)}, {"tokens", interval_json(tokens)}, {"loss", interval_json(losses)}};
  }
  const scaling::Shape shape = scaling::shape_for(best.parameters);
  const Json result = {{"law", settings.law},
                       {"flop", flop},
                       {"parameters", best.parameters},
                       {"tokens", best.tokens},
                       {"bytes", best.tokens * settings.bytes_per_token},
                       {"loss", best.loss},
                       {"ci95", intervals},
                       {"batch_tokens", scaling::critical_batch_tokens(best.loss)},
                       {"hidden_size", shape.hidden_size},
                       {"num_hidden_layers", shape.layers}};
  const auto between = [&](const char* name) {
    return intervals.contains(name)
               ? str(" (95 %: ", rounded(intervals[name][0]), " to ", rounded(intervals[name][1]), ")")
               : "";
  };
  std::string text = str("for ", flop, " FLOP by ", settings.law, ":\n  encoder ", rounded(best.parameters),
                         " parameters", between("parameters"), ": ", shape.layers, " layers of width ",
                         shape.hidden_size, "\n  ", rounded(best.tokens), " tokens", between("tokens"), ", ",
                         base::human_bytes(best.tokens * settings.bytes_per_token), " of text\n  batch up to about ",
                         rounded(scaling::critical_batch_tokens(best.loss)), " tokens\n  expected loss ",
                         base::fixed(best.loss, 3), " nats a token");
  if (intervals.contains("loss"))
    text += str(" (95 %: ", base::fixed(intervals["loss"][0].get<double>(), 3), " to ",
                base::fixed(intervals["loss"][1].get<double>(), 3), ")");
  if (settings.law != "fitted")
    text += "\n  the constants are of left-to-right models of English: sizes carry over better than the loss";
  call.result(result, text + "\n");
  return 0;
}

}  // namespace lmkor::cli
