// Rules: transformers 4, modeling_tf_pytorch_utils.py and the TF models' own scopes; convert_*_original_tf_checkpoint.
#include "lmkor/hub/keras_names.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "lmkor/base/str.h"
#include "lmkor/hub/names.h"

namespace lmkor::hub {

using base::str;

namespace {

std::vector<std::string> divide(std::string_view text, char separator) {
  std::vector<std::string> out(1);
  for (const char c : text) c == separator ? void(out.emplace_back()) : out.back().push_back(c);
  return out;
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  if (const size_t at = text.find(from); at != std::string::npos) text.replace(at, from.size(), to);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The last part of a name, where the two worlds differ: PyTorch's for TensorFlow's.
struct Leaf {
  std::string_view tensorflow, torch;
  bool transposed;
};
constexpr Leaf kLeaves[] = {
    {"kernel", "weight", true},      {"gamma", "weight", false},          {"beta", "bias", false},
    {"embeddings", "weight", false}, {"output_weights", "weight", false}, {"output_bias", "bias", false},
};

// "TFBertForMaskedLM" is "tf_bert_for_masked_lm": a capital letter begins a word, unless more of them follow.
std::string snake_case(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto upper = [&](size_t at) {
      return at < name.size() && std::isupper(static_cast<unsigned char>(name[at]));
    };
    if (i > 0 && upper(i) && (!upper(i - 1) || (i + 1 < name.size() && !upper(i + 1)))) out += '_';
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
  }
  return out;
}

struct Replacement {
  std::string_view family, from, to;
};
// From PyTorch's to TensorFlow's, and from Google's to PyTorch's. What begins with no slash stands at the beginning.
constexpr Replacement kHeads[] = {
    {"bert", "cls/predictions", "mlm___cls/predictions"},
    {"bert", "cls/seq_relationship", "nsp___cls/seq_relationship"},
};
constexpr Replacement kGoogle[] = {
    {"albert", "bert/pooler/dense", "albert/pooler"},
    {"albert", "bert/encoder/transformer/group_", "albert/encoder/albert_layer_groups/"},
    {"albert", "bert/", "albert/"},
    {"albert", "/inner_group_", "/albert_layers/"},
    {"albert", "/attention_1/self/", "/attention/"},
    {"albert", "/attention_1/output/dense", "/attention/dense"},
    {"albert", "/LayerNorm_1/", "/full_layer_layer_norm/"},
    {"albert", "/ffn_1/intermediate/output/dense", "/ffn_output"},
    {"albert", "/ffn_1/intermediate/dense", "/ffn"},
    {"albert", "cls/predictions/transform/", "predictions/"},
    {"albert", "cls/predictions/", "predictions/"},
    {"albert", "cls/seq_relationship/", "sop_classifier/classifier/"},
    {"electra", "discriminator_predictions/dense_1", "discriminator_predictions/dense_prediction"},
    {"electra", "generator_predictions/output_bias", "generator_lm_head/bias"},
};
constexpr std::string_view kNoWeights[] = {"adam_m",      "adam_v",      "AdamWeightDecayOptimizer",
                                           "global_step", "temperature", "beta1_power",
                                           "beta2_power", "lamb_m",      "lamb_v"};

}  // namespace

TensorView transposed(const TensorView& view, Tensors& memory) {
  if (view.shape.size() != 2) return view;
  const auto rows = static_cast<size_t>(view.shape[0]), columns = static_cast<size_t>(view.shape[1]);
  const size_t width = element_size(view.dtype);
  std::string out(view.bytes.size(), '\0');
  constexpr size_t kTile = 32;  // rows and columns that stay in the cache together
  for (size_t row = 0; row < rows; row += kTile) {
    for (size_t column = 0; column < columns; column += kTile) {
      for (size_t i = row; i < std::min(rows, row + kTile); ++i) {
        for (size_t j = column; j < std::min(columns, column + kTile); ++j) {
          std::memcpy(out.data() + (j * rows + i) * width, view.bytes.data() + (i * columns + j) * width, width);
        }
      }
    }
  }
  TensorView turned = view;
  turned.shape = {view.shape[1], view.shape[0]};
  turned.bytes = memory.keep(std::move(out));
  return turned;
}

ForeignName from_keras_name(std::string_view name) {
  std::vector<std::string> parts = divide(name.substr(0, name.find(':')), '/');
  if (parts.size() > 1) parts.erase(parts.begin());  // the name of the model
  ForeignName out;
  for (size_t i = 0; i < parts.size(); ++i) {
    std::string& part = parts[i];
    if (const size_t at = part.find("___"); at != std::string::npos) part.erase(0, at + 3);
    replace(part, "_._", ".");
    if (i + 1 < parts.size()) continue;
    for (const Leaf& leaf : kLeaves) {
      if (part != leaf.tensorflow) continue;
      part = leaf.torch;
      out.transposed = leaf.transposed;
      break;
    }
  }
  out.name = base::join(parts, ".");
  return out;
}

std::vector<KerasLayer> keras_layers(std::string_view family, std::string_view architecture,
                                     std::vector<TensorView> tensors, Tensors& memory) {
  const std::string model = snake_case(str("TF", architecture)), prefix = body_prefix(family);
  std::vector<KerasLayer> out;
  for (TensorView& tensor : tensors) {
    std::string name = tensor.name;
    if (is_encoder(family, name) || name.starts_with("pooler.")) {  // a base class saves them without the prefix
      if (!name.starts_with(prefix)) name = prefix + name;
    }
    std::vector<std::string> parts;
    for (std::string& part : divide(name, '.')) {
      is_number(part) ? void(parts.back() += "_._" + part) : parts.push_back(std::move(part));
    }
    const std::string owner = parts.size() > 1 ? parts[parts.size() - 2] : "";
    const bool is_norm = owner == "LayerNorm" || owner == "full_layer_layer_norm";
    if (parts.back() == "bias" && is_norm) parts.back() = "beta";
    if (parts.back() == "weight") {
      if (is_norm) {
        parts.back() = "gamma";
      } else if (owner == "position_embeddings" || owner == "token_type_embeddings") {
        parts.back() = "embeddings";
      } else if (owner != "word_embeddings") {
        parts.back() = "kernel";
        tensor = transposed(tensor, memory);
      }
    }
    std::string path = base::join(parts, "/");
    for (const Replacement& row : kHeads) {
      if (row.family == family && path.starts_with(row.from)) replace(path, row.from, row.to);
    }
    const std::string layer = path.substr(0, path.find('/'));
    const auto add = [&](std::string_view weight) {
      auto found = std::find_if(out.begin(), out.end(), [&](const KerasLayer& l) { return l.name == layer; });
      if (found == out.end()) found = out.insert(out.end(), {.name = layer, .weights = {}});
      TensorView view = tensor;
      view.name = str(model, "/", weight, ":0");
      found->weights.push_back(std::move(view));
    };
    add(path);
    // TFAlbertMLMHead adds this one; the bias of the other name it only carries along.
    if (family == "albert" && path == "predictions/bias") add("predictions/decoder/bias");
  }
  return out;
}

std::optional<ForeignName> from_google_name(std::string_view family, std::string_view name, ElectraPart part) {
  std::string text(name);
  for (const std::string_view word : kNoWeights) {
    if (text.find(word) != std::string::npos) return {};
  }
  if (text.starts_with("module/")) text.erase(0, 7);  // TF Hub's modules
  if (family == "electra" && part == ElectraPart::kGenerator) {
    if (text.starts_with("electra/embeddings/")) replace(text, "electra/", "generator/");
    if (text.starts_with("electra/") || text.starts_with("discriminator")) return {};
    if (text.starts_with("generator/")) replace(text, "generator/", "electra/");
  } else if (family == "electra" && text.starts_with("generator")) {
    return {};
  }
  for (const Replacement& row : kGoogle) {
    const bool fits = row.from.starts_with('/') || text.starts_with(row.from);
    if (row.family == family && fits) replace(text, row.from, row.to);
  }
  if (family == "albert" && text.find("/albert_layers/") != std::string::npos) {
    // inside a group the first LayerNorm is the attention's
    const size_t at = text.find("/LayerNorm/");
    if (at != std::string::npos && text.find("/attention/") == std::string::npos) text.insert(at, "/attention");
  }
  if (text.starts_with("output_")) text.insert(0, "classifier/");  // run_classifier.py
  std::vector<std::string> parts = divide(text, '/');
  ForeignName out;
  for (std::string& piece : parts) {
    if (piece.starts_with("layer_") && is_number(piece.substr(6))) piece[5] = '.';
  }
  bool known = false;
  for (const Leaf& leaf : kLeaves) {
    if (parts.back() != leaf.tensorflow || (leaf.tensorflow == "embeddings")) continue;
    parts.back() = leaf.torch;
    out.transposed = leaf.transposed;
    known = true;
    break;
  }
  if (!known && parts.back().ends_with("_embeddings")) parts.push_back("weight");
  out.name = base::join(parts, ".");
  return out;
}

}  // namespace lmkor::hub
