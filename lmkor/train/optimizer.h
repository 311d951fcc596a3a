// AdamW, LAMB, or Muon with AdamW, over the parameters of one or more networks, with clipping of the global gradient
// norm.
#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/config/fields.h"
#include "lmkor/model/network.h"

namespace lmkor::train {

struct OptimizerOptions {
  std::string optimizer = "adamw";
  double muon_momentum = 0.95;
  double weight_decay = 0.01;
  double adam_beta1 = 0.9, adam_beta2 = 0.999;
  double adam_epsilon = 1e-6;
  bool bias_correction = false;
  double clip_norm = 1;
  double layer_decay = 1;

  void fields(config::Fields& f);
};

// What must be saved of a run: parameters and moments, each under a name of its own. Handles, not copies.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

class Optimizer {
 public:
  // Parameters marked `shared` are left out: the network that owns them has them. With layer_decay d < 1 a parameter of
  // depth k learns at rate * d^(deepest - k) (google-research/electra, optimization.py).
  Optimizer(std::vector<model::Parameter> parameters, const OptimizerOptions& options);

  // One update with the gradients at hand, which are then dropped. A parameter without gradient keeps its value and
  // moments. Returns the global norm of the gradients before clipping, a scalar on their device; where it is not finite
  // nothing is changed, and the caller is to stop.
  at::Tensor step(double learning_rate);
  void drop_gradients();

  uint64_t steps_done() const { return steps_done_; }
  void set_steps_done(uint64_t steps) { steps_done_ = steps; }
  // Parameters and moments: "value/NAME", "moment1/NAME" and, where AdamW updates it, "moment2/NAME".
  std::vector<NamedTensor> state() const;
  const std::vector<model::Parameter>& parameters() const { return parameters_; }

 private:
  std::vector<model::Parameter> parameters_;
  std::vector<at::Tensor> moments1_, moments2_;  // the second is undefined where Muon updates
  std::vector<double> rate_factors_;
  OptimizerOptions options_;
  uint64_t steps_done_ = 0;
};

}  // namespace lmkor::train
