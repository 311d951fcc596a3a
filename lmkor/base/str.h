// str(a, b, ...): the parts as one string. Numbers are written shortest so that they read back equal.
// (fmt is not used in headers: libtorch's include folder carries another fmt.)
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace lmkor::base {

// One template, so that a char array never turns into a bool on its way.
template <class Part>
void append_part(std::string& out, const Part& part) {
  if constexpr (std::same_as<Part, bool>) {
    out.append(part ? "true" : "false");
  } else if constexpr (std::same_as<Part, char>) {
    out.push_back(part);
  } else if constexpr (std::is_floating_point_v<Part>) {
    // general: 0.0001 as people write it, where the plain form would choose the shorter 1e-04
    char buffer[64];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, part, std::chars_format::general).ptr);
  } else if constexpr (std::is_arithmetic_v<Part>) {
    char buffer[64];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, part).ptr);
  } else {
    out.append(std::string_view(part));
  }
}

template <class... Parts>
std::string str(const Parts&... parts) {
  std::string out;
  (append_part(out, parts), ...);
  return out;
}

// `value` with `digits` after the point, for people: 12.3.
std::string fixed(double value, int digits);
// 1234567 as "1,234,567".
std::string grouped(long long value);
// 12345678 bytes as "12.3 MB" (10^6).
std::string human_bytes(double bytes);
// 3725 seconds as "1:02:05", 62 as "1:02".
std::string human_seconds(double seconds);
// The parts with `separator` between them.
template <class Range>
std::string join(const Range& parts, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) out.append(separator);
    append_part(out, part);
    first = false;
  }
  return out;
}
// The candidate with the smallest edit distance to `word`, or empty when none is near enough to be a slip.
template <class Range>
std::string nearest(std::string_view word, const Range& candidates);
// Levenshtein distance in bytes with transpositions counted once.
int edit_distance(std::string_view a, std::string_view b);

template <class Range>
std::string nearest(std::string_view word, const Range& candidates) {
  std::string best;
  int best_distance = static_cast<int>(word.size()) / 3 + 2;
  for (const auto& candidate : candidates) {
    const int distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

}  // namespace lmkor::base
