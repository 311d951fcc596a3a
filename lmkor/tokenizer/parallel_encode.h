// Many texts on many threads, each with its own scratch: caches are never shared, so threads never wait for each other.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/scratch_pool.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::tokenizer {

// As Tokenizer::encode_batch() on up to `threads` threads. The ids of all texts are those of parts[0], parts[1], ...
// one after another; each part holds a run of texts, and where it begins depends on the texts alone. What `parts` held
// is replaced, its memory kept.
template <class Id>
void encode_batch(const Tokenizer& tokenizer, std::span<const std::string_view> texts, int threads, ScratchPool& pool,
                  std::vector<FlatIds<Id>>& parts);

}  // namespace lmkor::tokenizer
