#include "lmkor/corpus/markup.h"

#include <algorithm>
#include <charconv>

#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

namespace {

struct Entity {
  std::string_view name;
  char32_t code_point;
};
// What Korean texts use; the five of XML first.
constexpr Entity kEntities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},     {"nbsp", ' '},
    {"ensp", ' '},     {"emsp", ' '},     {"thinsp", ' '},   {"middot", 0xB7},  {"ndash", 0x2013},  {"mdash", 0x2014},
    {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C}, {"rdquo", 0x201D}, {"hellip", 0x2026}, {"bull", 0x2022},
    {"times", 0xD7},   {"divide", 0xF7},  {"deg", 0xB0},     {"plusmn", 0xB1},  {"laquo", 0xAB},    {"raquo", 0xBB},
    {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122}, {"larr", 0x2190},  {"rarr", 0x2192},   {"uarr", 0x2191},
    {"darr", 0x2193},  {"minus", 0x2212}, {"prime", 0x2032}, {"sect", 0xA7},    {"para", 0xB6},     {"frac12", 0xBD},
    {"sup2", 0xB2},    {"sup3", 0xB3},    {"alpha", 0x3B1},  {"beta", 0x3B2},   {"gamma", 0x3B3},   {"delta", 0x3B4},
    {"lambda", 0x3BB}, {"mu", 0x3BC},     {"pi", 0x3C0},     {"sigma", 0x3C3},  {"omega", 0x3C9},   {"infin", 0x221E},
    {"ne", 0x2260},    {"le", 0x2264},    {"ge", 0x2265},    {"shy", 0xAD},     {"zwnj", 0x200C},   {"lrm", 0x200E},
    {"rlm", 0x200F},
};
constexpr size_t kMaxEntityBytes = 10;

// The code point of an entity without & and ;, 0 if there is none.
char32_t entity(std::string_view name) {
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    if (hex) name.remove_prefix(1);
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value, hex ? 16 : 10);
    const bool scalar = value >= 0x20 && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return error == std::errc() && end == name.data() + name.size() && scalar ? value : 0;
  }
  for (const Entity& row : kEntities) {
    if (row.name == name) return row.code_point;
  }
  return 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::vector<Stretch> outermost_pairs(std::string_view text, std::string_view open, std::string_view close) {
  std::vector<size_t> opened;
  std::vector<Stretch> pairs;
  const char first_open = open[0], first_close = close[0];
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == first_open && text[i + 1] == open[1]) {
      opened.push_back(i++);
    } else if (text[i] == first_close && text[i + 1] == close[1] && !opened.empty()) {
      pairs.push_back({opened.back(), i + 2});
      opened.pop_back();
      ++i;
    }
  }
  keep_outermost(pairs);
  return pairs;
}

void keep_outermost(std::vector<Stretch>& stretches) {
  std::sort(stretches.begin(), stretches.end(),
            [](const Stretch& a, const Stretch& b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
  size_t kept = 0;
  for (const Stretch& stretch : stretches) {
    if (kept == 0 || stretch.begin >= stretches[kept - 1].end) stretches[kept++] = stretch;
  }
  stretches.resize(kept);
}

std::string decode_entities(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t begin = 0;
  for (size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const size_t end = text.substr(at + 1, kMaxEntityBytes).find(';');
    if (end == std::string_view::npos) continue;
    const char32_t code_point = entity(text.substr(at + 1, end));
    if (code_point == 0) continue;
    out.append(text, begin, at - begin);
    text::append_utf8(out, code_point);
    begin = at + end + 2;
    at = begin - 1;
  }
  out.append(text, begin);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

void append_paragraph(std::string& out, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  if (!out.empty()) out += '\n';
  out += line;
}

bool begins_with_any_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace lmkor::corpus
