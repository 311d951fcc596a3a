// The families of encoders and the heads that may stand on them: the one table that says how they differ.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/hub/model_info.h"

namespace lmkor::model {

using Head = hub::HeadKind;

// "masked_lm", "replaced_token", ...
const char* head_name(Head head);

struct Family {
  const char* name;                  // "bert": also config.json's model_type
  bool embedding_size_free;          // may differ from hidden_size
  bool always_projects;              // projects embeddings to hidden_size even where the widths agree
  bool shares_layers;                // one layer's weights serve every depth
  bool has_pooler;                   // dense + tanh on [CLS] before sequence and pair heads
  bool masked_lm_head_is_erf;        // erf GELU in the masked LM head whatever hidden_act says
  bool feed_forward_dropout;         // dropout after the feed-forward block
  bool classifier_has_hidden_layer;  // dense + erf GELU before the sequence classifier
  double default_dropout;
};

std::span<const Family> families();
std::vector<std::string> family_names();
// Throws kConfig naming the families there are.
const Family& family(std::string_view name);

// "BertForMaskedLM". Throws kConfig where the family has no such head.
std::string architecture(std::string_view family, Head head);
// The reverse, for a folder's config.json; kNone for an architecture that is not in the table.
Head head_of_architecture(std::string_view family, std::string_view architecture);

}  // namespace lmkor::model
