#include "lmkor/infer/model.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/text/bert_unicode.h"
#include "lmkor/text/utf8.h"

namespace lmkor::infer {

using base::Error;
using base::ErrorKind;
using base::str;

void Options::fields(config::Fields& f) {
  f.add("precision", precision, "numbers of the products: int8 is the fastest, fp32 exact",
        config::one_of(kernels::precision_names()));
  f.add("max_length", max_length, "tokens of an input at most, with special ones; 0: as many as the model takes",
        config::at_least(0));
  f.add("stride", stride, "tokens that a window of a long input shares with the one before, at most a quarter of it",
        config::at_least(0));
  f.add("batch_tokens", batch_tokens, "tokens of a batch at most", config::at_least(1));
}

namespace {

constexpr size_t kSpecialTokens = 2;  // around a text
constexpr size_t kLeastLength = 8;

size_t longest(const model::Config& config, int64_t wanted) {
  const int64_t most = config.max_position_embeddings;
  if (wanted == 0) return static_cast<size_t>(most);
  if (wanted > most || wanted < static_cast<int64_t>(kLeastLength)) {
    throw Error(ErrorKind::kConfig, str("max_length: got ", wanted, ", expected 0 or a number from ", kLeastLength,
                                        " to ", most, ", the positions that the model has"));
  }
  return static_cast<size_t>(wanted);
}

std::vector<std::string> labels_of(const model::Network& network) {
  std::vector<std::string> out = network.label_names;
  for (auto i = static_cast<int64_t>(out.size()); i < network.num_labels; ++i) out.push_back(str("LABEL_", i));
  return out;
}

Sequence sequence_of(tokenizer::Encoding encoding) {
  return {std::move(encoding.ids), std::move(encoding.type_ids), std::move(encoding.offsets),
          std::move(encoding.special_tokens_mask)};
}

tokenizer::Tokenizer::Scratch& scratch() {
  thread_local tokenizer::Tokenizer::Scratch own;
  return own;
}

}  // namespace

Model::Model(model::Model loaded, const Options& options, at::Device device)
    : loaded_(std::move(loaded)),
      engine_(loaded_.network, kernels::precision_of(options.precision), device),
      precision_(options.precision),
      labels_(labels_of(loaded_.network)),
      max_length_(longest(loaded_.network.config, options.max_length)),
      stride_(std::min(static_cast<size_t>(options.stride), max_length_ / 4)),
      batch_tokens_(options.batch_tokens) {
  // A vocabulary without [CLS] is refused before the first text.
  tokenizer::EncodeOptions with_special;
  with_special.add_special = true;
  tokenizer().encode("", scratch(), with_special);
}

void Model::require(std::initializer_list<model::Head> heads, std::string_view use) const {
  if (std::find(heads.begin(), heads.end(), head()) != heads.end()) return;
  std::vector<std::string> names;
  const std::string& family = engine_.network().config.family;
  for (const model::Head wanted : heads) {
    const std::string name = hub::architecture_name(family, wanted);
    if (!name.empty()) names.push_back(name);
  }
  throw Error(ErrorKind::kIncompatible,
              str(loaded_.dir.string(), ": got ", model::architecture(family, head()), ", ", use, " expects ",
                  names.empty() ? "a model of another family" : base::join(names, " or ")));
}

Sequence cut_sequence(const Model& model, std::string_view text, const std::string_view* second, bool& cut) {
  tokenizer::EncodeOptions options;
  options.add_special = options.match_added = options.offsets = true;
  tokenizer::Encoding encoding;
  model.tokenizer().encode(text, second, scratch(), options, encoding);
  cut = encoding.ids.size() > model.max_length();
  if (cut) {
    options.max_length = model.max_length();
    model.tokenizer().encode(text, second, scratch(), options, encoding);
  }
  return sequence_of(std::move(encoding));
}

Windows windows(const Model& model, std::string_view text) {
  tokenizer::EncodeOptions options;
  options.match_added = options.offsets = true;
  tokenizer::Encoding encoding;
  model.tokenizer().encode(text, nullptr, scratch(), options, encoding);
  Windows out;
  out.whole = sequence_of(std::move(encoding));
  out.of_whole = tokenizer::windows_of(out.whole.ids.size(), model.max_length() - kSpecialTokens, model.stride());
  for (const auto& [begin, end] : out.of_whole) {
    tokenizer::Encoding window;
    window.add_special(model.tokenizer().cls_id(), 0, true);
    for (size_t i = begin; i < end; ++i) {
      window.ids.push_back(out.whole.ids[i]);
      window.type_ids.push_back(0);
      window.special_tokens_mask.push_back(0);
      window.offsets.push_back(out.whole.offsets[i]);
    }
    window.add_special(model.tokenizer().sep_id(), 0, true);
    out.sequences.push_back(sequence_of(std::move(window)));
  }
  return out;
}

std::pair<size_t, size_t> Windows::best(size_t index) const {
  size_t found = 0, margin = 0;
  for (size_t w = 0; w < of_whole.size(); ++w) {
    const auto& [begin, end] = of_whole[w];
    if (index < begin || index >= end) continue;
    // The ends of the text itself are no cuts.
    const size_t left = begin == 0 ? whole.ids.size() : index - begin;
    const size_t right = end == whole.ids.size() ? whole.ids.size() : end - 1 - index;
    if (const size_t own = std::min(left, right) + 1; own > margin) {
      margin = own;
      found = w;
    }
  }
  return {found, index - of_whole[found].first + 1};
}

void for_batches(const Model& model, std::span<const Sequence> sequences,
                 const std::function<void(const Batch&)>& body) {
  std::vector<int32_t> ids, types, starts;
  for (size_t first = 0, last = 0; first < sequences.size(); first = last) {
    base::check_interrupt();
    ids.clear();
    types.clear();
    starts = {0};
    while (last < sequences.size()) {
      const Sequence& next = sequences[last];
      if (last > first && static_cast<int64_t>(ids.size() + next.ids.size()) > model.batch_tokens()) break;
      ids.insert(ids.end(), next.ids.begin(), next.ids.end());
      types.insert(types.end(), next.types.begin(), next.types.end());
      starts.push_back(static_cast<int32_t>(ids.size()));
      ++last;
    }
    body({first, last - first, layers::make_packed(ids, {}, types, starts, model.engine().device())});
  }
}

std::vector<Word> blank_divided(std::string_view text) {
  const uint8_t* properties = text::bert_properties();
  std::vector<Word> out;
  uint32_t at = 0;
  size_t word_byte = 0;
  bool inside = false;
  const auto close = [&](size_t byte) {
    if (!inside) return;
    out.back().end = at;
    out.back().text = text.substr(word_byte, byte - word_byte);
    inside = false;
  };
  size_t byte = 0;
  for (; byte < text.size(); ++at) {
    const text::Decoded next = text::decode_one(text.substr(byte));
    if (properties[next.code_point] & (text::kBertBlank | text::kBertSpace)) {
      close(byte);
    } else if (!inside) {
      out.push_back({at, at, {}});
      word_byte = byte;
      inside = true;
    }
    byte += next.bytes;
  }
  close(byte);
  return out;
}

std::string_view code_points(std::string_view text, uint32_t begin, uint32_t end) {
  size_t byte = 0, from = 0;
  for (uint32_t at = 0; at < end && byte < text.size(); ++at) {
    if (at == begin) from = byte;
    byte += text::decode_one(text.substr(byte)).bytes;
  }
  return begin >= end ? std::string_view() : text.substr(from, byte - from);
}

std::vector<double> softmax(std::span<const float> logits) {
  std::vector<double> out(logits.begin(), logits.end());
  const double largest = *std::max_element(out.begin(), out.end());
  double total = 0;
  for (double& value : out) total += value = std::exp(value - largest);
  for (double& value : out) value /= total;
  return out;
}

double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

}  // namespace lmkor::infer
