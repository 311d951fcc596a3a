#include "lmkor/infer/embed.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::infer {

const std::vector<std::string>& pooling_names() {
  static const std::vector<std::string> names = {"cls", "mean", "none", "layers"};
  return names;
}

Pooling pooling_of(std::string_view name) {
  const auto found = std::find(pooling_names().begin(), pooling_names().end(), name);
  if (found != pooling_names().end()) return static_cast<Pooling>(found - pooling_names().begin());
  throw base::Error(base::ErrorKind::kConfig,
                    base::str("pooling: got \"", name, "\", expected one of ", base::join(pooling_names(), ", ")));
}

namespace {

at::Tensor to_host(const at::Tensor& x) { return x.to(at::kCPU, at::kFloat).contiguous(); }

// The mean of the rows, added up in their order.
void append_mean(const float* rows, int64_t count, int64_t width, std::vector<float>& out) {
  for (int64_t c = 0; c < width; ++c) {
    double sum = 0;
    for (int64_t r = 0; r < count; ++r) sum += rows[r * width + c];
    out.push_back(static_cast<float>(sum / static_cast<double>(count)));
  }
}

}  // namespace

std::vector<Embedding> embed(const Model& model, const std::vector<std::string_view>& texts, Pooling pooling) {
  std::vector<Embedding> out(texts.size());
  std::vector<Sequence> sequences;
  for (size_t i = 0; i < texts.size(); ++i) sequences.push_back(cut_sequence(model, texts[i], nullptr, out[i].cut));
  for_batches(model, sequences, [&](const Batch& batch) {
    std::vector<at::Tensor> layers;
    const at::Tensor last = model.engine().encode(batch.input, pooling == Pooling::kLayers ? &layers : nullptr);
    if (pooling != Pooling::kLayers) layers = {last};
    for (at::Tensor& layer : layers) layer = to_host(layer);
    for (size_t i = 0; i < batch.count; ++i) {
      Embedding& result = out[batch.first + i];
      const Sequence& sequence = sequences[batch.first + i];
      result.width = last.size(1);
      const auto rows_of = [&](const at::Tensor& layer) {
        return layer.data_ptr<float>() + batch.begin(i) * result.width;
      };
      const int64_t tokens = batch.end(i) - batch.begin(i);
      if (pooling == Pooling::kCls) {
        result.values.assign(rows_of(layers[0]), rows_of(layers[0]) + result.width);
      } else if (pooling == Pooling::kMean) {
        append_mean(rows_of(layers[0]), tokens, result.width, result.values);
      } else {
        for (const int32_t id : sequence.ids) result.tokens.push_back(model.tokenizer().token(id));
        if (pooling == Pooling::kLayers) result.layers = static_cast<int64_t>(layers.size());
        for (const at::Tensor& layer : layers) {
          result.values.insert(result.values.end(), rows_of(layer), rows_of(layer) + tokens * result.width);
        }
      }
    }
  });
  return out;
}

}  // namespace lmkor::infer
