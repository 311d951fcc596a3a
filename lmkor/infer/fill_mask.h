// What a masked language model would write in place of each [MASK].
#pragma once

#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

struct FillMaskOptions {
  size_t top = 5;       // candidates for a mask
  bool logits = false;  // instead of probabilities
};
// A text without a mask has a fault instead of an answer; one that is longer than the model takes is cut, its masks
// must lie before. Throws kIncompatible for a model without the head.
std::vector<FilledMasks> fill_mask(const Model& model, const std::vector<std::string_view>& texts,
                                   const FillMaskOptions& options = {});

}  // namespace lmkor::infer
