#include "lmkor/audit/linear.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/random.h"

namespace lmkor::audit {

namespace {

// Weights [columns, outputs] and AdaGrad's sums of squares beside them.
class Linear {
 public:
  Linear(size_t outputs, double rate)
      : outputs_(outputs),
        rate_(static_cast<float>(rate)),
        weights_(kColumns * outputs),
        squares_(kColumns * outputs, 1e-8f),
        bias_(outputs),
        bias_squares_(outputs, 1e-8f) {}

  void forward(const SparseRows& rows, size_t row, std::vector<float>& out) const {
    out.assign(bias_.begin(), bias_.end());
    for (size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i) {
      const float* weight = weights_.data() + rows.columns[i] * outputs_;
      for (size_t k = 0; k < outputs_; ++k) out[k] += rows.values[i] * weight[k];
    }
  }
  void update(const SparseRows& rows, size_t row, const std::vector<float>& gradient) {
    for (size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i) {
      const size_t at = rows.columns[i] * outputs_;
      for (size_t k = 0; k < outputs_; ++k) step(weights_[at + k], squares_[at + k], gradient[k] * rows.values[i]);
    }
    for (size_t k = 0; k < outputs_; ++k) step(bias_[k], bias_squares_[k], gradient[k]);
  }

 private:
  void step(float& weight, float& squares, float gradient) const {
    squares += gradient * gradient;
    weight -= rate_ * gradient / std::sqrt(squares);
  }
  size_t outputs_;
  float rate_;
  std::vector<float> weights_, squares_, bias_, bias_squares_;
};

void softmax(std::vector<float>& values) {
  const float top = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - top);
  for (float& value : values) value /= sum;
}

std::vector<int64_t> folds_of(std::span<const uint64_t> groups, const LinearOptions& options) {
  const base::Random random(options.seed, base::RandomUse::kSplit);
  std::vector<int64_t> out;
  for (const uint64_t group : groups)
    out.push_back(static_cast<int64_t>(random.below(group, static_cast<uint64_t>(options.folds))));
  return out;
}

// Trains a model per fold on the rows outside it: `learn(fold, epoch, model, row)` for each, in an order drawn anew
// each epoch; then `judge(fold, model, row)` for the rows inside.
template <class Learn, class Judge>
void run_folds(size_t rows, size_t outputs, const std::vector<int64_t>& folds, const LinearOptions& options,
               const Learn& learn, const Judge& judge) {
  base::parallel_for(static_cast<size_t>(options.folds), options.threads, [&](size_t fold) {
    Linear model(outputs, options.learning_rate);
    for (int64_t epoch = 0; epoch < options.epochs; ++epoch) {
      base::check_interrupt();
      const base::Permutation order(rows, options.seed, static_cast<uint64_t>(epoch));
      for (size_t i = 0; i < rows; ++i) {
        const size_t row = order.at(i);
        if (folds[row] != static_cast<int64_t>(fold)) learn(fold, epoch, model, row);
      }
    }
    for (size_t row = 0; row < rows; ++row) {
      if (folds[row] == static_cast<int64_t>(fold)) judge(model, row);
    }
  });
}

}  // namespace

CrossValidation cross_validate(const SparseRows& rows, std::span<const int64_t> given, size_t labels,
                               std::span<const uint64_t> groups, const LinearOptions& options) {
  const size_t count = rows.size(), folds = static_cast<size_t>(options.folds);
  CrossValidation out{
      .labels = labels, .probabilities = std::vector<float>(count * labels), .confidence = {}, .variability = {}};
  // [fold, row]: sums over epochs of the given label's probability and its square; folds run beside each other.
  std::vector<float> sums(folds * count), squares(folds * count);
  const auto learn = [&](size_t fold, int64_t epoch, Linear& model, size_t row) {
    thread_local std::vector<float> values;
    model.forward(rows, row, values);
    softmax(values);
    const auto label = static_cast<size_t>(given[row]);
    if (epoch > 0) {  // in the first the model knows nothing of the row
      sums[fold * count + row] += values[label];
      squares[fold * count + row] += values[label] * values[label];
    }
    values[label] -= 1;
    model.update(rows, row, values);
  };
  const auto judge = [&](const Linear& model, size_t row) {
    std::vector<float> values;
    model.forward(rows, row, values);
    softmax(values);
    std::copy(values.begin(), values.end(), out.probabilities.begin() + static_cast<std::ptrdiff_t>(row * labels));
  };
  run_folds(count, labels, folds_of(groups, options), options, learn, judge);
  const auto seen = static_cast<float>((options.folds - 1) * std::max<int64_t>(1, options.epochs - 1));
  for (size_t row = 0; row < count; ++row) {
    float sum = 0, square = 0;
    for (size_t fold = 0; fold < folds; ++fold) {
      sum += sums[fold * count + row];
      square += squares[fold * count + row];
    }
    const float mean = sum / seen;
    out.confidence.push_back(mean);
    out.variability.push_back(std::sqrt(std::max(0.0f, square / seen - mean * mean)));
  }
  return out;
}

std::vector<double> cross_validated_values(const SparseRows& rows, std::span<const double> given,
                                           std::span<const uint64_t> groups, const LinearOptions& options) {
  std::vector<double> out(rows.size());
  const auto learn = [&](size_t, int64_t, Linear& model, size_t row) {
    thread_local std::vector<float> value;
    model.forward(rows, row, value);
    value[0] -= static_cast<float>(given[row]);
    model.update(rows, row, value);
  };
  const auto judge = [&](const Linear& model, size_t row) {
    std::vector<float> value;
    model.forward(rows, row, value);
    out[row] = value[0];
  };
  run_folds(rows.size(), 1, folds_of(groups, options), options, learn, judge);
  return out;
}

}  // namespace lmkor::audit
