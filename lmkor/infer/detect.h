// Which tokens and words ELECTRA's discriminator takes for replaced.
#pragma once

#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

// Scores are sigmoids, or the numbers themselves with `logits`. A long text is looked at through windows. Throws
// kIncompatible for a model without the head.
std::vector<Detection> detect(const Model& model, const std::vector<std::string_view>& texts, bool logits = false);

}  // namespace lmkor::infer
