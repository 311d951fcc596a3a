#include "lmkor/infer/tag.h"

#include <algorithm>

#include "lmkor/infer/windowed.h"

namespace lmkor::infer {

namespace {

void close_entity(std::string_view text, double total, size_t words, Entity& entity) {
  entity.text = code_points(text, entity.begin, entity.end);
  entity.score = total / static_cast<double>(words);
}

}  // namespace

Tag tag_of(std::string_view label) {
  if (label == "O") return {'O', ""};
  const auto marks = [](char c) { return c == 'B' || c == 'I'; };
  if (label.size() > 2 && label[1] == '-' && marks(label[0])) return {label[0], std::string(label.substr(2))};
  const size_t end = label.size() - 1;
  if (label.size() > 2 && label[end - 1] == '-' && marks(label[end])) {
    return {label[end], std::string(label.substr(0, end - 1))};
  }
  return {'I', std::string(label)};
}

std::vector<Tagging> tag(const Model& model, const std::vector<std::string_view>& texts, bool logits) {
  model.require({model::Head::kTokens}, "tagging words");
  const auto windowed = look_through_windows(
      model, texts, [&](const at::Tensor& hidden_ND) { return model.engine().token_logits(hidden_ND); });
  std::vector<Tagging> out;
  for (size_t i = 0; i < texts.size(); ++i) {
    const WindowedLogits& pieces = windowed[i];
    Tagging& result = out.emplace_back();
    result.windows = pieces.windows;
    Tag open{'O', ""};
    double total = 0;
    size_t words = 0, piece = 0;
    for (const Word& word : blank_divided(texts[i])) {
      result.words.emplace_back(word.text);
      while (piece < pieces.offsets.size() && pieces.offsets[piece].first < word.begin) ++piece;
      std::string label = "O";
      double score = 0;
      if (piece < pieces.offsets.size() && pieces.offsets[piece].first < word.end) {
        const std::span<const float> row = pieces.row(piece);
        const auto best = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
        label = model.labels()[best];
        score = logits ? static_cast<double>(row[best]) : softmax(row)[best];
      }
      result.tags.push_back(label);
      const Tag own = tag_of(label);
      const bool goes_on = own.place == 'I' && open.place != 'O' && open.type == own.type;
      if (!goes_on && open.place != 'O') close_entity(texts[i], total, words, result.entities.back());
      open = own;
      if (own.place == 'O') continue;
      if (!goes_on) {
        result.entities.push_back({own.type, word.begin, word.end, "", 0});
        total = 0;
        words = 0;
      }
      result.entities.back().end = word.end;
      total += score;
      ++words;
    }
    if (open.place != 'O') close_entity(texts[i], total, words, result.entities.back());
  }
  return out;
}

}  // namespace lmkor::infer
