#include "lmkor/audit/linear.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/random.h"

namespace lmkor::audit {

namespace {

// Weights and their averages, [width + bias][w | a][outputs], after Bottou's svmasgd: the decay of L2 and the running
// mean touch every column in every step, so both are kept as factors of the whole: w = W / w_divisor and
// a = (A + w_fraction * W) / a_divisor.
class Linear {
 public:
  // `rows` of `width` columns are one epoch.
  Linear(size_t width, size_t outputs, const LinearOptions& options, size_t rows)
      : width_(width),
        outputs_(outputs),
        rate_(options.learning_rate),
        decay_(options.l2 / static_cast<double>(rows)),
        average_from_(rows),
        table_((width + 1) * outputs * 2) {}

  void forward(const SparseRows& rows, size_t row, std::vector<float>& out) const {
    sum(rows, row, static_cast<float>(1 / w_divisor_), 0, out);
  }
  // By the mean of the weights since the second epoch.
  void forward_averaged(const SparseRows& rows, size_t row, std::vector<float>& out) const {
    sum(rows, row, static_cast<float>(w_fraction_ / a_divisor_), static_cast<float>(1 / a_divisor_), out);
  }

  void update(const SparseRows& rows, size_t row, const std::vector<float>& gradient) {
    ++steps_;
    const double rate = rate_ / std::pow(1 + decay_ * rate_ * static_cast<double>(steps_), 0.75);
    w_divisor_ /= 1 - rate * decay_;
    const double mean = steps_ <= average_from_ ? 1 : 1 / static_cast<double>(steps_ - average_from_ + 1);
    const auto step = static_cast<float>(-rate * w_divisor_);
    const float back = mean < 1 ? static_cast<float>(-w_fraction_) : 0;
    for (size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i)
      add(rows.columns[i], step * rows.values[i], back, gradient);
    add(width_, step, back, gradient);
    if (mean < 1) {
      a_divisor_ /= 1 - mean;
      w_fraction_ += mean * a_divisor_ / w_divisor_;
    } else {
      a_divisor_ = w_divisor_;
    }
    if (w_divisor_ > 1e5 || a_divisor_ > 1e5) rescale();
  }

 private:
  void add(size_t column, float step, float back, const std::vector<float>& gradient) {
    float* w = table_.data() + column * outputs_ * 2;
    for (size_t k = 0; k < outputs_; ++k) {
      const float change = step * gradient[k];
      w[k] += change;
      w[outputs_ + k] += back * change;
    }
  }
  void sum(const SparseRows& rows, size_t row, float of_w, float of_a, std::vector<float>& out) const {
    out.assign(outputs_, 0);
    const auto take = [&](size_t column, float value) {
      const float* w = table_.data() + column * outputs_ * 2;
      for (size_t k = 0; k < outputs_; ++k) out[k] += value * (of_w * w[k] + of_a * w[outputs_ + k]);
    };
    for (size_t i = rows.starts[row]; i < rows.starts[row + 1]; ++i) take(rows.columns[i], rows.values[i]);
    take(width_, 1);
  }
  // The factors back to one, before floats lose digits.
  void rescale() {
    const auto of_w = static_cast<float>(1 / w_divisor_), of_a = static_cast<float>(1 / a_divisor_),
               of_both = static_cast<float>(w_fraction_ / a_divisor_);
    for (size_t i = 0; i < table_.size(); i += 2 * outputs_) {
      for (size_t k = i; k < i + outputs_; ++k) {
        table_[k + outputs_] = of_a * table_[k + outputs_] + of_both * table_[k];
        table_[k] *= of_w;
      }
    }
    w_divisor_ = a_divisor_ = 1;
    w_fraction_ = 0;
  }

  size_t width_, outputs_;
  double rate_, decay_;
  size_t average_from_, steps_ = 0;
  double w_divisor_ = 1, a_divisor_ = 1, w_fraction_ = 1;
  std::vector<float> table_;
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
void run_folds(const SparseRows& features, size_t outputs, const std::vector<int64_t>& folds,
               const LinearOptions& options, const Learn& learn, const Judge& judge) {
  const size_t rows = features.size();
  base::parallel_for(static_cast<size_t>(options.folds), options.threads, [&](size_t fold) {
    Linear model(features.width, outputs, options,
                 rows - static_cast<size_t>(std::count(folds.begin(), folds.end(), static_cast<int64_t>(fold))));
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
    model.forward_averaged(rows, row, values);
    softmax(values);
    std::copy(values.begin(), values.end(), out.probabilities.begin() + static_cast<std::ptrdiff_t>(row * labels));
  };
  run_folds(rows, labels, folds_of(groups, options), options, learn, judge);
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
    model.forward_averaged(rows, row, value);
    out[row] = value[0];
  };
  run_folds(rows, 1, folds_of(groups, options), options, learn, judge);
  return out;
}

}  // namespace lmkor::audit
