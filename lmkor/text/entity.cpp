#include "lmkor/text/entity.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

struct Entity {
  std::string_view name, value;
  bool bare;
};
constexpr Entity kEntities[] = {
#include "lmkor/text/entity_table.inc"
};

// What the numbers 0x80 to 0x9F mean in pages that were never UTF-8: Windows-1252.
constexpr char32_t kWindows1252[32] = {0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                       0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                       0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                       0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

const Entity* find(std::string_view name) {
  const auto* found =
      std::lower_bound(std::begin(kEntities), std::end(kEntities), name,
                       [](const Entity& entity, std::string_view wanted) { return entity.name < wanted; });
  return found != std::end(kEntities) && found->name == name ? found : nullptr;
}

bool is_no_character(uint32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r') || c == 0x7F || (c >= 0xFDD0 && c <= 0xFDEF) ||
         (c & 0xFFFE) == 0xFFFE;
}

bool append_number(std::string& out, std::string_view digits, int base) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || end != digits.data() + digits.size()) return false;
  if (error != std::errc() || value > 0x10FFFF || value == 0 || (value >= 0xD800 && value <= 0xDFFF)) {
    append_utf8(out, kReplacement);
  } else if (value >= 0x80 && value < 0xA0) {
    append_utf8(out, kWindows1252[value - 0x80]);
  } else if (!is_no_character(value)) {
    append_utf8(out, value);
  }
  return true;
}

}  // namespace

bool append_entity(std::string& out, std::string_view name) {
  if (name.empty() || name.size() > kMaxEntityName) return false;
  if (name[0] == '#') {
    const bool hexadecimal = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    return append_number(out, name.substr(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  }
  const Entity* entity = find(name);
  if (entity == nullptr) return false;
  out += entity->value;
  return true;
}

bool is_bare_entity(std::string_view name) {
  const Entity* entity = find(name);
  return entity != nullptr && entity->bare;
}

}  // namespace lmkor::text
