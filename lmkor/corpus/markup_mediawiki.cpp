// Wikitext to plain text. Dropped: comments, references, templates (but for those that hold running text), tables,
// files, categories, links to other languages, formulas, code, galleries. Kept: the text that links show, lists,
// headings that have text below them.
#include <algorithm>
#include <array>
#include <iterator>

#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {
namespace {

// Elements that are dropped with what is in them.
constexpr std::string_view kDroppedElements[] = {
    "ref",      "math",    "chem",  "ce",     "gallery",  "source",       "syntaxhighlight", "pre",
    "timeline", "score",   "table", "hiero",  "imagemap", "references",   "templatedata",    "graph",
    "mapframe", "maplink", "style", "script", "inputbox", "categorytree", "includeonly",
};
// Elements that begin another line.
constexpr std::string_view kBlockElements[] = {"br", "p", "div", "li", "tr", "hr", "center", "blockquote", "ul", "ol"};
// Templates of running text, and which of their arguments it is.
struct TextTemplate {
  std::string_view name;
  size_t argument;
};
constexpr TextTemplate kTextTemplates[] = {
    {"인용문", 1}, {"인용", 1}, {"quote", 1}, {"blockquote", 1}, {"lang", 2}, {"언어", 2},
    {"nowrap", 1}, {"작게", 1}, {"small", 1}, {"big", 1},        {"크게", 1}, {"숫자", 1},
};
constexpr std::string_view kDroppedNamespaces[] = {"파일",  "그림",   "미디어", "분류",
                                                   "file:", "image:", "media:", "category:"};
constexpr int kMaxTemplateDepth = 4;
constexpr size_t kMaxTagBytes = 4096;

// Characters of <nowiki> as bytes that mean nothing here; XML has none of them.
constexpr std::string_view kProtected = "[]{}|'=*#:;<>_~-";
constexpr char kFirstProtected = '\x0E';
// Stands where something was dropped, so that "(<ref/>)" leaves no parentheses.
constexpr char kGap = '\x01';

// Where each dropped element ends; each text is searched once for each name.
class Closers {
 public:
  explicit Closers(std::string_view text) : text_(text) {}
  // Behind the first "</name>" from `from` on, npos if there is none.
  size_t behind(size_t name, size_t from) {
    Place& place = places_[name];
    if (place.begin == std::string_view::npos || (place.known && place.begin >= from)) return place.end;
    place.known = true;
    place.begin = place.end = std::string_view::npos;
    const std::string_view wanted = kDroppedElements[name];
    for (size_t at = text_.find("</", from); at != std::string_view::npos; at = text_.find("</", at + 2)) {
      if (!begins_with_any_case(text_.substr(at + 2), wanted)) continue;
      const size_t after = at + 2 + wanted.size();
      const size_t end = text_.find_first_not_of(" \t\n", after);
      if (end == std::string_view::npos || text_[end] != '>') continue;
      place.begin = at;
      place.end = end + 1;
      break;
    }
    return place.end;
  }

 private:
  struct Place {
    bool known = false;
    size_t begin = 0, end = 0;
  };
  std::string_view text_;
  std::array<Place, std::size(kDroppedElements)> places_;
};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string tag_name(std::string_view tag) {
  std::string name;
  for (size_t i = tag.starts_with("</") ? 2 : 1; i < tag.size(); ++i) {
    if (!is_letter(tag[i]) && !(tag[i] >= '0' && tag[i] <= '9' && !name.empty())) break;
    name += static_cast<char>(tag[i] | 0x20);
  }
  return name;
}

void append_protected(std::string& out, std::string_view text) {
  for (const char c : text) {
    const size_t place = kProtected.find(c);
    out += place == std::string_view::npos ? c : static_cast<char>(kFirstProtected + static_cast<char>(place));
  }
}

// Without comments and elements.
std::string without_elements(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  Closers closers(text);
  size_t no_comment_after = std::string_view::npos, no_nowiki_after = std::string_view::npos;
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = std::min(text.find('<', at), text.size());
    out.append(text, at, open - at);
    at = open;
    if (at == text.size()) break;
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("<!--")) {
      const size_t end = at < no_comment_after ? text.find("-->", at + 4) : std::string_view::npos;
      if (end == std::string_view::npos) no_comment_after = std::min(no_comment_after, at);
      at = end == std::string_view::npos ? at + 4 : end + 3;
      continue;
    }
    const size_t tag_end = rest.substr(0, kMaxTagBytes).find('>');
    const std::string name = tag_end == std::string_view::npos ? "" : tag_name(rest.substr(0, tag_end));
    if (name.empty()) {
      out += '<';
      ++at;
      continue;
    }
    const std::string_view tag = rest.substr(0, tag_end + 1);
    const bool opens = tag[1] != '/' && !tag.ends_with("/>");
    at += tag.size();
    if (name == "nowiki") {
      const size_t end = opens && at < no_nowiki_after ? text.find("</nowiki>", at) : std::string_view::npos;
      if (end != std::string_view::npos) {
        append_protected(out, text.substr(at, end - at));
        at = end + 9;
      } else if (opens) {
        no_nowiki_after = std::min(no_nowiki_after, at);
      }
      continue;
    }
    const auto* dropped = std::find(std::begin(kDroppedElements), std::end(kDroppedElements), name);
    if (dropped != std::end(kDroppedElements)) {
      out += kGap;
      if (!opens) continue;
      const size_t end = closers.behind(static_cast<size_t>(dropped - std::begin(kDroppedElements)), at);
      if (end != std::string_view::npos) at = end;
      continue;
    }
    if (std::find(std::begin(kBlockElements), std::end(kBlockElements), name) != std::end(kBlockElements)) out += '\n';
  }
  return out;
}

// The outermost {{...}}, {{{...}}} and {|...|}.
std::vector<Stretch> templates_and_tables(std::string_view text) {
  struct Opened {
    size_t at, braces;  // braces 0: a table
  };
  std::vector<Opened> opened;
  std::vector<Stretch> found;
  bool line_start = true;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (line_start && text.substr(i, 2) == "{|") {
      opened.push_back({i, 0});
      i += 2;
      line_start = false;
      continue;
    }
    if (line_start && text.substr(i, 2) == "|}" && text.substr(i, 3) != "|}}") {
      // A template that was opened in a table and not closed does not outlive it.
      size_t table = opened.size();
      while (table > 0 && opened[table - 1].braces != 0) --table;
      if (table > 0) {
        found.push_back({opened[table - 1].at, i + 2});
        opened.resize(table - 1);
      }
      i += 2;
      line_start = false;
      continue;
    }
    if (c == '{' || c == '}') {
      size_t run = std::min(text.find_first_not_of(c, i), text.size()) - i;
      while (run >= 2) {
        size_t used = 2;
        if (c == '{') {
          used = run == 3 ? 3 : 2;
          opened.push_back({i, used});
        } else if (!opened.empty() && opened.back().braces != 0) {
          used = opened.back().braces == 3 && run >= 3 ? 3 : 2;
          found.push_back({opened.back().at, i + used});
          opened.pop_back();
        }
        i += used;
        run -= used;
      }
      i += run;
      line_start = false;
      continue;
    }
    line_start = c == '\n' || (line_start && (c == ' ' || c == ':' || c == '*'));
    ++i;
  }
  keep_outermost(found);
  return found;
}

// The arguments of a template without its braces, divided at bars outside of links and templates; the first is its
// name.
std::vector<std::string_view> arguments_of(std::string_view inside) {
  std::vector<std::string_view> out;
  size_t begin = 0, depth = 0;
  for (size_t i = 0; i <= inside.size(); ++i) {
    const std::string_view two = inside.substr(std::min(i, inside.size()), 2);
    if (i == inside.size() || (inside[i] == '|' && depth == 0)) {
      out.push_back(inside.substr(begin, i - begin));
      begin = i + 1;
    } else if (two == "[[" || two == "{{") {
      ++depth;
      ++i;
    } else if ((two == "]]" || two == "}}") && depth > 0) {
      --depth;
      ++i;
    }
  }
  return out;
}

std::string_view template_text(std::string_view inside) {
  const size_t name_end = std::min(inside.find('|'), inside.size());
  const std::string_view name = trimmed(inside.substr(0, name_end));
  for (const TextTemplate& row : kTextTemplates) {
    if (name.size() != row.name.size() || !begins_with_any_case(name, row.name)) continue;
    const std::vector<std::string_view> arguments = arguments_of(inside);
    if (arguments.size() <= row.argument) return {};
    std::string_view text = arguments[row.argument];
    for (const std::string_view prefix : {"1=", "2=", "글=", "text="}) {
      if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
    }
    return text;
  }
  return {};
}

std::string without_templates(std::string_view text, int depth) {
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  for (const Stretch& found : templates_and_tables(text)) {
    out.append(text, at, found.begin - at);
    out += kGap;
    const std::string_view whole = text.substr(found.begin, found.end - found.begin);
    if (whole.starts_with("{{") && whole.size() >= 4 && depth < kMaxTemplateDepth) {
      const std::string_view kept = template_text(whole.substr(2, whole.size() - 4));
      if (!kept.empty()) out += without_templates(kept, depth + 1);
    }
    at = found.end;
  }
  out.append(text, at);
  return out;
}

// "en:", "zh-min-nan:": a link to the page in another language.
bool is_language(std::string_view target) {
  const size_t colon = target.find(':');
  if (colon == std::string_view::npos || colon < 2 || colon > 12) return false;
  const size_t first = std::min(target.find('-'), colon);
  return first >= 2 && first <= 3 &&
         std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}

// What a link [[inside]] shows.
std::string_view shown_of(std::string_view inside) {
  const size_t bar = inside.find('|');
  std::string_view target = trimmed(inside.substr(0, bar));
  const bool plain = target.starts_with(':');
  if (plain) target.remove_prefix(1);
  if (!plain) {
    for (const std::string_view name : kDroppedNamespaces) {
      const bool named = name.ends_with(':') ? begins_with_any_case(target, name)
                                             : target.starts_with(name) && target.substr(name.size()).starts_with(':');
      if (named) return {};
    }
    if (is_language(target)) return {};
  }
  if (bar == std::string_view::npos) return target;
  const std::string_view shown = trimmed(inside.substr(bar + 1));
  if (!shown.empty()) return shown;
  return trimmed(target.substr(0, target.find('(')));  // the pipe trick
}

std::string without_links(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  for (const Stretch& link : outermost_pairs(text, "[[", "]]")) {
    out.append(text, at, link.begin - at);
    const std::string_view shown = shown_of(text.substr(link.begin + 2, link.end - link.begin - 4));
    if (shown.empty()) out += kGap;
    // Links inside of a link are those of captions, which go with their file; brackets of broken ones go below.
    for (const char c : shown) {
      if (c != '[' && c != ']') out += c;
    }
    at = link.end;
  }
  out.append(text, at);
  return out;
}

// [http://... text] as its text, [http://...] as nothing.
std::string without_external_links(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = std::min(text.find('[', at), text.size());
    out.append(text, at, open - at);
    at = open;
    if (at == text.size()) break;
    const std::string_view line = text.substr(at + 1, std::min(text.find('\n', at), text.size()) - at - 1);
    const bool link = line.starts_with("http://") || line.starts_with("https://") || line.starts_with("//") ||
                      line.starts_with("mailto:") || line.starts_with("ftp://");
    const size_t close = link ? line.find(']') : std::string_view::npos;
    if (close == std::string_view::npos) {
      out += '[';
      ++at;
      continue;
    }
    const size_t blank = line.substr(0, close).find(' ');
    out += blank == std::string_view::npos ? std::string(1, kGap)
                                           : std::string(trimmed(line.substr(blank, close - blank)));
    at += close + 2;
  }
  return out;
}

// A line without bold, italics, signatures and magic words, and without what dropped things left behind.
std::string plain_line(std::string_view line) {
  std::string out;
  for (size_t i = 0; i < line.size();) {
    const char c = line[i];
    const bool mark = std::string_view("'~{}[]").find(c) != std::string_view::npos;
    const size_t run = mark ? std::min(line.find_first_not_of(c, i), line.size()) - i : 1;
    if (c == '\'' && run >= 2) {
      if (run == 4 || run > 5) out.append(run == 4 ? 1 : run - 5, '\'');
    } else if ((c == '~' && run >= 3 && run <= 5) || (mark && c != '~' && run >= 2)) {
      // a signature; what is left of broken templates and links
    } else if (c == '_' && line.substr(i, 2) == "__") {
      const size_t end = line.find("__", i + 2);
      const std::string_view word = end == std::string_view::npos ? "" : line.substr(i + 2, end - i - 2);
      const bool magic = !word.empty() && std::none_of(word.begin(), word.end(), [](char w) {
        return w == ' ' || w == '_' || (w >= 'a' && w <= 'z') || (w >= '0' && w <= '9');
      });
      if (magic) {
        i = end + 2;
        continue;
      }
      out += c;
    } else if (c == '(') {
      size_t after = line.find_first_not_of("\x01 ,;:", i + 1);
      after = std::min(after, line.size());
      const bool gap = line.substr(i, after - i).find(kGap) != std::string_view::npos;
      if (gap && line.substr(after).starts_with(')')) {
        while (out.ends_with(' ')) out.pop_back();
        i = after + 1;
        continue;
      }
      out += c;
      if (gap) i = after - 1;
    } else if (c != kGap) {
      out.append(run, c);
    }
    i += run;
  }
  return out;
}

void restore_protected(std::string& text) {
  for (char& c : text) {
    if (c >= kFirstProtected && c < kFirstProtected + static_cast<char>(kProtected.size()))
      c = kProtected[static_cast<size_t>(c - kFirstProtected)];
  }
}

// Lines to paragraphs.
class Paragraphs {
 public:
  void add(std::string_view line) {
    if (line.starts_with('=') && add_heading(trimmed(line))) return;
    if (line.starts_with(';') && line.find(':') == std::string_view::npos) {
      add_pending(kMaxLevel + 1, trimmed(line.substr(1)));  // a term, which people use for small headings
      return;
    }
    line = line.substr(std::min(line.find_first_not_of("*#:; \t"), line.size()));
    const bool rule = line.starts_with("----");
    if (rule || line.starts_with('|') || line.starts_with("{|")) return;
    const std::string text = finish(line);
    if (trimmed(text).empty()) return;
    for (const Heading& heading : pending_) append_paragraph(out_, heading.text);
    pending_.clear();
    append_paragraph(out_, text);
  }
  std::string take() { return std::move(out_); }

 private:
  static constexpr size_t kMaxLevel = 6;
  struct Heading {
    size_t level;
    std::string text;
  };

  bool add_heading(std::string_view line) {
    const size_t left = std::min(line.find_first_not_of('='), line.size());
    const size_t last = line.find_last_not_of("=\x01");
    if (last == std::string_view::npos || last < left || !line.ends_with('=')) return false;
    const size_t right = line.size() - 1 - last;
    const size_t level = std::min({left, right, kMaxLevel});
    add_pending(level, trimmed(line.substr(level, line.size() - 2 * level)));
    return true;
  }

  // One without text below it goes.
  void add_pending(size_t level, std::string_view text) {
    std::erase_if(pending_, [&](const Heading& heading) { return heading.level >= level; });
    pending_.push_back({level, finish(text)});
  }

  static std::string finish(std::string_view line) {
    std::string text = decode_entities(plain_line(line));
    restore_protected(text);
    return text;
  }

  std::string out_;
  std::vector<Heading> pending_;
};

}  // namespace

bool is_mediawiki_redirect(std::string_view wikitext) {
  const std::string_view text = trimmed(wikitext);
  return begins_with_any_case(text, "#redirect") || text.starts_with("#넘겨주기");
}

std::string mediawiki_text(std::string_view wikitext) {
  const std::string text = without_external_links(without_links(without_templates(without_elements(wikitext), 0)));
  Paragraphs paragraphs;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    paragraphs.add(std::string_view(text).substr(at, end - at));
    at = end + 1;
  }
  return paragraphs.take();
}

}  // namespace lmkor::corpus
