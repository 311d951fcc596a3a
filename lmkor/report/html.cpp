#include "lmkor/report/html.h"

#include <cstdint>

namespace lmkor::report {
namespace {

struct Character {
  char32_t code;
  size_t bytes;  // how many it takes in the input, at least 1
};

constexpr char32_t kReplacement = 0xFFFD;

// The first character of non-empty `text`; a broken byte counts as one replacement character. (text/utf8 is a room of
// the same level, and a report wants nothing more than this.)
Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char head = byte(0);
  if (head < 0x80) return {head, 1};
  const size_t bytes = head >= 0xF0 ? 4 : head >= 0xE0 ? 3 : 2;
  if (head < 0xC2 || head > 0xF4 || text.size() < bytes) return {kReplacement, 1};
  char32_t code = head & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {kReplacement, 1};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool too_long = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (too_long || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {kReplacement, 1};
  return {code, bytes};
}

bool forbidden_in_xml(char32_t code) {
  return (code < 0x20 && code != '\t' && code != '\n' && code != '\r') || code == 0x7F || code == 0xFFFE ||
         code == 0xFFFF;
}

bool is_hangul(char32_t code) {
  return (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0x3131 && code <= 0x318E) || (code >= 0x1100 && code <= 0x11FF);
}

// Characters that a proportional face draws as a full square.
bool is_square(char32_t code) {
  return (code >= 0x1100 && code <= 0x11FF) || (code >= 0x2E80 && code <= 0xD7A3) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0xFF00 && code <= 0xFF60) || code >= 0x1F300;
}

double character_width(char32_t code) {
  if (is_square(code)) return 1.0;
  if (code == 'i' || code == 'l' || code == '.' || code == ',' || code == '\'' || code == ' ' || code == ':')
    return 0.3;
  if (code == 'm' || code == 'w' || code == 'M' || code == 'W') return 0.85;
  return code >= 'A' && code <= 'Z' ? 0.68 : 0.56;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code == kReplacement || forbidden_in_xml(c.code)) {
      out += "\xEF\xBF\xBD";
    } else if (c.code == '&') {
      out += "&amp;";
    } else if (c.code == '<') {
      out += "&lt;";
    } else if (c.code == '>') {
      out += "&gt;";
    } else if (c.code == '"') {
      out += "&quot;";
    } else if (c.code == '\'') {
      out += "&#39;";
    } else {
      out.append(text.substr(0, c.bytes));
    }
    text.remove_prefix(c.bytes);
  }
  return out;
}

std::string_view language_of(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (is_hangul(c.code)) return " lang=\"ko\"";
    text.remove_prefix(c.bytes);
  }
  return "";
}

double text_width(std::string_view text, double size) {
  double width = 0;
  while (!text.empty()) {
    const Character c = first_character(text);
    width += character_width(c.code);
    text.remove_prefix(c.bytes);
  }
  return width * size;
}

std::string fit_text(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  double used = size;  // the ellipsis
  size_t end = 0;
  while (end < text.size()) {
    const Character c = first_character(text.substr(end));
    used += character_width(c.code) * size;
    if (used > width) break;
    end += c.bytes;
  }
  return std::string(text.substr(0, end)) + "…";
}

// Series colours: Paul Tol's "bright" and "vibrant" sets, picked and shaded so that neighbours stay apart for the three
// common kinds of colour blindness and keep a contrast of 3:1 against the ground.
const char* const kStyle = R"css(
:root { color-scheme: light dark;
  --ground: #fbfaf8; --card: #ffffff; --ink: #1f2328; --soft: #5c636b; --rule: #e3e1dc; --grid: #eceae6; --accent: #2f5d8c;
  --s0: #2f6db3; --s1: #d1601f; --s2: #138a6b; --s3: #a8407f; --s4: #8a7300; --s5: #1593a8; --s6: #6b5bb8; --s7: #6c6c6c; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #15181c; --card: #1c2025; --ink: #e4e6e9; --soft: #9aa3ad; --rule: #30363d; --grid: #2a2f36; --accent: #8ab8ec;
  --s0: #6aa9f0; --s1: #f09a5b; --s2: #4cc4a0; --s3: #e58cc0; --s4: #d9c04a; --s5: #5fd0e2; --s6: #b0a3f2; --s7: #b0b0b0; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.6; font-size: 1rem;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Apple SD Gothic Neo", "Noto Sans KR", "Noto Sans CJK KR",
    "Malgun Gothic", sans-serif; overflow-wrap: anywhere; }
:lang(ko) { word-break: keep-all; }
main, header, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 3rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; font-weight: 650; letter-spacing: -0.015em; }
h2 { font-size: 1.2rem; margin: 0 0 0.9rem; font-weight: 620; letter-spacing: -0.005em; }
.subtitle { color: var(--soft); margin: 0.4rem 0 0; font-size: 1.05rem; }
nav { margin-top: 1.1rem; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; font-size: 0.92rem; }
a { color: var(--accent); text-decoration-thickness: 0.06em; text-underline-offset: 0.18em; }
a:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
section { padding: 1.9rem 0 0.4rem; margin-top: 1.6rem; border-top: 1px solid var(--rule); }
section.lead { border-top: 0; margin-top: 0; padding-bottom: 0; }
p { margin: 0 0 1rem; max-width: 44rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 0 0 1.2rem; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 0.8rem 1rem 0.75rem; }
.figures dt { color: var(--soft); font-size: 0.85rem; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 620; line-height: 1.3; letter-spacing: -0.01em;
  font-variant-numeric: tabular-nums; }
.note { color: var(--soft); font-size: 0.85rem; font-weight: 400; letter-spacing: 0; }
.figures .note { display: block; }
.facts { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; margin: 0 0 1.2rem; font-size: 0.95rem; }
.facts > div { display: contents; }
.facts dt, .facts dd { padding: 0.32rem 0; border-bottom: 1px solid var(--rule); margin: 0; }
.facts dt { color: var(--soft); padding-right: 2rem; }
.facts dd { font-variant-numeric: tabular-nums; }
.facts .note { margin-left: 0.6em; }
.scroll { overflow-x: auto; margin: 0 0 1.3rem; }
table { border-collapse: collapse; font-size: 0.93rem; min-width: 50%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.4rem; }
th, td { padding: 0.36rem 1.6rem 0.36rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule);
  overflow-wrap: normal; }
th:last-child, td:last-child { padding-right: 0.2rem; }
thead th { color: var(--soft); font-weight: 500; white-space: nowrap; border-bottom-color: var(--soft); }
.r { text-align: right; white-space: nowrap; }
tbody td:first-child { font-weight: 500; }
tr.total td { font-weight: 620; border-top: 1px solid var(--soft); }
figure { margin: 0 0 1.6rem; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 1rem 1.1rem 0.8rem; }
figcaption { font-weight: 600; font-size: 0.98rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1.2rem; margin: 0.25rem 0 0; padding: 0; list-style: none;
  font-size: 0.87rem; color: var(--soft); }
.legend i { display: inline-block; width: 1.15rem; height: 0.22rem; border-radius: 2px; margin-right: 0.45rem;
  vertical-align: 0.22rem; background: var(--c); }
figure .scroll { margin: 0.5rem 0 0; }
figure .note { margin: 0.5rem 0 0; }
svg { display: block; width: 100%; min-width: 34rem; height: auto; font-size: 12px; }
svg text { fill: var(--soft); font-family: inherit; font-variant-numeric: tabular-nums; }
svg .value { fill: var(--ink); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; opacity: 0.6; }
svg .line { fill: none; stroke: var(--c); stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
svg .bar { fill: var(--c); }
svg .bar:hover { opacity: 0.78; }
svg .dot { fill: var(--c); }
svg .hit { fill: var(--c); opacity: 0; }
svg .hit:hover { opacity: 0.9; }
.c0 { --c: var(--s0); } .c1 { --c: var(--s1); } .c2 { --c: var(--s2); } .c3 { --c: var(--s3); }
.c4 { --c: var(--s4); } .c5 { --c: var(--s5); } .c6 { --c: var(--s6); } .c7 { --c: var(--s7); }
.samples { margin: 0 0 1.2rem; }
.samples div { border-left: 3px solid var(--rule); padding: 0.1rem 0 0.1rem 1rem; margin-bottom: 0.8rem; }
.samples dt { color: var(--soft); font-size: 0.85rem; }
.samples dd { margin: 0; white-space: pre-wrap; }
.links { padding-left: 1.1rem; margin: 0 0 1.2rem; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 0.8rem 1rem;
  margin: 0 0 1.2rem; font-size: 0.85rem; line-height: 1.5; font-family: ui-monospace, "SF Mono", Menlo, Consolas,
    "Noto Sans Mono CJK KR", "D2Coding", monospace; }
footer { color: var(--soft); font-size: 0.85rem; padding-top: 1rem; padding-bottom: 2.5rem; margin-top: 2rem; }
@media (max-width: 34rem) {
  header { padding-top: 1.6rem; } h1 { font-size: 1.5rem; }
  .facts { grid-template-columns: 1fr; } .facts dt { border-bottom: 0; padding-bottom: 0; } .facts dd { padding-top: 0; }
  .figures { grid-template-columns: repeat(2, 1fr); } .figures dd { font-size: 1.2rem; } figure { padding: 0.8rem; }
}
@media print {
  :root { --ground: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #ccc; --grid: #e5e5e5; --accent: #000;
    --s0: #2f6db3; --s1: #d1601f; --s2: #138a6b; --s3: #a8407f; --s4: #8a7300; --s5: #1593a8; --s6: #6b5bb8; --s7: #6c6c6c; }
  body { font-size: 10pt; } nav { display: none; } .scroll, pre { overflow: visible; } pre { white-space: pre-wrap; }
  svg { min-width: 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, tr, .figures div, .samples div { break-inside: avoid; } h2 { break-after: avoid; }
}
)css";

}  // namespace lmkor::report
