#include "lmkor/infer/windowed.h"

#include <algorithm>

namespace lmkor::infer {

std::vector<WindowedLogits> look_through_windows(const Model& model, const std::vector<std::string_view>& texts,
                                                 const std::function<at::Tensor(const at::Tensor& hidden_ND)>& head) {
  std::vector<Windows> windowed;
  std::vector<Sequence> sequences;
  for (const std::string_view text : texts) {
    windowed.push_back(windows(model, text));
    for (Sequence& one : windowed.back().sequences) sequences.push_back(std::move(one));
  }
  std::vector<std::vector<float>> logits(sequences.size());
  size_t labels = 1;
  for_batches(model, sequences, [&](const Batch& batch) {
    const at::Tensor values = head(model.engine().encode(batch.input)).to(at::kCPU).contiguous();
    labels = values.dim() == 1 ? 1 : static_cast<size_t>(values.size(1));
    const float* all = values.data_ptr<float>();
    for (size_t i = 0; i < batch.count; ++i) {
      logits[batch.first + i].assign(all + batch.begin(i) * static_cast<int64_t>(labels),
                                     all + batch.end(i) * static_cast<int64_t>(labels));
    }
  });
  std::vector<WindowedLogits> out;
  size_t first = 0;
  for (const Windows& text : windowed) {
    WindowedLogits& result = out.emplace_back();
    result.ids = text.whole.ids;
    result.offsets = text.whole.offsets;
    result.labels = labels;
    result.windows = text.of_whole.size();
    for (size_t piece = 0; piece < result.ids.size(); ++piece) {
      const auto [window, place] = text.best(piece);
      const auto row = logits[first + window].begin() + static_cast<ptrdiff_t>(place * labels);
      result.logits.insert(result.logits.end(), row, row + static_cast<ptrdiff_t>(labels));
    }
    first += text.of_whole.size();
  }
  return out;
}

}  // namespace lmkor::infer
