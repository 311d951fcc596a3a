#include "lmkor/infer/classify.h"

#include <algorithm>

namespace lmkor::infer {

namespace {

std::vector<double> scores_of(const Model& model, std::span<const float> row, bool logits) {
  if (logits || model.problem_type() == "regression") return {row.begin(), row.end()};
  if (model.problem_type() != "multi_label_classification" && row.size() > 1) return softmax(row);
  std::vector<double> out;
  for (const float logit : row) out.push_back(sigmoid(logit));
  return out;
}

}  // namespace

std::vector<Prediction> classify(const Model& model, const std::vector<TextPair>& texts, bool logits) {
  model.require({model::Head::kSequence}, "predicting a label");
  std::vector<Prediction> out(texts.size());
  std::vector<Sequence> sequences;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::string_view* second = texts[i].second ? &*texts[i].second : nullptr;
    sequences.push_back(cut_sequence(model, texts[i].first, second, out[i].cut));
  }
  const size_t labels = model.labels().size();
  for_batches(model, sequences, [&](const Batch& batch) {
    const at::Tensor logits_SC =
        model.engine().sequence_logits(model.engine().encode(batch.input), batch.input).to(at::kCPU).contiguous();
    for (size_t i = 0; i < batch.count; ++i) {
      Prediction& result = out[batch.first + i];
      const std::vector<double> scores = scores_of(model, {logits_SC.data_ptr<float>() + i * labels, labels}, logits);
      const auto best = static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
      result.label = model.labels()[best];
      result.score = scores[best];
      for (size_t label = 0; label < labels; ++label) result.scores.emplace_back(model.labels()[label], scores[label]);
    }
  });
  return out;
}

}  // namespace lmkor::infer
