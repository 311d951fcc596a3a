#include "lmkor/train/measures.h"

namespace lmkor::train {

namespace {

constexpr int64_t kBins = 1024;

double area_under_curve(const at::Tensor& decisions) {
  const at::Tensor host = decisions.to(at::kCPU, at::kDouble);
  const double* negatives = host.data_ptr<double>();
  const double* positives = negatives + kBins;
  double below = 0, wins = 0, all_positives = 0;
  for (int64_t bin = 0; bin < kBins; ++bin) {
    wins += positives[bin] * (below + negatives[bin] / 2);
    below += negatives[bin];
    all_positives += positives[bin];
  }
  return below == 0 || all_positives == 0 ? 0 : wins / (below * all_positives);
}

}  // namespace

Measures::Entry& Measures::entry(const std::string& name) {
  for (Entry& entry : entries_) {
    if (entry.name == name) return entry;
  }
  entries_.push_back({name, {}, {}, {}});
  return entries_.back();
}

void Measures::add(const std::string& name, const at::Tensor& sum, const at::Tensor& weight) {
  Entry& found = entry(name);
  const at::Tensor add_sum = sum.detach().to(at::kDouble), add_weight = weight.detach().to(at::kDouble);
  // What was restored from a checkpoint lies on the CPU.
  found.sum = found.sum.defined() ? found.sum.to(add_sum.device()) + add_sum : add_sum;
  found.weight = found.weight.defined() ? found.weight.to(add_weight.device()) + add_weight : add_weight;
}

void Measures::add(const std::string& name, const at::Tensor& sum, double weight) {
  add(name, sum, at::full({}, weight, sum.options().dtype(at::kDouble)));
}

void Measures::add_decisions(const std::string& name, const at::Tensor& scores_N, const at::Tensor& labels_N) {
  Entry& found = entry(name);
  const at::Tensor bin_N = (scores_N.detach() * kBins).to(at::kLong).clamp(0, kBins - 1);
  const at::Tensor counts = at::bincount(bin_N + labels_N.to(at::kLong) * kBins, {}, 2 * kBins).view({2, kBins});
  found.decisions = found.decisions.defined() ? found.decisions.to(counts.device()) + counts : counts;
}

std::vector<std::pair<std::string, double>> Measures::means() const {
  std::vector<std::pair<std::string, double>> out;
  for (const Entry& entry : entries_) {
    if (entry.decisions.defined()) {
      out.emplace_back(entry.name, area_under_curve(entry.decisions));
      continue;
    }
    const double weight = entry.weight.item<double>();
    out.emplace_back(entry.name, weight == 0 ? 0 : entry.sum.item<double>() / weight);
  }
  return out;
}

base::Json Measures::state() const {
  base::Json out = base::Json::array();
  for (const Entry& entry : entries_) {
    base::Json row = {{"name", entry.name}};
    if (entry.decisions.defined()) {
      const at::Tensor host = entry.decisions.to(at::kCPU, at::kLong).contiguous();
      row["decisions"] = std::vector<int64_t>(host.data_ptr<int64_t>(), host.data_ptr<int64_t>() + host.numel());
    } else {
      row["sum"] = entry.sum.item<double>();
      row["weight"] = entry.weight.item<double>();
    }
    out.push_back(std::move(row));
  }
  return out;
}

void Measures::restore(const base::Json& state) {
  entries_.clear();
  add_state(state);
}

void Measures::add_state(const base::Json& state) {
  for (const base::Json& row : state) {
    const auto name = row.at("name").get<std::string>();
    if (row.contains("decisions")) {
      const auto counts = row.at("decisions").get<std::vector<int64_t>>();
      const at::Tensor added = at::tensor(at::ArrayRef<int64_t>(counts), at::kLong).view({2, kBins});
      Entry& found = entry(name);
      found.decisions = found.decisions.defined() ? found.decisions.to(at::kCPU) + added : added;
    } else {
      add(name, at::scalar_tensor(row.at("sum").get<double>(), at::kDouble), row.at("weight").get<double>());
    }
  }
}

}  // namespace lmkor::train
