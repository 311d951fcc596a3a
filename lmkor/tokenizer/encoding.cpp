#include "lmkor/tokenizer/encoding.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::tokenizer {

using base::Error;
using base::ErrorKind;
using base::str;

void Encoding::clear() {
  ids.clear();
  type_ids.clear();
  special_tokens_mask.clear();
  attention_mask.clear();
  offsets.clear();
}

void Encoding::add_special(int32_t id, int32_t type, bool with_offsets) {
  ids.push_back(id);
  type_ids.push_back(type);
  special_tokens_mask.push_back(1);
  attention_mask.push_back(1);
  if (with_offsets) offsets.emplace_back(0, 0);
}

Lengths truncated(Lengths lengths, size_t budget, Truncation truncation) {
  const size_t total = lengths.first + lengths.second;
  if (total <= budget) return lengths;
  if (budget == 0) return {0, 0};
  if (truncation == Truncation::kLongestFirst) {
    // A text that is shorter than its half stays whole.
    const size_t shorter = std::min(lengths.first, lengths.second);
    size_t small = shorter;
    size_t large = shorter > budget ? shorter : std::max(shorter, budget - shorter);
    if (small + large > budget) {
      small = budget / 2;
      large = budget - small;
    }
    const bool swapped = lengths.first > lengths.second;
    return {std::min(lengths.first, swapped ? large : small), std::min(lengths.second, swapped ? small : large)};
  }
  const bool first = truncation == Truncation::kOnlyFirst;
  size_t& cut = first ? lengths.first : lengths.second;
  const size_t excess = total - budget;
  if (cut <= excess) {
    throw Error(ErrorKind::kData, str("truncation: got ", cut, " ids in the ", first ? "first" : "second",
                                      " text, of which ", excess, " would have to go to keep ", budget,
                                      "; expected more than that in it, or --truncation longest_first"));
  }
  cut -= excess;
  return lengths;
}

std::vector<std::pair<size_t, size_t>> windows_of(size_t length, size_t max_length, size_t stride) {
  if (length <= max_length) return {{0, length}};
  if (max_length == 0) return {{0, 0}, {0, length}};
  if (stride >= max_length) {
    throw Error(ErrorKind::kData, str("stride: got ", stride, ", expected less than the ", max_length,
                                      " ids of text that a window holds"));
  }
  std::vector<std::pair<size_t, size_t>> windows;
  for (size_t begin = 0; windows.empty() || windows.back().second < length; begin += max_length - stride) {
    windows.emplace_back(begin, std::min(begin + max_length, length));
  }
  return windows;
  return windows;
}

void pad(std::span<Encoding> encodings, const Padding& padding) {
  size_t length = padding.length;
  if (length == 0) {
    for (const Encoding& encoding : encodings) length = std::max(length, encoding.ids.size());
  }
  if (padding.multiple_of > 0) length = (length + padding.multiple_of - 1) / padding.multiple_of * padding.multiple_of;
  for (Encoding& encoding : encodings) {
    if (encoding.ids.size() >= length) continue;
    if (!encoding.offsets.empty() || encoding.ids.empty()) encoding.offsets.resize(length);
    encoding.ids.resize(length, padding.id);
    encoding.type_ids.resize(length, 0);
    encoding.special_tokens_mask.resize(length, 1);
    encoding.attention_mask.resize(length, 0);
  }
}

}  // namespace lmkor::tokenizer
