#include "lmkor/task/classifier.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/layers/packed.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

namespace {

// The inputs numbered `rows` one behind the other.
model::PackedInput pack(const EncodedSet& set, std::span<const size_t> rows, at::Device device) {
  std::vector<int32_t> ids, types, starts = {0};
  for (const size_t row : rows) {
    const Encoded& input = set.inputs[row];
    ids.insert(ids.end(), input.ids.begin(), input.ids.end());
    types.insert(types.end(), input.type_ids.begin(), input.type_ids.end());
    starts.push_back(static_cast<int32_t>(ids.size()));
  }
  return layers::make_packed(ids, {}, types, starts, device);
}

at::Tensor logits_of(const model::Network& network, const model::PackedInput& input, const layers::Mode& mode) {
  return model::sequence_logits(network, model::encode(network, input, mode), input, mode);
}

}  // namespace

EncodedSet encode_examples(const std::vector<Example>& examples, const tokenizer::Tokenizer& tokenizer,
                           int64_t max_length) {
  tokenizer::Tokenizer::Scratch scratch;
  tokenizer::EncodeOptions whole;
  whole.add_special = true;
  tokenizer::EncodeOptions options = whole;
  options.max_length = static_cast<size_t>(max_length);
  EncodedSet out;
  for (const Example& example : examples) {
    const std::string_view second = example.second_text;
    tokenizer::Encoding encoding;
    const auto encode = [&](const tokenizer::EncodeOptions& how) {
      tokenizer.encode(example.text, second.empty() ? nullptr : &second, scratch, how, encoding);
    };
    encode(whole);
    if (encoding.ids.size() > options.max_length) {
      ++out.cut;
      encode(options);
    }
    out.tokens += encoding.ids.size();
    out.inputs.push_back({std::move(encoding.ids), std::move(encoding.type_ids)});
    out.labels.push_back(example.label);
  }
  return out;
}

std::vector<std::vector<double>> predict(const model::Network& network, const EncodedSet& set, layers::Mode mode,
                                         at::Device device, int64_t batch_tokens) {
  const at::NoGradGuard guard;
  mode.training = false;
  std::vector<size_t> order(set.inputs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return set.inputs[a].ids.size() < set.inputs[b].ids.size(); });
  std::vector<std::vector<double>> out(order.size());
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    base::check_interrupt();
    int64_t tokens = 0;
    while (end < order.size()) {
      tokens += static_cast<int64_t>(set.inputs[order[end]].ids.size());
      if (tokens > batch_tokens && end > begin) break;
      ++end;
    }
    const std::span<const size_t> rows(order.data() + begin, end - begin);
    const at::Tensor shares =
        at::softmax(logits_of(network, pack(set, rows, device), mode), 1).to(at::kCPU, at::kDouble).contiguous();
    const double* values = shares.data_ptr<double>();
    const auto labels = static_cast<size_t>(shares.size(1));
    for (size_t i = 0; i < rows.size(); ++i) out[rows[i]].assign(values + i * labels, values + (i + 1) * labels);
  }
  return out;
}

std::vector<int64_t> most_probable(const std::vector<std::vector<double>>& probabilities) {
  std::vector<int64_t> out;
  for (const std::vector<double>& row : probabilities)
    out.push_back(std::max_element(row.begin(), row.end()) - row.begin());
  return out;
}

uint64_t steps_per_epoch(size_t examples, int64_t batch_size) {
  return (examples + static_cast<size_t>(batch_size) - 1) / static_cast<size_t>(batch_size);
}

double train_epoch(const EpochJob& job) {
  const size_t count = job.set.inputs.size();
  const base::Permutation order(count, job.seed, job.epoch);
  const uint64_t steps = steps_per_epoch(count, job.batch_size);
  double loss_sum = 0;
  std::vector<size_t> rows;
  for (uint64_t i = 0; i < steps; ++i) {
    base::check_interrupt();
    rows.clear();
    for (size_t at = i * static_cast<size_t>(job.batch_size);
         at < count && rows.size() < static_cast<size_t>(job.batch_size); ++at)
      rows.push_back(order.at(at));
    at::Tensor labels = at::empty({static_cast<int64_t>(rows.size())}, at::kLong);
    for (size_t row = 0; row < rows.size(); ++row) labels.data_ptr<int64_t>()[row] = job.set.labels[rows[row]];
    const uint64_t step = job.epoch * steps + i;
    train::seed_generators(job.seed, step, 0);
    const at::Tensor loss = at::cross_entropy_loss(logits_of(job.network, pack(job.set, rows, job.device), job.mode),
                                                   labels.to(job.device));
    loss.backward();
    const at::Tensor norm = job.optimizer.step(job.schedule.at(step));
    if (!std::isfinite(norm.item<double>())) {
      throw base::Error(base::ErrorKind::kNumeric, base::str("fine-tuning, step ", step,
                                                             ": the gradients are not finite; lower "
                                                             "finetune.learning_rate or use finetune.precision fp32"));
    }
    loss_sum += loss.item<double>() * static_cast<double>(rows.size());
    if (job.on_step) job.on_step(step + 1);
  }
  return loss_sum / static_cast<double>(count);
}

}  // namespace lmkor::task
