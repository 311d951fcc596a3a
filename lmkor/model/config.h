// What an encoder looks like, for all three families, and its config.json in Hugging Face's form.
// Which families exist and what each may do stands in registry.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"

namespace lmkor::model {

struct Config {
  std::string family = "bert";
  int64_t vocab_size = 0;  // set from the tokenizer
  int64_t hidden_size = 768;
  int64_t embedding_size = 0;  // 0: the family's own rule, see embedding_width()
  int64_t num_hidden_layers = 12;
  int64_t num_hidden_groups = 1;  // ALBERT
  int64_t num_attention_heads = 12;
  int64_t intermediate_size = 3072;
  int64_t max_position_embeddings = 512;
  int64_t type_vocab_size = 2;
  std::string hidden_act = "gelu";
  double hidden_dropout_prob = 0.1;
  double attention_probs_dropout_prob = 0.1;
  double classifier_dropout_prob = 0.1;
  double initializer_range = 0.02;
  double layer_norm_eps = 1e-12;

  // embedding_size, or the rule of the family where it is 0: 128 for ALBERT, hidden_size for the others.
  int64_t embedding_width() const;
  int64_t head_width() const { return hidden_size / num_attention_heads; }

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// Reads `dir`/config.json. Tolerates keys and architectures it does not know. Throws kNotFound, and as hub::model_info.
Config read_config(const std::filesystem::path& dir);

// What config.json says beyond the encoder.
struct ConfigExtras {
  std::string architecture;         // "BertForMaskedLM"
  std::vector<std::string> labels;  // in the order of their ids; empty: no classifier
  std::string problem_type;         // "regression", "single_label_classification", ...; empty: not said
};
ConfigExtras read_config_extras(const std::filesystem::path& dir);

// config.json as Transformers 4 and 5 both read it.
base::Json config_json(const Config& config, const ConfigExtras& extras);

}  // namespace lmkor::model
