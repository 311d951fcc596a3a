// The label of a text or of a pair of texts.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

struct TextPair {
  std::string_view first;
  std::optional<std::string_view> second = {};
};

// Scores as Transformers' pipeline has them: a softmax over the labels; a sigmoid for each where config.json says
// multi_label_classification or there is one label; the number itself for a regression. With `logits` always the
// number itself. What is longer than the model takes is cut. Throws kIncompatible for a model without the head.
std::vector<Prediction> classify(const Model& model, const std::vector<TextPair>& texts, bool logits = false);

}  // namespace lmkor::infer
