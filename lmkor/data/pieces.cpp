#include "lmkor/data/pieces.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::data {

using base::str;

PieceKinds piece_kinds(const tokenizer::Tokenizer& tokenizer) {
  PieceKinds kinds;
  kinds.pad = tokenizer.pad_id();
  kinds.unk = tokenizer.unk_id();
  kinds.cls = tokenizer.cls_id();
  kinds.sep = tokenizer.sep_id();
  kinds.mask = tokenizer.mask_id();
  const tokenizer::Settings& names = tokenizer.settings();
  const std::pair<int32_t, const std::string&> needed[] = {{kinds.pad, names.pad},
                                                           {kinds.unk, names.unk},
                                                           {kinds.cls, names.cls},
                                                           {kinds.sep, names.sep},
                                                           {kinds.mask, names.mask}};
  for (const auto& [id, name] : needed) {
    if (id >= 0) continue;
    throw base::Error(base::ErrorKind::kIncompatible,
                      str("vocabulary of ", tokenizer.size(), " tokens: ", name,
                          " is missing; pretraining needs tokens for padding, unknown, begin, end and mask"));
  }
  kinds.flags.resize(static_cast<size_t>(tokenizer.size()));
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    uint8_t flags = 0;
    if (tokenizer.is_special(id)) flags |= PieceKinds::kSpecial;
    if (tokenizer.is_continuation(id)) flags |= PieceKinds::kContinuation;
    if (tokenizer.is_unused(id)) flags |= PieceKinds::kUnused;
    kinds.flags[static_cast<size_t>(id)] = flags;
    const bool stands_for_text = (flags & (PieceKinds::kSpecial | PieceKinds::kUnused)) == 0;
    if (stands_for_text && !tokenizer.token(id).empty()) kinds.ordinary.push_back(id);
  }
  if (kinds.ordinary.empty()) {
    throw base::Error(base::ErrorKind::kIncompatible,
                      str("vocabulary of ", tokenizer.size(), " tokens: every token is special or unused"));
  }
  return kinds;
}

PieceKinds piece_kinds(std::span<const std::string> tokens) {
  tokenizer::HfFiles files;
  files.tokens.assign(tokens.begin(), tokens.end());
  return piece_kinds(tokenizer::Tokenizer::from_files(std::move(files), "vocabulary"));
}

}  // namespace lmkor::data
