#include "lmkor/data/pieces.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

using base::str;

PieceKinds piece_kinds(std::span<const std::string> tokens) {
  PieceKinds kinds;
  kinds.flags.resize(tokens.size());
  const std::pair<std::string_view, int32_t*> specials[] = {{"[PAD]", &kinds.pad},
                                                            {"[UNK]", &kinds.unk},
                                                            {"[CLS]", &kinds.cls},
                                                            {"[SEP]", &kinds.sep},
                                                            {"[MASK]", &kinds.mask}};
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string& token = tokens[id];
    uint8_t flags = 0;
    for (const auto& [name, place] : specials) {
      if (token != name) continue;
      *place = static_cast<int32_t>(id);
      flags |= PieceKinds::kSpecial;
    }
    if (token.size() > 2 && token.starts_with("##")) flags |= PieceKinds::kContinuation;
    if (token.starts_with("[unused") && token.ends_with("]")) flags |= PieceKinds::kUnused;
    kinds.flags[id] = flags;
    if ((flags & (PieceKinds::kSpecial | PieceKinds::kUnused)) == 0) kinds.ordinary.push_back(static_cast<int32_t>(id));
  }
  for (const auto& [name, place] : specials) {
    if (*place < 0) {
      throw base::Error(base::ErrorKind::kIncompatible, str("vocabulary of ", tokens.size(), " tokens: ", name,
                                                            " is missing; pretraining needs [PAD], [UNK], [CLS], "
                                                            "[SEP] and [MASK]"));
    }
  }
  if (kinds.ordinary.empty()) {
    throw base::Error(base::ErrorKind::kIncompatible,
                      str("vocabulary of ", tokens.size(), " tokens: every token is special or unused"));
  }
  return kinds;
}

}  // namespace lmkor::data
