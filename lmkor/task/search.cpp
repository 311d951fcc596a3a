#include "lmkor/task/search.h"

#include <algorithm>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/log.h"
#include "lmkor/base/random.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

using base::Json;
using base::str;

namespace {

struct Axis {
  std::string setting;
  std::vector<std::string> values;
};

std::vector<Axis> axes_of(const SearchOptions& search) {
  std::vector<Axis> out;
  config::Faults faults;
  for (const std::string& text : search.space) {
    const size_t equals = text.find('=');
    Axis axis{text.substr(0, equals), {}};
    std::string_view rest =
        equals == std::string::npos ? std::string_view() : std::string_view(text).substr(equals + 1);
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(' '), rest.size());
      if (end > 0) axis.values.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (axis.values.empty()) {
      faults.add(
          str("search_space: got \"", text, "\", expected a setting and its values, as learning_rate=1e-5 3e-5"));
      continue;
    }
    for (const std::string& value : axis.values) {
      FinetuneOptions probe;
      config::Fields fields = config::Fields::of(probe);
      fields.set(axis.setting, {value}, "search_space", faults);
      fields.check(faults);
    }
    out.push_back(std::move(axis));
  }
  faults.raise("search");
  return out;
}

std::string text_of(const Combination& combination) {
  std::vector<std::string> parts;
  for (const auto& [setting, value] : combination) parts.push_back(str(setting, "=", value));
  return base::join(parts, ", ");
}

// The dev score of a combination trained for `epochs`, from its file where it is known.
struct Trials {
  TrialData& data;
  const FinetuneOptions& options;
  uint64_t seed;
  std::filesystem::path folder;
  Json done = Json::array();

  double dev(const Combination& combination, int64_t epochs) {
    FinetuneOptions options_now = data.resolved(with(options, combination));
    options_now.epochs = epochs;
    Json settings = Json::object();
    for (const auto& [setting, value] : combination) settings[setting] = value;
    const std::filesystem::path file = folder / str("trial-", done.size() + 1, ".json");
    if (std::filesystem::exists(file)) {
      const Json known = base::read_json(file);
      if (known.at("settings") == settings && known.at("epochs") == epochs) {
        done.push_back(known);
        return known.at("dev");
      }
    }
    const base::Stopwatch clock;
    const TrialData::Outcome outcome =
        data.train(options_now, seed, str("trial ", done.size() + 1, ": ", text_of(combination)));
    done.push_back({{"settings", settings},
                    {"epochs", epochs},
                    {"dev", outcome.dev},
                    {"best_epoch", outcome.best_epoch},
                    {"seconds", clock.seconds()}});
    base::write_json(file, done.back());
    return outcome.dev;
  }
};

}  // namespace

void SearchOptions::fields(config::Fields& f) {
  f.add("search", kind, "how settings are searched on dev before the seeds that count",
        config::one_of({"none", "grid", "random", "halving"}));
  f.add("search_space", space, "finetune settings and the values to try, each as \"learning_rate=1e-5 3e-5\"");
  f.add("search_trials", trials, "combinations to try at most", config::at_least(1));
}

std::vector<Combination> combinations(const SearchOptions& search, uint64_t seed) {
  const std::vector<Axis> axes = axes_of(search);
  uint64_t all = 1;
  for (const Axis& axis : axes) all *= axis.values.size();
  const base::Permutation drawn(all, seed, 0);
  std::vector<Combination> out;
  for (uint64_t i = 0; i < std::min(all, static_cast<uint64_t>(search.trials)); ++i) {
    uint64_t number = search.kind == "grid" ? i : drawn.at(i);
    Combination combination;
    for (const Axis& axis : axes) {
      combination.emplace_back(axis.setting, axis.values[number % axis.values.size()]);
      number /= axis.values.size();
    }
    out.push_back(std::move(combination));
  }
  return out;
}

FinetuneOptions with(const FinetuneOptions& options, const Combination& combination) {
  FinetuneOptions out = options;
  config::Fields fields = config::Fields::of(out);
  config::Faults faults;
  for (const auto& [setting, value] : combination) fields.set(setting, {value}, "search_space", faults);
  faults.raise("search");
  return out;
}

FinetuneOptions search_settings(TrialData& data, const FinetuneOptions& options, const SearchOptions& search,
                                uint64_t seed, const std::filesystem::path& folder) {
  base::make_directories(folder);
  Trials trials{data, options, seed, folder};
  std::vector<Combination> left = combinations(search, seed);
  const auto epochs_of = [&](const Combination& combination) {
    return data.resolved(with(options, combination)).epochs;
  };
  // Halving: the number of rounds decides with how few epochs they begin.
  int64_t share = 1;
  if (search.kind == "halving") {
    while (static_cast<size_t>(share) < left.size()) share *= 2;
  }
  double best = 0;
  for (;; share /= 2) {
    std::vector<std::pair<double, size_t>> scores;
    for (size_t i = 0; i < left.size(); ++i)
      scores.emplace_back(-trials.dev(left[i], std::max<int64_t>(1, epochs_of(left[i]) / share)), i);
    std::sort(scores.begin(), scores.end());  // the earlier of equal ones
    best = -scores.front().first;
    std::vector<Combination> better;
    const size_t keep = share == 1 ? 1 : (left.size() + 1) / 2;
    for (size_t i = 0; i < keep; ++i) better.push_back(left[scores[i].second]);
    left = std::move(better);
    if (share == 1) break;
  }
  base::log_info(str("search: ", text_of(left.front()), " is best on dev (", base::fixed(best, 4), ") of ",
                     trials.done.size(), " trials"));
  Json chosen = Json::object();
  for (const auto& [setting, value] : left.front()) chosen[setting] = value;
  base::write_json(folder / "search.json",
                   {{"kind", search.kind}, {"chosen", chosen}, {"dev", best}, {"trials", trials.done}});
  return data.resolved(with(options, left.front()));
}

}  // namespace lmkor::task
