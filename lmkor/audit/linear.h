// Softmax regression with L2 on sparse rows by averaged stochastic gradients (Bottou 2010), and what cross-validation
// with it says of each row.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmkor/audit/features.h"

namespace lmkor::audit {

struct LinearOptions {
  int64_t folds = 5;
  int64_t epochs = 10;
  double learning_rate = 1;
  double l2 =
      0.3;  // weight of half the squared norm against the sum of losses: without it wrong labels are learnt by heart
  uint64_t seed = 1;
  int threads = 1;  // does not change the result
};

struct CrossValidation {
  size_t labels = 0;
  std::vector<float> probabilities;  // [rows, labels], of the model that did not see the row
  // Training dynamics (Swayamdipta et al. 2020): mean and standard deviation, over epochs, of the probability of the
  // given label, before each update with the row, over the models that saw it.
  std::vector<float> confidence, variability;

  std::span<const float> of(size_t row) const { return {probabilities.data() + row * labels, labels}; }
};

// Rows of one `group` (equal texts) are in one fold, so that a copy never tells the label. Deterministic. Throws
// kInterrupted.
CrossValidation cross_validate(const SparseRows& rows, std::span<const int64_t> given, size_t labels,
                               std::span<const uint64_t> groups, const LinearOptions& options);
// The same for numbers by linear regression: the value that a model which did not see the row expects.
std::vector<double> cross_validated_values(const SparseRows& rows, std::span<const double> given,
                                           std::span<const uint64_t> groups, const LinearOptions& options);

}  // namespace lmkor::audit
