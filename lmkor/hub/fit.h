// Whether weights are those that a config.json describes.
#pragma once

#include <string>
#include <vector>

#include "lmkor/hub/model_info.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

// What a repeat of a tied tensor that differs from it means: a fault, or, to a model without the output layer that is
// tied, nothing.
enum class Repeats { kMustAgree, kDoNotMatter };

// The tensors as Transformers saves them today: modern names, no buffers, no repeats of tied tensors. Throws
// kIncompatible with all faults at once: one name twice, a repeat that differs from what it should repeat. `origin` is
// named in errors.
Tensors canonical(Tensors tensors, std::string_view family, const std::string& origin,
                  Repeats repeats = Repeats::kMustAgree);

struct Fit {
  std::vector<std::string> faults;      // "NAME: missing, expected [2, 768]", "NAME: got [3], expected [2]"
  std::vector<std::string> unexpected;  // names of tensors that the architecture has no place for: other heads
};
// Compares canonical tensors, with or without the family's prefix, with what the model should have.
Fit compare(const ModelInfo& info, const Tensors& tensors);

// "NAME: 3 of 20 values are not finite", for each tensor where it is so.
std::vector<std::string> not_finite(const Tensors& tensors);
// "3 of 20 values are not finite"; empty where all are.
std::string not_finite(const TensorView& view);

}  // namespace lmkor::hub
