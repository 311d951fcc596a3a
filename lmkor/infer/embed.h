// Vectors of texts and of their tokens.
#pragma once

#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

// kCls: the last layer at [CLS]; kMean: its mean over all tokens, special ones too, as sentence-transformers has it;
// kNone: every token; kLayers: every token in the encoder's input and in every layer.
enum class Pooling { kCls, kMean, kNone, kLayers };
const std::vector<std::string>& pooling_names();  // "cls", "mean", "none", "layers"
Pooling pooling_of(std::string_view name);        // throws kConfig

// A text that is longer than the model takes is cut.
std::vector<Embedding> embed(const Model& model, const std::vector<std::string_view>& texts, Pooling pooling);

}  // namespace lmkor::infer
