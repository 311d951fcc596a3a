// Namu markup to plain text. Dropped: footnotes, macros, files, categories, tables, code, HTML, comments. Kept: the
// text that links show, text of any size, colour and style, struck-out text (jokes of the writers, running text all the
// same), quotations, lists, headings that have text below them.
#include <algorithm>

#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxMacroBytes = 512;

constexpr std::string_view kDroppedLinks[] = {"파일:", "분류:", "이미지:", "file:", "image:", "category:"};
// {{{#!KIND ...}}} whose inside is text behind its first line; any other kind is dropped.
constexpr std::string_view kTextBlocks[] = {"wiki", "folding"};
// [NAME] and [NAME(...)].
constexpr std::string_view kMacros[] = {
    "목차",    "tableofcontents", "각주",      "footnote", "include", "date", "datetime",
    "youtube", "kakaotv",         "nicovideo", "navertv",  "vimeo",   "age",  "dday",
    "anchor",  "pagecount",       "clearfix",  "math",     "pagemap",
};
constexpr std::string_view kMarks[] = {"'''", "''", "~~", "--", "__", "^^", ",,"};

std::string inline_text(std::string_view text, int depth);

// Where the stretch that begins with `open` at `at` ends (behind its `close`), inner ones passed over; npos if nowhere.
// The budget keeps the whole linear: each byte may be looked at so often.
size_t behind_partner(std::string_view text, size_t at, std::string_view open, std::string_view close, size_t& budget) {
  size_t depth = 0;
  while (at < text.size()) {
    if (budget == 0) return std::string_view::npos;
    --budget;
    if (text.substr(at, open.size()) == open) {
      ++depth;
      at += open.size();
    } else if (text.substr(at, close.size()) == close) {
      at += close.size();
      if (--depth == 0) return at;
    } else {
      ++at;
    }
  }
  return std::string_view::npos;
}

std::string link_text(std::string_view inside, int depth) {
  const size_t bar = inside.find('|');
  std::string_view target = trimmed(inside.substr(0, bar));
  for (const std::string_view name : kDroppedLinks) {
    if (begins_with_any_case(target, name)) return "";
  }
  if (bar != std::string_view::npos) return inline_text(inside.substr(bar + 1), depth + 1);
  if (target.starts_with("http://") || target.starts_with("https://")) return "";
  if (target.starts_with(':')) target.remove_prefix(1);
  return std::string(target.substr(0, target.find('#')));
}

// The inside of {{{...}}}.
std::string block_text(std::string_view inside, int depth) {
  if (inside.starts_with("#!")) {
    for (const std::string_view kind : kTextBlocks) {
      if (!inside.substr(2).starts_with(kind)) continue;
      const size_t line = inside.find('\n');
      return line == std::string_view::npos ? "" : inline_text(inside.substr(line), depth + 1);
    }
    return "";
  }
  const bool sized =
      inside.size() > 2 && (inside[0] == '+' || inside[0] == '-') && inside[1] >= '1' && inside[1] <= '5';
  const bool styled = sized || inside.starts_with('#');
  if (!styled) return std::string(inside);  // as it is written
  const size_t blank = inside.find_first_of(" \n");
  return blank == std::string_view::npos ? "" : inline_text(inside.substr(blank + 1), depth + 1);
}

// What the macro at the beginning of `rest` shows; false if there is none. `used` receives its bytes.
bool macro(std::string_view rest, std::string& out, size_t& used) {
  const size_t close = rest.substr(0, kMaxMacroBytes).find(']');
  if (close == std::string_view::npos) return false;
  const std::string_view inside = rest.substr(1, close - 1);
  const std::string_view name = inside.substr(0, inside.find('('));
  used = close + 1;
  if (begins_with_any_case(name, "br") && name.size() == 2) {
    out += '\n';
    return true;
  }
  if (begins_with_any_case(name, "ruby") && name.size() == 4) {
    const std::string_view argument = inside.substr(std::min(name.size() + 1, inside.size()));
    out += argument.substr(0, argument.find_first_of(",)"));
    return true;
  }
  return std::any_of(std::begin(kMacros), std::end(kMacros), [&](std::string_view known) {
    return known.size() == name.size() && begins_with_any_case(name, known);
  });
}

std::string inline_text(std::string_view text, int depth) {
  std::string out;
  out.reserve(text.size());
  size_t budget = 8 * text.size() + 64;
  const bool deep = depth >= kMaxDepth;
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    size_t used = 0;
    if (rest[0] == '\\' && rest.size() > 1 && static_cast<unsigned char>(rest[1]) < 0x80) {
      out += rest[1];
      at += 2;
      continue;
    }
    if (!deep && rest.starts_with("{{{")) {
      const size_t end = behind_partner(text, at, "{{{", "}}}", budget);
      if (end != std::string_view::npos) {
        out += block_text(text.substr(at + 3, end - at - 6), depth);
        at = end;
        continue;
      }
    } else if (!deep && rest.starts_with("[[")) {
      const size_t end = behind_partner(text, at, "[[", "]]", budget);
      if (end != std::string_view::npos) {
        out += link_text(text.substr(at + 2, end - at - 4), depth);
        at = end;
        continue;
      }
    } else if (rest.starts_with("[*")) {
      const size_t end = behind_partner(text, at, "[", "]", budget);
      if (end != std::string_view::npos) {
        at = end;
        continue;
      }
    } else if (rest[0] == '[' && macro(rest, out, used)) {
      at += used;
      continue;
    }
    const auto* mark = std::find_if(std::begin(kMarks), std::end(kMarks),
                                    [&](std::string_view known) { return rest.starts_with(known); });
    if (mark != std::end(kMarks)) {
      // A mark has a partner on its line; -- and ~~ alone are written for themselves.
      const std::string_view line = rest.substr(mark->size(), std::min(rest.find('\n'), rest.size()) - mark->size());
      const size_t partner = line.find(*mark);
      if (partner != std::string_view::npos && partner > 0 && !deep) {
        out += inline_text(line.substr(0, partner), depth + 1);
        at += partner + 2 * mark->size();
        continue;
      }
      out.append(*mark);
      at += mark->size();
      continue;
    }
    out += rest[0];
    ++at;
  }
  return out;
}

// The text of a heading "== x ==" or "==# x #==" and its level, 0 if the line is none.
size_t heading(std::string_view line, std::string_view& text) {
  const size_t level = std::min(line.find_first_not_of('='), line.size());
  if (level < 1 || level > 6 || line.size() < 2 * level + 2) return 0;
  if (line.substr(line.size() - level) != line.substr(0, level)) return 0;
  text = trimmed(line.substr(level, line.size() - 2 * level));
  if (text.size() >= 2 && text.starts_with('#') && text.ends_with('#')) text = trimmed(text.substr(1, text.size() - 2));
  return level;
}

// A line without the marks of quotations, lists and indents.
std::string_view without_prefix(std::string_view line) {
  line = line.substr(std::min(line.find_first_not_of(" \t>"), line.size()));
  if (line.starts_with("* ") || line.starts_with("*")) return trimmed(line.substr(1));
  for (const std::string_view number : {"1.", "a.", "A.", "i.", "I."}) {
    if (!line.starts_with(number)) continue;
    line = line.substr(number.size());
    if (line.starts_with('#')) line = line.substr(std::min(line.find_first_not_of("#0123456789"), line.size()));
    return trimmed(line);
  }
  return line;
}

// Without comments and tables; what spans lines is resolved in what is left.
std::string without_tables(std::string_view markup) {
  std::string out;
  out.reserve(markup.size());
  bool in_table = false;
  for (size_t at = 0; at < markup.size();) {
    const size_t end = std::min(markup.find('\n', at), markup.size());
    std::string_view line = markup.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view visible = trimmed(line);
    if (in_table) {
      // A cell may hold lines; a blank line or a heading ends a row that was never closed.
      const bool broken = visible.empty() || visible.starts_with("==");
      in_table = !visible.ends_with("||") && !broken;
      if (!broken) continue;
    }
    if (visible.starts_with("||")) {
      in_table = !(visible.size() >= 4 && visible.ends_with("||"));
      continue;
    }
    const bool comment = line.starts_with("##");
    const bool rule = visible.size() >= 4 && visible.find_first_not_of('-') == std::string_view::npos;
    if (comment || rule) continue;
    out.append(line) += '\n';
  }
  return out;
}

}  // namespace

bool is_namuwiki_redirect(std::string_view markup) {
  const std::string_view text = trimmed(markup);
  return begins_with_any_case(text, "#redirect ") || text.starts_with("#넘겨주기 ");
}

std::string namuwiki_text(std::string_view markup) {
  const std::string text = inline_text(without_tables(markup), 0);
  std::string out;
  struct Pending {
    size_t level;
    std::string_view text;
  };
  std::vector<Pending> pending;  // headings without text below them so far
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(std::string_view(text).substr(at, end - at));
    at = end + 1;
    std::string_view title;
    if (const size_t level = heading(line, title); level > 0) {
      std::erase_if(pending, [&](const Pending& one) { return one.level >= level; });
      pending.push_back({level, title});
      continue;
    }
    const std::string_view plain = without_prefix(line);
    if (plain.empty()) continue;
    for (const Pending& one : pending) append_paragraph(out, one.text);
    pending.clear();
    append_paragraph(out, plain);
  }
  return decode_entities(out);
}

}  // namespace lmkor::corpus
