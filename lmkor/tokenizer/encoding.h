// What a text becomes for a model: ids with types, masks and offsets, cut to a length and padded as Hugging Face does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace lmkor::tokenizer {

// Which text is cut where the ids are too many.
enum class Truncation {
  kLongestFirst,  // the longer one; of two halves the longer text gets the larger, of equal texts the second
  kOnlyFirst,
  kOnlySecond,
};

struct EncodeOptions {
  bool offsets = false;
  bool match_added = false;  // special tokens written in the text become their ids, as Hugging Face does
  bool add_special = false;  // [CLS] a [SEP], [CLS] a [SEP] b [SEP]
  size_t max_length = 0;     // ids with special tokens, 0: any
  Truncation truncation = Truncation::kLongestFirst;
  size_t stride = 0;  // ids that a window shares with the one before; see Tokenizer::encode_windows()
};

// All members have an element per id; offsets only if they were asked for.
struct Encoding {
  std::vector<int32_t> ids;
  std::vector<int32_t> type_ids;                       // 1 for the second text and its [SEP]
  std::vector<uint8_t> special_tokens_mask;            // 1 for [CLS] and [SEP] that were added, and for padding
  std::vector<uint8_t> attention_mask;                 // 0 for padding
  std::vector<std::pair<uint32_t, uint32_t>> offsets;  // code points of the text, [0, 0) for what was added

  void clear();
  // Adds one id that stands for no text.
  void add_special(int32_t id, int32_t type, bool with_offsets);
};

struct Lengths {
  size_t first, second;
};
// How many ids of two texts stay within `budget` ids. `second` is 0 where there is no second text. Throws kData where
// the one text that may be cut is too short for it, as Hugging Face does.
Lengths truncated(Lengths lengths, size_t budget, Truncation truncation);

// Where the windows of `length` ids begin and end, the first one being what stays of a text that is cut to max_length;
// each window but the first repeats `stride` ids, the last one ends with the text. Throws kData unless
// stride < max_length.
std::vector<std::pair<size_t, size_t>> windows_of(size_t length, size_t max_length, size_t stride);

struct Padding {
  size_t length = 0;       // 0: that of the longest encoding
  size_t multiple_of = 0;  // the length is rounded up to a multiple of this; 0: it is not
  int32_t id = 0;          // pad_id() of the tokenizer
};
// Pads at the right; an encoding that is longer stays as it is.
void pad(std::span<Encoding> encodings, const Padding& padding);

}  // namespace lmkor::tokenizer
