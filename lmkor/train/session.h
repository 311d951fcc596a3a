// Networks, optimizer, weight average and how a step is made; knows nothing of files of a run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/train/average.h"
#include "lmkor/train/extension.h"
#include "lmkor/train/gradient_sum.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/measures.h"
#include "lmkor/train/objective.h"
#include "lmkor/train/trainer.h"

namespace lmkor::train {

class Session {
 public:
  // With random weights, or those of job.init with the new rows of `extension` where there is one.
  Session(const PretrainJob& job, const model::Config& config, const Extension* extension);

  // Forward and backward over all parts of the step, one update with the gradients of all processes: of the new rows
  // alone in the first extension_steps steps. Returns the norm of the gradients, a scalar; where it is not finite
  // nothing is changed on the CPU and the gradients stay.
  at::Tensor update(const StepBatch& batch, double learning_rate, Measures& measures);
  // The same forward pass without dropout, gradients and update, with the averaged weights where there are any.
  void evaluate(const StepBatch& batch, Measures& measures);
  // The names of the first few gradients, or else parameters, that are not finite.
  struct NotFinite {
    std::vector<std::string> gradients, parameters;
  };
  NotFinite not_finite();
  void drop_gradients() { optimizer_->drop_gradients(); }
  // From here on the networks hold the averaged weights, if there are any. No update may follow.
  void take_average();

  // What a checkpoint holds of it: tensors, and counters to be given back beside them.
  std::vector<NamedTensor> tensors() const;
  base::Json counters() const;
  void restore_counters(const base::Json& counters);

  Objective& objective() { return *objective_; }
  at::Device device() const { return device_; }

 private:
  void load_weights(const std::filesystem::path& init);

  at::Device device_;
  layers::Mode mode_;
  uint64_t seed_, extension_steps_;
  std::unique_ptr<Objective> objective_;
  std::unique_ptr<NewRows> new_rows_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Average> average_;
  std::unique_ptr<GradientSum> gradient_sum_;  // where there are several processes
};

}  // namespace lmkor::train
