// Tiny configurations and inputs for the tests of this room.
#pragma once

#include <string>
#include <vector>

#include "hub/sample.h"
#include "lmkor/model/network.h"

namespace lmkor::model {

using hub::error_text;
using hub::Folder;
using Ints = std::vector<int32_t>;

inline Config tiny(const std::string& family) {
  Config out;
  out.family = family;
  out.vocab_size = 30;
  out.hidden_size = 16;
  out.embedding_size = family == "bert" ? 0 : 8;
  out.num_hidden_layers = 2;
  out.num_attention_heads = 2;
  out.intermediate_size = 24;
  out.max_position_embeddings = 12;
  out.initializer_range = 0.3;
  return out;
}

// Every family with every head it has.
struct FamilyHead {
  std::string family;
  Head head;
};
inline std::vector<FamilyHead> all_heads() {
  std::vector<FamilyHead> out;
  for (const std::string& family : family_names()) {
    for (const Head head : {Head::kNone, Head::kMaskedLm, Head::kPretraining, Head::kReplacedToken, Head::kSequence,
                            Head::kTokens, Head::kQuestion}) {
      if (head != (family == "electra" ? Head::kPretraining : Head::kReplacedToken)) out.push_back({family, head});
    }
  }
  return out;
}

inline PackedInput tiny_input() {
  return layers::make_packed(Ints{2, 7, 9, 3, 2, 3, 2, 11, 3}, {}, Ints{0, 0, 1, 1, 0, 1, 0, 0, 0}, Ints{0, 4, 6, 9});
}

}  // namespace lmkor::model
