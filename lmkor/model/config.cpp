#include "lmkor/model/config.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/model/registry.h"

namespace lmkor::model {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

int64_t Config::embedding_width() const {
  if (embedding_size != 0) return embedding_size;
  return family == "albert" ? 128 : hidden_size;
}

void Config::fields(config::Fields& f) {
  f.add("family", family, "kind of encoder", config::one_of(family_names()));
  f.add("hidden_size", hidden_size, "width of the encoder", config::at_least(1));
  f.add("embedding_size", embedding_size, "width of the embeddings; 0: 128 for albert, hidden_size for the others",
        config::at_least(0));
  f.add("num_hidden_layers", num_hidden_layers, "depth of the encoder", config::at_least(1));
  f.add("num_hidden_groups", num_hidden_groups, "groups of layers, each with weights of its own; albert only",
        config::at_least(1));
  f.add("num_attention_heads", num_attention_heads, "attention heads per layer", config::at_least(1));
  f.add("intermediate_size", intermediate_size, "inner width of the feed-forward block", config::at_least(1));
  f.add("max_position_embeddings", max_position_embeddings, "longest sequence in tokens", config::at_least(8));
  f.add("type_vocab_size", type_vocab_size, "number of segment types", config::at_least(1));
  f.add("hidden_act", hidden_act, "activation: gelu is the exact form, gelu_new the tanh form",
        config::one_of({"gelu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast"}));
  f.add("hidden_dropout_prob", hidden_dropout_prob, "dropout of embeddings and block outputs", config::below_one());
  f.add("attention_probs_dropout_prob", attention_probs_dropout_prob, "dropout of attention probabilities",
        config::below_one());
  f.add("classifier_dropout_prob", classifier_dropout_prob, "dropout before a classifier", config::below_one());
  f.add("initializer_range", initializer_range, "standard deviation of fresh weights", config::more_than(0));
  f.add("layer_norm_eps", layer_norm_eps, "added to the variance in LayerNorm", config::more_than(0));
}

namespace {

constexpr int64_t kPadId = 0;

const Family* find_family(const std::string& name) {
  for (const Family& row : families()) {
    if (name == row.name) return &row;
  }
  return nullptr;
}

// Where fields contradict one another, without saying where they are written.
std::vector<std::string> contradictions(const Config& config) {
  std::vector<std::string> out;
  if (config.num_attention_heads > 0 && config.hidden_size % config.num_attention_heads != 0) {
    out.push_back(str("num_attention_heads: got ", config.num_attention_heads, ", expected a divisor of hidden_size ",
                      config.hidden_size));
  }
  const Family* row = find_family(config.family);
  if (row && !row->embedding_size_free && config.embedding_size != 0 && config.embedding_size != config.hidden_size) {
    out.push_back(str("embedding_size: got ", config.embedding_size, ", expected 0 or hidden_size ", config.hidden_size,
                      " for ", config.family));
  }
  if (config.num_hidden_groups > (row && row->shares_layers ? config.num_hidden_layers : 1)) {
    out.push_back(str("num_hidden_groups: got ", config.num_hidden_groups, ", expected ",
                      row && row->shares_layers ? str("at most num_hidden_layers ", config.num_hidden_layers)
                                                : str("1 for ", config.family)));
  }
  return out;
}

const Json* member(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? nullptr : &*found;
}

template <class T>
void read_optional(const Json& json, const char* key, T& value, const std::string& origin) {
  if (member(json, key)) value = base::json_get<T>(json, key, origin);
}

std::string config_path(const std::filesystem::path& dir) { return (dir / "config.json").string(); }

}  // namespace

void Config::check(config::Faults& faults) const {
  for (const std::string& text : contradictions(*this)) faults.add("model." + text);
}

Config read_config(const std::filesystem::path& dir) {
  const std::string origin = config_path(dir);
  const Json json = base::read_json(origin);
  const hub::ModelInfo info = hub::model_info(json, origin, hub::UnknownArchitecture::kEncoderOnly);
  Config out;
  out.family = info.family;
  out.vocab_size = info.vocab_size;
  out.hidden_size = info.hidden_size;
  out.embedding_size = family(info.family).embedding_size_free ? info.embedding_size : 0;
  out.num_hidden_layers = info.num_hidden_layers;
  out.num_hidden_groups = info.num_hidden_groups;
  out.num_attention_heads = info.num_attention_heads;
  out.intermediate_size = info.intermediate_size;
  out.max_position_embeddings = info.max_position_embeddings;
  out.type_vocab_size = info.type_vocab_size;
  out.hidden_act = info.hidden_act;
  out.layer_norm_eps = info.layer_norm_eps;
  out.hidden_dropout_prob = out.attention_probs_dropout_prob = family(info.family).default_dropout;
  read_optional(json, "hidden_dropout_prob", out.hidden_dropout_prob, origin);
  read_optional(json, "attention_probs_dropout_prob", out.attention_probs_dropout_prob, origin);
  out.classifier_dropout_prob = out.family == "albert" ? 0.1 : out.hidden_dropout_prob;
  read_optional(json, "classifier_dropout", out.classifier_dropout_prob, origin);
  read_optional(json, "classifier_dropout_prob", out.classifier_dropout_prob, origin);
  read_optional(json, "initializer_range", out.initializer_range, origin);

  config::Faults faults;
  config::Fields fields;
  out.fields(fields);
  for (config::Field& field : fields.all()) field.origin = origin;
  fields.check(faults);
  if (!faults.empty()) throw Error(ErrorKind::kIncompatible, base::join(faults.texts(), "\n"));
  return out;
}

ConfigExtras read_config_extras(const std::filesystem::path& dir) {
  const std::string origin = config_path(dir);
  const Json json = base::read_json(origin);
  const hub::ModelInfo info = hub::model_info(json, origin, hub::UnknownArchitecture::kEncoderOnly);
  ConfigExtras out;
  if (member(json, "architectures")) out.architecture = info.architecture;
  out.labels = info.labels;
  read_optional(json, "problem_type", out.problem_type, origin);
  return out;
}

Json config_json(const Config& config, const ConfigExtras& extras) {
  const Family& row = family(config.family);
  Json out = {{"architectures", {extras.architecture}},
              {"model_type", config.family},
              {"vocab_size", config.vocab_size},
              {"hidden_size", config.hidden_size}};
  if (row.embedding_size_free) out["embedding_size"] = config.embedding_width();
  out["num_hidden_layers"] = config.num_hidden_layers;
  out["num_attention_heads"] = config.num_attention_heads;
  out["intermediate_size"] = config.intermediate_size;
  out["hidden_act"] = config.hidden_act;
  out["hidden_dropout_prob"] = config.hidden_dropout_prob;
  out["attention_probs_dropout_prob"] = config.attention_probs_dropout_prob;
  out["max_position_embeddings"] = config.max_position_embeddings;
  out["type_vocab_size"] = config.type_vocab_size;
  out["initializer_range"] = config.initializer_range;
  out["layer_norm_eps"] = config.layer_norm_eps;
  out["pad_token_id"] = kPadId;
  if (config.family != "albert") {  // null: as hidden_dropout_prob
    const bool own = config.classifier_dropout_prob != config.hidden_dropout_prob;
    out["classifier_dropout"] = own ? Json(config.classifier_dropout_prob) : Json();
  } else {
    out["classifier_dropout_prob"] = config.classifier_dropout_prob;
    out["num_hidden_groups"] = config.num_hidden_groups;
    out["inner_group_num"] = 1;
    out["bos_token_id"] = 2;
    out["eos_token_id"] = 3;
  }
  if (config.family == "electra") {
    out["summary_type"] = "first";
    out["summary_use_proj"] = true;
    out["summary_activation"] = "gelu";
    out["summary_last_dropout"] = 0.1;
  }
  out["position_embedding_type"] = "absolute";
  out["tie_word_embeddings"] = true;
  out["use_cache"] = true;
  if (!extras.labels.empty()) {
    Json names = Json::object(), ids = Json::object();
    for (size_t i = 0; i < extras.labels.size(); ++i) {
      names[std::to_string(i)] = extras.labels[i];
      ids[extras.labels[i]] = i;
    }
    out["id2label"] = names;
    out["label2id"] = ids;
  }
  if (!extras.problem_type.empty()) out["problem_type"] = extras.problem_type;
  out["torch_dtype"] = "float32";
  out["dtype"] = "float32";
  return out;
}

}  // namespace lmkor::model
