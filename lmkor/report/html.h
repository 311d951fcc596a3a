// Text into HTML that is also well-formed XML, and the page's style sheet.
#pragma once

#include <string>
#include <string_view>

namespace lmkor::report {

// `text` for element content and quoted attributes. Bytes that are not UTF-8 and characters that XML forbids become
// U+FFFD.
std::string escape(std::string_view text);

// ` lang="ko"` if `text` holds Hangul, else nothing: for the inside of a start tag.
std::string_view language_of(std::string_view text);

// Width in pixels that `text` takes in a sans-serif face of `size` pixels, roughly: CJK counts as a full square.
double text_width(std::string_view text, double size);

// `text`, cut to `width` pixels with an ellipsis at the end.
std::string fit_text(std::string_view text, double size, double width);

extern const char* const kStyle;

}  // namespace lmkor::report
