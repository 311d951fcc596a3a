// Logits of every piece of texts of any length: where a text does not fit into one forward pass, of the window in which
// the piece stands farthest from a cut.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"

namespace lmkor::infer {

// Of the pieces of one text, without special tokens that were added.
struct WindowedLogits {
  std::vector<int32_t> ids;
  std::vector<std::pair<uint32_t, uint32_t>> offsets;
  std::vector<float> logits;  // [pieces, labels]
  size_t labels = 1;
  size_t windows = 1;
  std::span<const float> row(size_t piece) const { return {logits.data() + piece * labels, labels}; }
};

// `head` makes fp32 logits [N] or [N, labels] of the encoder's output.
std::vector<WindowedLogits> look_through_windows(const Model& model, const std::vector<std::string_view>& texts,
                                                 const std::function<at::Tensor(const at::Tensor& hidden_ND)>& head);

}  // namespace lmkor::infer
