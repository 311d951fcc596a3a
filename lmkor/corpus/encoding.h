// Text that is not UTF-8: which encoding a file has, and its bytes as a stream of UTF-8. The tables are those of iconv.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/compress.h"

namespace lmkor::corpus {

struct Encoding {
  std::string_view name;  // as --encoding takes it
  std::string_view byte_order_mark;
  const char* iconv_name;  // nullptr: UTF-8, which is taken as it is
  size_t unit;             // bytes that are passed over where the text is broken
};

// utf-8 first. euc-kr is read as cp949, which holds all of it.
const std::vector<Encoding>& encodings();

// `name` is one of encodings().
const Encoding& encoding_named(std::string_view name);

struct EncodingGuess {
  const Encoding* encoding;  // nullptr: bytes that are no text
  size_t mark_bytes = 0;     // to drop
  std::string reason;        // why, for people
};

// By byte order mark, else by what the bytes can be read as. `first_bytes` may end inside a character.
EncodingGuess guess_encoding(std::string_view first_bytes);

// `input` in `encoding` as UTF-8. What is broken becomes the byte FF, which no UTF-8 holds, so that the record it is in
// counts as broken.
std::unique_ptr<base::InputStream> decode(std::unique_ptr<base::InputStream> input, const Encoding& encoding);

// A short text, such as a name in an archive; what is broken becomes U+FFFD.
std::string decode_text(std::string_view bytes, const Encoding& encoding);

}  // namespace lmkor::corpus
