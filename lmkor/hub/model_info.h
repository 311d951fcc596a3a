// What a model's config.json states: family, head and sizes, and from them the name and shape of every tensor. The one
// place that knows Hugging Face's architectures; model/config.h adds what only training asks for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::hub {

// Which head stands on the encoder, as the end of the architecture's name says ("ForMaskedLM").
enum class HeadKind { kNone, kMaskedLm, kPretraining, kReplacedToken, kSequence, kTokens, kQuestion };

// "BertForMaskedLM"; empty where the family has no such head.
std::string architecture_name(std::string_view family, HeadKind head);
// The reverse; nothing for a name that no family has.
std::optional<HeadKind> head_of(std::string_view family, std::string_view architecture);

struct ModelInfo {
  std::string family;        // "bert", "albert", "electra"
  std::string architecture;  // "BertForMaskedLM"
  HeadKind head = HeadKind::kNone;
  bool has_pooler = false;
  int64_t vocab_size = 0, hidden_size = 0, embedding_size = 0, intermediate_size = 0;
  int64_t num_hidden_layers = 0, num_attention_heads = 0, num_hidden_groups = 1;
  int64_t max_position_embeddings = 512, type_vocab_size = 2;
  int64_t num_labels = 2;
  std::vector<std::string> labels;  // in the order of their ids; empty: not said
  std::string hidden_act = "gelu";
  double layer_norm_eps = 1e-12;

  // The encoder's layer, numbered as stored, that serves depth `layer`: ALBERT's groups share theirs.
  int64_t stored_layer(int64_t layer) const;
  int64_t stored_layers() const;
};

// What an architecture that is not in the table means.
enum class UnknownArchitecture { kRefuse, kEncoderOnly };

// Reads config.json's members. Without "architectures" it is the base class. Throws kData for a member that is missing
// or of another type; kIncompatible for a family or an architecture that is not known, and, all at once, for features
// that no encoder here has and sizes that cannot be; `origin` is the file.
ModelInfo model_info(const base::Json& config, const std::string& origin,
                     UnknownArchitecture unknown = UnknownArchitecture::kRefuse);
ModelInfo read_model_info(const std::filesystem::path& dir);

struct ExpectedTensor {
  std::string neutral;  // "encoder.3.attention.query.weight"
  std::string name;     // Hugging Face's, with the family's prefix
  std::vector<int64_t> shape;
};
// Every tensor of the model; those that repeat another (tied_to) are left out, as Transformers does.
std::vector<ExpectedTensor> expected_tensors(const ModelInfo& info);

}  // namespace lmkor::hub
