// Unicode normalization form C for the cleaner. The tokenizer never composes (Hugging Face's does not either), so text
// must be brought to NFC before it is tokenized.
#pragma once

#include <string>
#include <string_view>

namespace lmkor::text {

// True if `utf8` holds only ASCII, composed Hangul and other ranges in which nothing ever changes under NFC: then it is
// NFC. False says nothing. Costs one pass over the bytes.
bool is_nfc_quick(std::string_view utf8);

// `utf8` in NFC. Broken UTF-8 becomes U+FFFD as in repair().
std::string nfc(std::string_view utf8);

}  // namespace lmkor::text
