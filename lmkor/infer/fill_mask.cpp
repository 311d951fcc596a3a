#include "lmkor/infer/fill_mask.h"

#include <algorithm>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::infer {

namespace {

std::vector<Candidate> best(const Model& model, std::span<const float> logits, const FillMaskOptions& options) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const size_t count = std::min({options.top, order.size(), static_cast<size_t>(model.tokenizer().size())});
  // Of equal ones the smaller id comes first.
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(),
                    [&](int32_t a, int32_t b) {
                      return logits[static_cast<size_t>(a)] != logits[static_cast<size_t>(b)]
                                 ? logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)]
                                 : a < b;
                    });
  const std::vector<double> scores = softmax(logits);
  std::vector<Candidate> out;
  for (size_t i = 0; i < count; ++i) {
    const auto id = static_cast<size_t>(order[i]);
    // A word table may have more rows than the vocabulary has tokens.
    const std::string token = order[i] < model.tokenizer().size() ? model.tokenizer().token(order[i]) : "";
    out.push_back({order[i], token, options.logits ? static_cast<double>(logits[id]) : scores[id]});
  }
  return out;
}

}  // namespace

std::vector<FilledMasks> fill_mask(const Model& model, const std::vector<std::string_view>& texts,
                                   const FillMaskOptions& options) {
  model.require({model::Head::kMaskedLm, model::Head::kPretraining}, "filling masks");
  const int32_t mask = model.tokenizer().mask_id();
  const std::string& name = model.tokenizer().settings().mask;
  if (mask < 0) {
    throw base::Error(base::ErrorKind::kIncompatible, base::str("the vocabulary has no ", name, ", which this needs"));
  }
  std::vector<FilledMasks> out(texts.size());
  std::vector<Sequence> sequences;
  std::vector<size_t> text_of;
  for (size_t i = 0; i < texts.size(); ++i) {
    Sequence sequence = cut_sequence(model, texts[i], nullptr, out[i].cut);
    if (std::find(sequence.ids.begin(), sequence.ids.end(), mask) == sequence.ids.end()) {
      out[i].fault = out[i].cut ? base::str("got no ", name, " in the first ", model.max_length(),
                                            " tokens, expected one at least; shorten the text")
                                : base::str("got no ", name, ", expected one at least");
      continue;
    }
    sequences.push_back(std::move(sequence));
    text_of.push_back(i);
  }
  for_batches(model, sequences, [&](const Batch& batch) {
    std::vector<int64_t> rows;
    std::vector<size_t> owners;
    for (size_t i = 0; i < batch.count; ++i) {
      const std::vector<int32_t>& ids = sequences[batch.first + i].ids;
      for (size_t t = 0; t < ids.size(); ++t) {
        if (ids[t] != mask) continue;
        rows.push_back(batch.begin(i) + static_cast<int64_t>(t));
        owners.push_back(text_of[batch.first + i]);
      }
    }
    const Engine& engine = model.engine();
    const at::Tensor hidden_ND = engine.encode(batch.input);
    constexpr size_t kRows = 256;  // of logits at a time: a row has the size of the vocabulary
    for (size_t begin = 0; begin < rows.size(); begin += kRows) {
      const auto count = static_cast<int64_t>(std::min(kRows, rows.size() - begin));
      const at::Tensor index_M = at::from_blob(rows.data() + begin, {count}, at::kLong).to(hidden_ND.device());
      const at::Tensor logits_MV =
          engine.masked_lm_logits(hidden_ND.index_select(0, index_M)).to(at::kCPU).contiguous();
      for (int64_t m = 0; m < count; ++m) {
        const std::span<const float> row(logits_MV.data_ptr<float>() + m * logits_MV.size(1),
                                         static_cast<size_t>(logits_MV.size(1)));
        out[owners[begin + static_cast<size_t>(m)]].masks.push_back(best(model, row, options));
      }
    }
  });
  return out;
}

}  // namespace lmkor::infer
