#include "lmkor/infer/detect.h"

#include <algorithm>

#include "lmkor/infer/windowed.h"

namespace lmkor::infer {

std::vector<Detection> detect(const Model& model, const std::vector<std::string_view>& texts, bool logits) {
  model.require({model::Head::kReplacedToken}, "finding replaced tokens");
  const auto windowed = look_through_windows(
      model, texts, [&](const at::Tensor& hidden_ND) { return model.engine().replaced_token_logits(hidden_ND); });
  std::vector<Detection> out;
  for (size_t i = 0; i < texts.size(); ++i) {
    const WindowedLogits& pieces = windowed[i];
    Detection& result = out.emplace_back();
    result.windows = pieces.windows;
    for (size_t piece = 0; piece < pieces.ids.size(); ++piece) {
      const double logit = static_cast<double>(pieces.row(piece)[0]);
      const auto& [begin, end] = pieces.offsets[piece];
      result.tokens.push_back(
          {model.tokenizer().token(pieces.ids[piece]), begin, end, logits ? logit : sigmoid(logit)});
    }
    size_t piece = 0;
    for (const Word& word : blank_divided(texts[i])) {
      while (piece < result.tokens.size() && result.tokens[piece].begin < word.begin) ++piece;
      const size_t first = piece;
      while (piece < result.tokens.size() && result.tokens[piece].begin < word.end) ++piece;
      if (piece == first) continue;  // cleaning leaves nothing of it
      const auto most = std::max_element(result.tokens.begin() + static_cast<ptrdiff_t>(first),
                                         result.tokens.begin() + static_cast<ptrdiff_t>(piece),
                                         [](const Suspect& a, const Suspect& b) { return a.score < b.score; });
      result.words.push_back({std::string(word.text), word.begin, word.end, most->score});
    }
  }
  return out;
}

}  // namespace lmkor::infer
