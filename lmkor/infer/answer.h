// The span of a context that answers a question.
#pragma once

#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

struct Question {
  std::string_view question, context;
};

struct AnswerOptions {
  int64_t max_answer_tokens = 30;
  bool logits = false;  // the sum of both logits instead of the probability of the span
};
// The best span: within each window of the context the probability of beginning at a token times that of ending at one
// that is not before it and not max_answer_tokens or more behind, both softmaxes over the context's tokens and [CLS].
// This is the rule of Transformers' pipeline, over all spans instead of the n best beginnings and ends. A question that
// leaves no room for a context, or a context without tokens, has a fault. Throws kIncompatible for a model without the
// head.
std::vector<Answer> answer(const Model& model, const std::vector<Question>& questions,
                           const AnswerOptions& options = {});

}  // namespace lmkor::infer
