#include "lmkor/hub/model_info.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/hub/names.h"

namespace lmkor::hub {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

struct FamilyRow {
  std::string_view family, class_name;
  std::string_view activation;  // what config.json means when it does not say
};
constexpr FamilyRow kFamilies[] = {
    {"bert", "Bert", "gelu"}, {"albert", "Albert", "gelu_new"}, {"electra", "Electra", "gelu"}};

struct HeadRow {
  std::string_view ending;
  HeadKind head;
  bool uses_pooler;
  bool electra, others;  // which families have it
};
constexpr HeadRow kHeads[] = {
    {"Model", HeadKind::kNone, true, true, true},
    {"ForMaskedLM", HeadKind::kMaskedLm, false, true, true},
    {"ForPreTraining", HeadKind::kPretraining, true, false, true},
    {"ForPreTraining", HeadKind::kReplacedToken, false, true, false},
    {"ForSequenceClassification", HeadKind::kSequence, true, true, true},
    {"ForTokenClassification", HeadKind::kTokens, false, true, true},
    {"ForQuestionAnswering", HeadKind::kQuestion, false, true, true},
};

const FamilyRow* find_family(std::string_view name) {
  for (const FamilyRow& row : kFamilies) {
    if (row.family == name) return &row;
  }
  return nullptr;
}

bool has(const FamilyRow& family, const HeadRow& head) {
  return family.family == "electra" ? head.electra : head.others;
}

const HeadRow* find_head(const FamilyRow& family, std::string_view architecture) {
  for (const HeadRow& row : kHeads) {
    if (has(family, row) && architecture == str(family.class_name, row.ending)) return &row;
  }
  return nullptr;
}

// Features of Transformers' encoders that lmkor's do not have: the only value that is understood.
struct Feature {
  const char* key;
  Json only;
};
const Feature kFeatures[] = {{"position_embedding_type", "absolute"},
                             {"inner_group_num", 1},
                             {"is_decoder", false},
                             {"add_cross_attention", false},
                             {"tie_word_embeddings", true}};

const Json* member(const Json& config, const char* key) {
  const auto found = config.find(key);
  return found == config.end() || found->is_null() ? nullptr : &*found;
}

constexpr int64_t kLargestSize = int64_t{1} << 31;

// Sizes of one config.json; what is wrong with them is gathered.
struct Sizes {
  const Json& config;
  const std::string& origin;
  std::vector<std::string> faults = {};

  void fault(const std::string& text) { faults.push_back(str(origin, ": ", text)); }
  // `otherwise` where the key is not there; 0: it must be.
  int64_t operator()(const char* key, int64_t otherwise = 0) {
    const Json* found = member(config, key);
    if (otherwise != 0 && !found) return otherwise;
    if (found && !found->is_number_integer()) base::fail_json_member(key, origin, false);
    const auto value = base::json_get<int64_t>(config, key, origin);
    if (value >= 1 && value <= kLargestSize) return value;
    fault(str(key, ": got ", value, ", expected a size from 1 to 2^31"));
    return 1;
  }
};

void read_labels(const Json& config, Sizes& sizes, ModelInfo& out) {
  const Json* found = member(config, "id2label");
  if (!found || !found->is_object()) {
    out.num_labels = sizes("num_labels", 2);
    return;
  }
  out.num_labels = static_cast<int64_t>(found->size());
  for (int64_t id = 0; id < out.num_labels; ++id) {
    const auto label = found->find(std::to_string(id));
    if (label == found->end() || !label->is_string()) {
      throw Error(ErrorKind::kData, str(sizes.origin, ": id2label: expected a name for each id from 0 to ",
                                        out.num_labels - 1, ", ", id, " has none"));
    }
    out.labels.push_back(label->get<std::string>());
  }
}

}  // namespace

int64_t ModelInfo::stored_layers() const { return family == "albert" ? num_hidden_groups : num_hidden_layers; }

int64_t ModelInfo::stored_layer(int64_t layer) const {
  return family == "albert" ? layer * num_hidden_groups / num_hidden_layers : layer;
}

std::string architecture_name(std::string_view family, HeadKind head) {
  const FamilyRow* found = find_family(family);
  for (const HeadRow& row : kHeads) {
    if (found && row.head == head && has(*found, row)) return str(found->class_name, row.ending);
  }
  return "";
}

std::optional<HeadKind> head_of(std::string_view family, std::string_view architecture) {
  const FamilyRow* found = find_family(family);
  const HeadRow* head = found ? find_head(*found, architecture) : nullptr;
  return head ? std::optional(head->head) : std::nullopt;
}

ModelInfo model_info(const Json& config, const std::string& origin, UnknownArchitecture unknown) {
  ModelInfo out;
  out.family = base::json_get<std::string>(config, "model_type", origin);
  const FamilyRow* family = find_family(out.family);
  if (!family) {
    throw Error(ErrorKind::kIncompatible,
                str(origin, ": model_type: got \"", out.family, "\", expected one of bert, albert, electra"));
  }
  const auto names = config.find("architectures");
  const bool says = names != config.end() && names->is_array() && !names->empty() && (*names)[0].is_string();
  out.architecture = says ? (*names)[0].get<std::string>() : str(family->class_name, "Model");
  const HeadRow* head = find_head(*family, out.architecture);
  if (!head && unknown == UnknownArchitecture::kEncoderOnly) head = &kHeads[0];
  if (!head) {
    std::vector<std::string> known;
    for (const HeadRow& row : kHeads) {
      if (has(*family, row)) known.push_back(str(family->class_name, row.ending));
    }
    throw Error(ErrorKind::kIncompatible, str(origin, ": architectures: got \"", out.architecture,
                                              "\", expected one of ", base::join(known, ", ")));
  }
  out.head = head->head;
  out.has_pooler = head->uses_pooler && out.family != "electra";
  Sizes size{config, origin};
  for (const Feature& feature : kFeatures) {
    const Json* value = member(config, feature.key);
    if (value && *value != feature.only) {
      size.fault(str(feature.key, ": got ", value->dump(), ", expected ", feature.only.dump()));
    }
  }
  out.vocab_size = size("vocab_size");
  out.hidden_size = size("hidden_size");
  out.num_hidden_layers = size("num_hidden_layers");
  out.num_attention_heads = size("num_attention_heads");
  out.intermediate_size = size("intermediate_size");
  out.embedding_size = size("embedding_size", out.family == "bert" ? out.hidden_size : 128);
  out.num_hidden_groups = out.family == "albert" ? size("num_hidden_groups", 1) : 1;
  out.max_position_embeddings = size("max_position_embeddings", 512);
  out.type_vocab_size = size("type_vocab_size", 2);
  if (member(config, "hidden_act"))
    out.hidden_act = base::json_get<std::string>(config, "hidden_act", origin);
  else
    out.hidden_act = family->activation;
  if (member(config, "layer_norm_eps")) out.layer_norm_eps = base::json_get<double>(config, "layer_norm_eps", origin);
  if (out.family == "bert" && out.embedding_size != out.hidden_size) {
    size.fault(
        str("embedding_size: got ", out.embedding_size, ", expected hidden_size ", out.hidden_size, " for bert"));
  }
  if (out.hidden_size % out.num_attention_heads != 0) {
    size.fault(str("num_attention_heads: got ", out.num_attention_heads, ", expected a divisor of hidden_size ",
                   out.hidden_size));
  }
  if (out.num_hidden_groups > out.num_hidden_layers) {
    size.fault(str("num_hidden_groups: got ", out.num_hidden_groups, ", expected at most num_hidden_layers ",
                   out.num_hidden_layers));
  }
  read_labels(config, size, out);
  if (!size.faults.empty()) throw Error(ErrorKind::kIncompatible, base::join(size.faults, "\n"));
  return out;
}

ModelInfo read_model_info(const std::filesystem::path& dir) {
  const std::string origin = (dir / kConfigFile).string();
  return model_info(base::read_json(origin), origin);
}

std::vector<ExpectedTensor> expected_tensors(const ModelInfo& info) {
  std::vector<ExpectedTensor> out;
  const auto add = [&](const std::string& neutral, std::vector<int64_t> shape) {
    out.push_back({neutral, hugging_face_name(info.family, neutral), std::move(shape)});
  };
  const auto linear = [&](const std::string& neutral, int64_t to, int64_t from) {
    add(neutral + ".weight", {to, from});
    add(neutral + ".bias", {to});
  };
  const auto norm = [&](const std::string& neutral, int64_t width) {
    add(neutral + ".weight", {width});
    add(neutral + ".bias", {width});
  };
  const int64_t H = info.hidden_size, E = info.embedding_size, F = info.intermediate_size, C = info.num_labels;
  add("embeddings.word.weight", {info.vocab_size, E});
  add("embeddings.position.weight", {info.max_position_embeddings, E});
  add("embeddings.type.weight", {info.type_vocab_size, E});
  norm("embeddings.norm", E);
  if (info.family == "albert" || E != H) linear("encoder.projection", H, E);
  for (int64_t layer = 0; layer < info.stored_layers(); ++layer) {
    const std::string at = str("encoder.", layer, ".");
    for (const char* part : {"query", "key", "value", "output"}) linear(str(at, "attention.", part), H, H);
    norm(at + "attention.norm", H);
    linear(at + "feed_forward.in", F, H);
    linear(at + "feed_forward.out", H, F);
    norm(at + "feed_forward.norm", H);
  }
  if (info.has_pooler) linear("pooler", H, H);
  if (info.head == HeadKind::kMaskedLm || info.head == HeadKind::kPretraining) {
    linear("masked_lm.transform", E, H);
    norm("masked_lm.norm", E);
    add("masked_lm.bias", {info.vocab_size});
  }
  switch (info.head) {
    case HeadKind::kPretraining:
      linear("pair", 2, H);
      break;
    case HeadKind::kReplacedToken:
      linear("replaced_token.transform", H, H);
      linear("replaced_token.output", 1, H);
      break;
    case HeadKind::kSequence:
      if (info.family == "electra") linear("sequence.transform", H, H);
      linear("sequence.output", C, H);
      break;
    case HeadKind::kTokens:
      linear("tokens", C, H);
      break;
    case HeadKind::kQuestion:
      linear("question", 2, H);
      break;
    case HeadKind::kNone:
    case HeadKind::kMaskedLm:
      break;
  }
  return out;
}

}  // namespace lmkor::hub
