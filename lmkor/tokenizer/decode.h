// Ids back to text, as Hugging Face's WordPiece decoder does it.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::tokenizer {

struct DecodeOptions {
  bool skip_special = true;  // [CLS], [SEP] and so on leave nothing
  bool cleanup = true;       // no blank before . ? ! , and before English contractions that are one token ('m, 's, ...)
};

// Pieces that continue a word are joined to what stands before, all others by a blank. An id that no token has leaves
// nothing. What normalisation took away does not come back.
std::string decode(const Tokenizer& tokenizer, std::span<const int32_t> ids, const DecodeOptions& options);

}  // namespace lmkor::tokenizer
