// The best stretch of a passage by the logits of its beginnings and ends, over all windows of the passage.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/task/encode.h"
#include "lmkor/task/predictions.h"

namespace lmkor::task {

struct PredictJob;

class AnswerSpans {
 public:
  explicit AnswerSpans(const PredictJob& job);
  // logits_2SL: of the beginnings in each window, then of the ends.
  void read(const std::vector<const Encoded*>& windows, const at::Tensor& logits_2SL);
  // The best one of each example, its share among those that were tried (softmax of the sums, as SQuAD's n-best lists).
  std::vector<Prediction> best();

 private:
  struct Span {
    double score;
    uint32_t begin, end;  // code points of the context
  };
  const PredictJob& job_;
  std::vector<std::vector<Span>> spans_;  // of each example
};

}  // namespace lmkor::task
