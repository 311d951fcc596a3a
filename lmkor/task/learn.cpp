#include "lmkor/task/learn.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/task/answer_spans.h"
#include "lmkor/task/loss.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

layers::PackedInput pack(const Inputs& inputs, at::Device device) {
  std::vector<int32_t> ids, types, starts = {0};
  for (const Encoded* input : inputs) {
    ids.insert(ids.end(), input->ids.begin(), input->ids.end());
    types.insert(types.end(), input->type_ids.begin(), input->type_ids.end());
    starts.push_back(static_cast<int32_t>(ids.size()));
  }
  return layers::make_packed(ids, {}, types, starts, device);
}

std::vector<Inputs> batches_by_length(const EncodedSet& set, int64_t batch_tokens) {
  Inputs order;
  for (const Encoded& input : set.inputs) order.push_back(&input);
  std::stable_sort(order.begin(), order.end(),
                   [](const Encoded* a, const Encoded* b) { return a->ids.size() < b->ids.size(); });
  std::vector<Inputs> out;
  int64_t tokens = 0;
  for (const Encoded* input : order) {
    tokens += static_cast<int64_t>(input->ids.size());
    if (out.empty() || tokens > batch_tokens) {
      out.emplace_back();
      tokens = static_cast<int64_t>(input->ids.size());
    }
    out.back().push_back(input);
  }
  return out;
}

namespace {

// What the head gives, as rows over labels: [S, C] of sequences, [M, C] of words (in the order of the inputs), or
// [2 S, L] of tokens: the beginnings of all answers, then their ends.
at::Tensor logits_of(const model::Network& network, Kind kind, const Inputs& inputs, const layers::Mode& mode,
                     at::Device device) {
  const layers::PackedInput input = pack(inputs, device);
  const at::Tensor hidden_ND = model::encode(network, input, mode);
  if (kind == Kind::kTags) {
    std::vector<int64_t> places;
    for (size_t i = 0; i < inputs.size(); ++i) {
      for (const int64_t piece : inputs[i]->first_pieces) places.push_back(input.cu_seqlens_host[i] + piece);
    }
    return model::token_logits(network, hidden_ND.index_select(0, at::tensor(places).to(device)), mode);
  }
  if (kind != Kind::kAnswer) return model::sequence_logits(network, hidden_ND, input, mode);
  const at::Tensor logits_N2 = model::question_logits(network, hidden_ND, mode);
  const int64_t sequences = input.sequences(), length = input.max_length;
  std::vector<int64_t> places;
  for (int64_t s = 0; s < sequences; ++s) {
    const auto tokens = static_cast<int64_t>(inputs[static_cast<size_t>(s)]->ids.size());
    for (int64_t i = 0; i < tokens; ++i) places.push_back(s * length + i);
  }
  constexpr double kNever = -1e4;  // finite, so that differences of logarithms are
  return at::full({sequences * length, 2}, kNever, logits_N2.options())
      .index_copy(0, at::tensor(places).to(device), logits_N2)
      .view({sequences, length, 2})
      .permute({2, 0, 1})
      .reshape({2 * sequences, length});
}

at::Tensor targets_of(Kind kind, const Inputs& inputs, at::Device device) {
  if (kind == Kind::kScore) {
    std::vector<float> values;
    for (const Encoded* input : inputs) values.push_back(static_cast<float>(input->value));
    return at::tensor(values).to(device);
  }
  std::vector<int64_t> targets;
  if (kind == Kind::kAnswer) {
    for (const size_t side : {0, 1}) {
      for (const Encoded* input : inputs) targets.push_back(input->targets[side]);
    }
  } else {
    for (const Encoded* input : inputs) targets.insert(targets.end(), input->targets.begin(), input->targets.end());
  }
  const at::Tensor out = at::tensor(targets).to(device);
  return kind == Kind::kMultiLabel ? out.view({static_cast<int64_t>(inputs.size()), -1}).to(at::kFloat) : out;
}

// The logits of a batch become predictions of its examples.
class Reader {
 public:
  explicit Reader(const PredictJob& job) : job_(job), out_(job.examples.size()), spans_(job) {
    for (size_t i = 0; job.task.kind == Kind::kTags && i < out_.size(); ++i) {
      out_[i].labels.resize(job.examples[i].words.size());
      out_[i].scores.resize(job.examples[i].words.size());
    }
  }

  void read(const Inputs& inputs, const at::Tensor& logits) {
    if (job_.task.kind == Kind::kAnswer) {
      spans_.read(inputs, logits);
      return;
    }
    at::Tensor shares = logits;
    if (job_.task.kind == Kind::kMultiLabel) shares = at::sigmoid(logits);
    if (job_.task.kind == Kind::kClass || job_.task.kind == Kind::kTags) shares = at::softmax(logits, 1);
    shares = shares.to(at::kCPU, at::kDouble).contiguous();
    const double* row = shares.data_ptr<double>();
    const int64_t labels = shares.size(1);
    for (const Encoded* input : inputs) {
      const size_t rows = job_.task.kind == Kind::kTags ? input->first_pieces.size() : 1;
      for (size_t i = 0; i < rows; ++i, row += labels) read_row(*input, i, std::span(row, static_cast<size_t>(labels)));
    }
  }

  std::vector<Prediction> take() {
    if (job_.task.kind == Kind::kAnswer) return spans_.best();
    return std::move(out_);
  }

 private:
  void read_row(const Encoded& input, size_t word, std::span<const double> shares) {
    Prediction& prediction = out_[input.example];
    const int64_t best = std::max_element(shares.begin(), shares.end()) - shares.begin();
    switch (job_.task.kind) {
      case Kind::kTags:
        prediction.labels[input.first_word + word] = best;
        prediction.scores[input.first_word + word] = shares[static_cast<size_t>(best)];
        return;
      case Kind::kScore:
        prediction.value = shares[0];
        return;
      case Kind::kMultiLabel:
        for (const double share : shares) prediction.labels.push_back(share >= 0.5);
        break;
      default:
        prediction.label = best;
    }
    prediction.scores.assign(shares.begin(), shares.end());
  }

  const PredictJob& job_;
  std::vector<Prediction> out_;
  AnswerSpans spans_;
};

}  // namespace

std::vector<Prediction> predict(const PredictJob& job) {
  const at::NoGradGuard guard;
  layers::Mode mode = job.mode;
  mode.training = false;
  Reader reader(job);
  for (const Inputs& inputs : batches_by_length(job.set, job.batch_tokens)) {
    base::check_interrupt();
    reader.read(inputs, logits_of(job.network, job.task.kind, inputs, mode, job.device));
  }
  return reader.take();
}

uint64_t steps_per_epoch(size_t inputs, int64_t batch_size) {
  return (inputs + static_cast<size_t>(batch_size) - 1) / static_cast<size_t>(batch_size);
}

double train_epoch(const EpochJob& job) {
  const size_t count = job.set.inputs.size();
  const base::Permutation order(count, job.seed, job.epoch);
  const base::Random sides(job.seed, base::RandomUse::kSplit, job.epoch);
  const uint64_t steps = steps_per_epoch(count, job.batch_size);
  double loss_sum = 0;
  Inputs inputs;
  for (uint64_t i = 0; i < steps; ++i) {
    base::check_interrupt();
    inputs.clear();
    for (size_t at = i * static_cast<size_t>(job.batch_size);
         at < count && inputs.size() < static_cast<size_t>(job.batch_size); ++at) {
      const size_t row = order.at(at);
      const bool swap = !job.set.swapped.empty() && sides.bits(row) & 1;
      inputs.push_back(swap ? &job.set.swapped[row] : &job.set.inputs[row]);
    }
    const uint64_t step = job.epoch * steps + i;
    train::seed_generators(job.seed, step, 0);
    const at::Tensor targets = targets_of(job.kind, inputs, job.device);
    const auto logits = [&] { return logits_of(job.network, job.kind, inputs, job.mode, job.device); };
    at::Tensor loss;
    if (job.loss.r_drop == 0) {
      loss = task_loss(job.kind, logits(), targets, job.loss.class_weights);
    } else {
      const at::Tensor once = logits(), again = logits();
      loss = (task_loss(job.kind, once, targets, job.loss.class_weights) +
              task_loss(job.kind, again, targets, job.loss.class_weights)) /
                 2 +
             job.loss.r_drop * disagreement(job.kind, once, again);
    }
    loss.backward();
    const at::Tensor norm = job.optimizer.step(job.schedule.at(step));
    if (!std::isfinite(norm.item<double>())) {
      throw base::Error(base::ErrorKind::kNumeric, base::str("fine-tuning, step ", step,
                                                             ": the gradients are not finite; lower "
                                                             "finetune.learning_rate or use finetune.precision fp32"));
    }
    loss_sum += loss.item<double>() * static_cast<double>(inputs.size());
    if (job.on_step) job.on_step(step + 1);
  }
  return loss_sum / static_cast<double>(count);
}

}  // namespace lmkor::task
