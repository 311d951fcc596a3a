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
  found.sum = found.sum.defined() ? found.sum + add_sum : add_sum;
  found.weight = found.weight.defined() ? found.weight + add_weight : add_weight;
}

void Measures::add(const std::string& name, const at::Tensor& sum, double weight) {
  add(name, sum, at::full({}, weight, sum.options().dtype(at::kDouble)));
}

void Measures::add_decisions(const std::string& name, const at::Tensor& scores_N, const at::Tensor& labels_N) {
  Entry& found = entry(name);
  const at::Tensor bin_N = (scores_N.detach() * kBins).to(at::kLong).clamp(0, kBins - 1);
  const at::Tensor counts = at::bincount(bin_N + labels_N.to(at::kLong) * kBins, {}, 2 * kBins).view({2, kBins});
  found.decisions = found.decisions.defined() ? found.decisions + counts : counts;
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

}  // namespace lmkor::train
