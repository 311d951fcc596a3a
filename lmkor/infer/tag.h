// Tags of words and the entities that they make.
#pragma once

#include <string_view>
#include <vector>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"

namespace lmkor::infer {

// A tag divided: "B-PS" and "PS-B" are {'B', "PS"}, "O" is {'O', ""}, a label without such a mark {'I', label}.
struct Tag {
  char place;
  std::string type;
};
Tag tag_of(std::string_view label);

// The tag of a blank-divided word is the likeliest of its first piece ("O" where it has none). Entities are runs of
// words of one type; a B begins another one, an I after another type too, as seqeval has it. An entity's score is the
// mean of its words'. A long text is looked at through windows. Throws kIncompatible for a model without the head.
std::vector<Tagging> tag(const Model& model, const std::vector<std::string_view>& texts, bool logits = false);

}  // namespace lmkor::infer
