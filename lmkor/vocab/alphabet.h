// The characters of counted words, and which of them a vocabulary keeps.
#pragma once

#include <cstdint>
#include <vector>

#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {

struct Character {
  char32_t code_point;
  uint64_t count = 0;   // in 1/unit
  uint64_t words = 0;   // different words that hold it
  bool inside = false;  // seen after the first character of a word
  bool kept = true;
};

// Characters by code point.
std::vector<Character> characters_of(const Counts& counts, int threads);

// Leaves out characters seen fewer than `min_count` times, then the rarest ones that a share of `coverage` of all
// characters does not need; of equally frequent ones those of smaller code points stay.
void choose(std::vector<Character>& characters, uint64_t min_count, double coverage);

}  // namespace lmkor::vocab
