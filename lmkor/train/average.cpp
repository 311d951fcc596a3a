#include "lmkor/train/average.h"

#include <algorithm>

#include "lmkor/base/str.h"

namespace lmkor::train {

Average::Average(std::vector<model::Parameter> parameters, double decay)
    : parameters_(std::move(parameters)), decay_(decay) {
  for (const model::Parameter& parameter : parameters_) averages_.push_back(parameter.tensor.detach().clone());
}

void Average::update(uint64_t updates) {
  const at::NoGradGuard guard;
  const auto done = static_cast<double>(updates);
  const double decay = std::min(decay_, (1 + done) / (10 + done));
  for (size_t i = 0; i < averages_.size(); ++i) averages_[i].lerp_(parameters_[i].tensor.detach(), 1 - decay);
}

void Average::swap() {
  const at::NoGradGuard guard;
  for (size_t i = 0; i < averages_.size(); ++i) {
    at::Tensor value = parameters_[i].tensor.detach();
    const at::Tensor kept = value.clone();
    value.copy_(averages_[i]);
    averages_[i].copy_(kept);
  }
}

std::vector<NamedTensor> Average::state() const {
  std::vector<NamedTensor> out;
  for (size_t i = 0; i < averages_.size(); ++i)
    out.push_back({base::str("average/", parameters_[i].name), averages_[i]});
  return out;
}

}  // namespace lmkor::train
