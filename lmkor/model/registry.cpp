#include "lmkor/model/registry.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::model {

using base::Error;
using base::ErrorKind;
using base::str;

namespace {

// Columns in the order of struct Family. ALBERT makes a dropout for its feed-forward block and never applies it
// (transformers: AlbertLayer), and neither does its own code's released configuration, whose rate is 0.
constexpr Family kFamilies[] = {
    {.name = "bert",
     .embedding_size_free = false,
     .always_projects = false,
     .shares_layers = false,
     .has_pooler = true,
     .masked_lm_head_is_erf = false,
     .feed_forward_dropout = true,
     .classifier_has_hidden_layer = false,
     .default_dropout = 0.1},
    {.name = "albert",
     .embedding_size_free = true,
     .always_projects = true,
     .shares_layers = true,
     .has_pooler = true,
     .masked_lm_head_is_erf = false,
     .feed_forward_dropout = false,
     .classifier_has_hidden_layer = false,
     .default_dropout = 0},
    {.name = "electra",
     .embedding_size_free = true,
     .always_projects = false,
     .shares_layers = false,
     .has_pooler = false,
     .masked_lm_head_is_erf = true,
     .feed_forward_dropout = true,
     .classifier_has_hidden_layer = true,
     .default_dropout = 0.1},
};

}  // namespace

const char* head_name(Head head) {
  switch (head) {
    case Head::kNone:
      return "none";
    case Head::kMaskedLm:
      return "masked_lm";
    case Head::kPretraining:
      return "pretraining";
    case Head::kReplacedToken:
      return "replaced_token";
    case Head::kSequence:
      return "sequence";
    case Head::kTokens:
      return "tokens";
    case Head::kQuestion:
      return "question";
  }
  return "?";
}

std::span<const Family> families() { return kFamilies; }

std::vector<std::string> family_names() {
  std::vector<std::string> out;
  for (const Family& row : kFamilies) out.push_back(row.name);
  return out;
}

const Family& family(std::string_view name) {
  for (const Family& row : kFamilies) {
    if (name == row.name) return row;
  }
  throw Error(ErrorKind::kConfig,
              str("model.family: got \"", name, "\", expected one of ", base::join(family_names(), ", ")));
}

std::string architecture(std::string_view family, Head head) {
  const std::string name = hub::architecture_name(family, head);
  if (!name.empty()) return name;
  throw Error(ErrorKind::kConfig, str("model.family: ", family, " has no head ", head_name(head)));
}

Head head_of_architecture(std::string_view family, std::string_view architecture) {
  return hub::head_of(family, architecture).value_or(Head::kNone);
}

}  // namespace lmkor::model
