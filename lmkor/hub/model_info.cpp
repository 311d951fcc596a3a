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
};
constexpr HeadRow kHeads[] = {
    {"Model", HeadKind::kNone, true},
    {"ForMaskedLM", HeadKind::kMaskedLm, false},
    {"ForPreTraining", HeadKind::kPretraining, true},  // of ELECTRA the replaced-token head
    {"ForSequenceClassification", HeadKind::kSequence, true},
    {"ForTokenClassification", HeadKind::kTokens, false},
    {"ForQuestionAnswering", HeadKind::kQuestion, false},
};

int64_t size_of(const Json& config, const char* key, const std::string& origin, int64_t otherwise = 0) {
  const auto found = config.find(key);
  if (otherwise != 0 && (found == config.end() || found->is_null())) return otherwise;
  if (found != config.end() && !found->is_number_integer()) base::fail_json_member(key, origin, false);
  const auto value = base::json_get<int64_t>(config, key, origin);
  if (value < 1 || value > (int64_t{1} << 31)) {
    throw Error(ErrorKind::kIncompatible, str(origin, ": ", key, ": got ", value, ", expected a size from 1 to 2^31"));
  }
  return value;
}

void read_labels(const Json& config, const std::string& origin, ModelInfo& out) {
  const auto found = config.find("id2label");
  if (found == config.end() || !found->is_object()) {
    out.num_labels = size_of(config, "num_labels", origin, 2);
    return;
  }
  out.num_labels = static_cast<int64_t>(found->size());
  for (int64_t id = 0; id < out.num_labels; ++id) {
    const auto label = found->find(std::to_string(id));
    if (label == found->end() || !label->is_string()) {
      throw Error(ErrorKind::kData, str(origin, ": id2label: expected a name for each id from 0 to ",
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

ModelInfo model_info(const Json& config, const std::string& origin) {
  ModelInfo out;
  out.family = base::json_get<std::string>(config, "model_type", origin);
  const FamilyRow* family = nullptr;
  for (const FamilyRow& row : kFamilies) {
    if (row.family == out.family) family = &row;
  }
  if (!family) {
    throw Error(ErrorKind::kIncompatible,
                str(origin, ": model_type: got \"", out.family, "\", expected one of bert, albert, electra"));
  }
  const auto names = config.find("architectures");
  const bool says = names != config.end() && names->is_array() && !names->empty() && (*names)[0].is_string();
  out.architecture = says ? (*names)[0].get<std::string>() : str(family->class_name, "Model");
  const HeadRow* head = nullptr;
  for (const HeadRow& row : kHeads) {
    if (out.architecture == str(family->class_name, row.ending)) head = &row;
  }
  if (!head) {
    std::vector<std::string> known;
    for (const HeadRow& row : kHeads) known.push_back(str(family->class_name, row.ending));
    throw Error(ErrorKind::kIncompatible, str(origin, ": architectures: got \"", out.architecture,
                                              "\", expected one of ", base::join(known, ", ")));
  }
  out.head = head->head;
  if (out.family == "electra" && out.head == HeadKind::kPretraining) out.head = HeadKind::kReplacedToken;
  out.has_pooler = head->uses_pooler && out.family != "electra";
  out.vocab_size = size_of(config, "vocab_size", origin);
  out.hidden_size = size_of(config, "hidden_size", origin);
  out.num_hidden_layers = size_of(config, "num_hidden_layers", origin);
  out.num_attention_heads = size_of(config, "num_attention_heads", origin);
  out.intermediate_size = size_of(config, "intermediate_size", origin);
  out.embedding_size = out.family == "bert" ? out.hidden_size : size_of(config, "embedding_size", origin, 128);
  out.num_hidden_groups = out.family == "albert" ? size_of(config, "num_hidden_groups", origin, 1) : 1;
  out.max_position_embeddings = size_of(config, "max_position_embeddings", origin, 512);
  out.type_vocab_size = size_of(config, "type_vocab_size", origin, 2);
  out.hidden_act = config.value("hidden_act", std::string(family->activation));
  out.layer_norm_eps = config.value("layer_norm_eps", 1e-12);
  if (out.hidden_size % out.num_attention_heads != 0) {
    throw Error(ErrorKind::kIncompatible, str(origin, ": num_attention_heads: got ", out.num_attention_heads,
                                              ", expected a divisor of hidden_size ", out.hidden_size));
  }
  if (config.value("inner_group_num", 1) != 1 ||
      config.value("position_embedding_type", std::string("absolute")) != "absolute") {
    throw Error(ErrorKind::kIncompatible,
                str(origin, ": expected inner_group_num 1 and position_embedding_type absolute"));
  }
  read_labels(config, origin, out);
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
