#include "lmkor/serve/http.h"

#include <charconv>

namespace lmkor::serve {

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, fault] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      if (fault == std::errc() && end == text.data() + i + 3) {
        out += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == key)
      return percent_decoded(pair.substr(equals + 1));
  }
  return "";
}

}  // namespace lmkor::serve
