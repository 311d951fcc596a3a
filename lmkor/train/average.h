// An exponential average of the weights (Polyak and Juditsky, 1992): steadier than the weights of any one step.
#pragma once

#include <cstdint>
#include <vector>

#include "lmkor/model/network.h"
#include "lmkor/train/optimizer.h"

namespace lmkor::train {

class Average {
 public:
  // Begins at the parameters' values.
  Average(std::vector<model::Parameter> parameters, double decay);

  // Moves the average on after the `updates`-th update: average = d average + (1 - d) value, where d is the decay or,
  // in the first updates, (1 + updates) / (10 + updates), so that the start is soon forgotten.
  void update(uint64_t updates);
  // Exchanges averages and values, to the bit; done twice, all is as before.
  void swap();
  // "average/NAME" of each parameter.
  std::vector<NamedTensor> state() const;

 private:
  std::vector<model::Parameter> parameters_;
  std::vector<at::Tensor> averages_;
  double decay_;
};

}  // namespace lmkor::train
