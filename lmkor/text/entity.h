// Character references of HTML: &amp; &#44032; &#xAC00; and what they stand for (HTML standard, section 13.2.5.72 to
// 13.2.5.80; the same results as Python's html.unescape, against which a test holds it).
#pragma once

#include <string>
#include <string_view>

namespace lmkor::text {

// Longest name, without & and semicolon; a longer one is none.
inline constexpr size_t kMaxEntityName = 32;

// Appends what `name` (between & and the semicolon: "amp", "#44032", "#xAC00") stands for; false if it is no reference.
// A reference to what is no character stands for U+FFFD or for nothing, as the standard says.
bool append_entity(std::string& out, std::string_view name);

// Whether HTML takes `name` without a semicolon, too ("nbsp", "lt").
bool is_bare_entity(std::string_view name);

}  // namespace lmkor::text
