#include "lmkor/train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/str.h"
#include "lmkor/kernels/adamw.h"
#include "lmkor/kernels/lamb.h"
#include "lmkor/kernels/muon.h"

namespace lmkor::train {

using base::str;

void OptimizerOptions::fields(config::Fields& f) {
  f.add(
      "optimizer", optimizer,
      "rule of the updates; muon is for the matrices inside the encoders, all else goes by adamw; lamb for very large "
      "batches",
      config::one_of({"adamw", "muon", "lamb"}));
  f.add("muon_momentum", muon_momentum, "decay of Muon's momentum", config::below_one());
  f.add("weight_decay", weight_decay, "decoupled weight decay of all but biases and norms", config::at_least(0));
  f.add("adam_beta1", adam_beta1, "decay of the first moment", config::below_one());
  f.add("adam_beta2", adam_beta2, "decay of the second moment", config::below_one());
  f.add("adam_epsilon", adam_epsilon, "added to the root of the second moment", config::more_than(0));
  f.add("bias_correction", bias_correction, "correct the moments for their start at zero; the reference code does not");
  f.add("clip_norm", clip_norm, "largest global norm of the gradients, 0 for any", config::at_least(0));
  f.add("layer_decay", layer_decay, "factor of the rate for each layer further from the output",
        config::between(0.1, 1));
}

Optimizer::Optimizer(std::vector<model::Parameter> parameters, const OptimizerOptions& options) : options_(options) {
  int64_t deepest = 0;
  for (model::Parameter& parameter : parameters) {
    if (parameter.shared) continue;
    deepest = std::max(deepest, parameter.depth);
    moments1_.push_back(at::zeros_like(parameter.tensor));
    const bool by_muon = options.optimizer == "muon" && parameter.matrix;
    moments2_.push_back(by_muon ? at::Tensor() : at::zeros_like(parameter.tensor));
    parameters_.push_back(std::move(parameter));
  }
  for (const model::Parameter& parameter : parameters_)
    rate_factors_.push_back(std::pow(options.layer_decay, static_cast<double>(deepest - parameter.depth)));
}

at::Tensor Optimizer::step(double learning_rate) {
  const at::NoGradGuard guard;
  std::vector<at::Tensor> squares;
  for (const model::Parameter& parameter : parameters_) {
    if (parameter.tensor.grad().defined()) squares.push_back(kernels::sum_of_squares(parameter.tensor.grad()));
  }
  if (squares.empty()) return at::zeros({});
  const at::Tensor norm = at::stack(squares).sum().sqrt().to(at::kFloat);
  if (norm.is_cpu() && !std::isfinite(norm.item<double>())) return norm;
  ++steps_done_;
  at::Tensor scale = at::ones_like(norm);
  if (options_.clip_norm > 0) scale = (options_.clip_norm / norm.clamp_min(1e-12)).clamp_max(1);
  kernels::AdamWStep update = {
      .beta1 = options_.adam_beta1, .beta2 = options_.adam_beta2, .epsilon = options_.adam_epsilon};
  if (options_.bias_correction) {
    update.correction1 = 1 - std::pow(options_.adam_beta1, static_cast<double>(steps_done_));
    update.correction2 = 1 - std::pow(options_.adam_beta2, static_cast<double>(steps_done_));
  }
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& value = parameters_[i].tensor;
    if (!value.grad().defined()) continue;
    const double rate = learning_rate * rate_factors_[i], decay = parameters_[i].decay ? options_.weight_decay : 0;
    if (!moments2_[i].defined()) {
      kernels::muon(value, value.grad(), moments1_[i], scale,
                    {.learning_rate = rate, .momentum = options_.muon_momentum, .weight_decay = decay});
      continue;
    }
    update.learning_rate = rate;
    update.weight_decay = decay;
    if (options_.optimizer == "lamb") {
      kernels::lamb(value, value.grad(), moments1_[i], moments2_[i], scale, update, parameters_[i].decay);
      continue;
    }
    kernels::adamw(value, value.grad(), moments1_[i], moments2_[i], scale, update);
  }
  drop_gradients();
  return norm;
}

void Optimizer::drop_gradients() {
  for (model::Parameter& parameter : parameters_) parameter.tensor.mutable_grad() = at::Tensor();
}

std::vector<NamedTensor> Optimizer::state() const {
  std::vector<NamedTensor> out;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    out.push_back({str("value/", name), parameters_[i].tensor});
    out.push_back({str("moment1/", name), moments1_[i]});
    if (moments2_[i].defined()) out.push_back({str("moment2/", name), moments2_[i]});
  }
  return out;
}

}  // namespace lmkor::train
