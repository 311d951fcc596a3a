// Figures of training, gathered over several steps as sums on the device: nothing is read back before means() asks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/base/json.h"

namespace lmkor::train {

class Measures {
 public:
  // Adds to the figure `name`: its mean is the sum of all `sum` over the sum of all `weight` (scalars). No gradient.
  void add(const std::string& name, const at::Tensor& sum, const at::Tensor& weight);
  void add(const std::string& name, const at::Tensor& sum, double weight);
  // Adds scores of a two-way decision, for the area under the ROC curve: shares in [0, 1], labels 0 or 1.
  void add_decisions(const std::string& name, const at::Tensor& scores_N, const at::Tensor& labels_N);

  // The figures in the order in which they were first added; a figure of weight 0 is 0. The area is exact up to ties
  // within 1/1024 of a score.
  std::vector<std::pair<std::string, double>> means() const;
  // Everything gathered so far, for a checkpoint, and back.
  base::Json state() const;
  void restore(const base::Json& state);
  // Adds what another process gathered.
  void add_state(const base::Json& state);
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    std::string name;
    at::Tensor sum, weight;  // fp64 scalars
    at::Tensor decisions;    // [2, bins]: how often each score was given to label 0 and 1
  };
  Entry& entry(const std::string& name);
  std::vector<Entry> entries_;
};

}  // namespace lmkor::train
