#include "lmkor/corpus/html.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "lmkor/text/entity.h"

namespace lmkor::corpus {
namespace {

constexpr size_t kNowhere = std::string::npos;
// Longer ones are text that speaks of HTML, not remains of it.
constexpr size_t kMaxTag = 2000;
constexpr size_t kMaxComment = 5000;
constexpr size_t kMaxHidden = 200000;

enum class TagKind { kNone, kInline, kBlock, kCell, kHidden };

struct TagRow {
  TagKind kind;
  std::string_view names;  // each between blanks
};
constexpr TagRow kTags[] = {
    {TagKind::kInline,
     " a abbr acronym b bdi bdo big button cite code data del dfn em embed font i iframe img input ins kbd label link "
     "map area mark meta base meter nobr noscript object output param picture progress q rp rt ruby s samp select "
     "small "
     "source span strike strong sub sup svg time track tt u var video audio wbr canvas option optgroup textarea o:p "
     "basefont path "},
    {TagKind::kBlock,
     " address article aside blockquote body br caption center col colgroup dd details dialog dir div dl dt fieldset "
     "figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu "
     "nav ol p pre section summary table tbody tfoot thead title tr ul "},
    {TagKind::kCell, " td th "},
    {TagKind::kHidden, " script style "},
};
constexpr size_t kMaxTagName = 10;
// Tags that are seldom closed. Others, where they neither have attributes nor are closed anywhere, are spoken of:
// "<form> 컴포넌트는".
constexpr std::string_view kLonely = " br hr img li p td th tr wbr ";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

TagKind kind_of(std::string_view key) {
  for (const TagRow& row : kTags) {
    if (!key.empty() && row.names.find(key) != kNowhere) return row.kind;
  }
  return TagKind::kNone;
}

// `name` in lower case between blanks; empty where it is written in both cases, as names of components are
// ("<Section>").
std::string key_of(std::string_view name) {
  std::string key = " ";
  bool upper = false, lower = false;
  for (const char c : name) {
    upper |= c >= 'A' && c <= 'Z';
    lower |= c >= 'a' && c <= 'z';
    key += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return upper && lower ? "" : key + " ";
}

size_t name_size(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && (is_letter(text[size]) || is_digit(text[size]) || text[size] == ':')) ++size;
  return size;
}

// The names of HTML that `text` closes, each between blanks.
std::string closed_names(std::string_view text) {
  std::string closed = " ";
  for (size_t i = text.find("</"); i != kNowhere; i = text.find("</", i + 2)) {
    const std::string_view rest = text.substr(i + 2);
    const std::string key = key_of(rest.substr(0, name_size(rest.substr(0, kMaxTagName + 1))));
    if (kind_of(key) != TagKind::kNone && closed.find(key) == kNowhere) closed += key.substr(1);
  }
  return closed;
}

struct Tag {
  TagKind kind = TagKind::kNone;
  bool closes = false;
};

// What `tag`, which begins with < and ends with >, is; `before` is the character that precedes it and `closed` what
// closed_names() gave.
Tag read_tag(std::string_view tag, char before, std::string_view closed) {
  tag = tag.substr(1, tag.size() - 2);
  Tag out;
  out.closes = tag.starts_with('/');
  if (out.closes) tag.remove_prefix(1);
  const size_t end = name_size(tag);
  const std::string_view name = tag.substr(0, end);
  std::string_view rest = tag.substr(end);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && (is_blank(rest.back()) || rest.back() == '/')) rest.remove_suffix(1);
  const bool attributes = !rest.empty();
  // "<b 급 영화>": attributes are names with values, after a blank.
  if (attributes && (out.closes || !is_blank(tag[end]) || !is_letter(rest.front()) || rest.find('=') == kNowhere)) {
    return out;
  }
  if (name.size() == 1 && !attributes && !out.closes) {
    // "Map<a>" is a type, "<A>" a name: an anchor has an address.
    if (name[0] == 'a' || name[0] == 'A' || is_letter(before) || is_digit(before)) return out;
  }
  if (name.size() > kMaxTagName) return out;
  const std::string key = key_of(name);
  const auto is_among = [&](std::string_view names) { return names.find(key) != kNowhere; };
  if (attributes || out.closes || is_among(kLonely) || is_among(closed)) out.kind = kind_of(key);
  return out;
}

// The characters at which Stripper looks; all others are only copied.
constexpr std::array<bool, 256> kLooksAt = [] {
  std::array<bool, 256> table{};
  for (const char c : {'&', ';', '<', '>', '-'}) table[static_cast<size_t>(c)] = true;
  return table;
}();

// Where the first < or & lies that may begin a tag, a comment or a reference.
size_t first_candidate(std::string_view text) {
  size_t less = text.find('<'), ampersand = text.find('&');
  for (;;) {
    const size_t at = std::min(less, ampersand);
    if (at == kNowhere) return kNowhere;
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    const bool is_less = at == less;
    if (is_letter(next) || next == (is_less ? '/' : '#') || (is_less && next == '!')) return at;
    (is_less ? less : ampersand) = text.find(text[at], at + 1);
  }
}

class Stripper {
 public:
  Stripper(std::string& out, Cuts& cuts) : out_(out), cuts_(cuts) {}

  void take(std::string_view text) {
    closed_ = closed_names(text);
    size_t run = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (!kLooksAt[static_cast<unsigned char>(c)]) [[likely]]
        continue;
      out_.append(text, run, i - run);
      run = i + 1;
      if (c == '&') {
        const size_t bare = bare_entity(text.substr(i + 1));
        if (bare > 0) {
          cuts_.add(text.substr(i, 1 + bare));
          decode(text.substr(i + 1, bare));
          i += bare;
          run = i + 1;
          continue;
        }
      }
      push(c);
    }
    out_.append(text, run);
  }

 private:
  // Length of the name at the start of `rest` if it is a reference without its semicolon ("&nbsp "). Not before "=",
  // as in addresses: "?a=1&copy=2".
  static size_t bare_entity(std::string_view rest) {
    size_t size = 0;
    while (size < rest.size() && size <= text::kMaxEntityName && (is_letter(rest[size]) || is_digit(rest[size])))
      ++size;
    if (size == rest.size() || (rest[size] != ';' && rest[size] != '=')) {
      return text::is_bare_entity(rest.substr(0, size)) ? size : 0;
    }
    return 0;
  }

  // Appends one character and takes back what it completes. A loop, for a reference may stand for the next semicolon.
  void push(char c) {
    for (;;) {
      if (c == '<') open_ = out_.size();
      out_ += c;
      if (c == '-' && comment_ == kNowhere && out_.ends_with("<!--")) comment_ = out_.size() - 4;
      if (c == '>') return end_tag();
      if (c != ';') return;
      const size_t begin = entity_begin();
      if (begin == kNowhere) return;
      value_.clear();
      if (!text::append_entity(value_, std::string_view(out_).substr(begin + 1, out_.size() - begin - 2))) return;
      cuts_.add(std::string_view(out_).substr(begin));
      cut_back(begin);
      if (value_.size() != 1) {
        out_ += value_;
        return;
      }
      c = value_[0];
    }
  }

  void decode(std::string_view name) {
    value_.clear();
    text::append_entity(value_, name);
    if (value_.size() == 1) {
      push(value_[0]);
    } else {
      out_ += value_;
    }
  }

  // Where the & lies of the reference that the semicolon at the end of out_ ends.
  size_t entity_begin() const {
    for (size_t back = 2; back <= text::kMaxEntityName + 2 && back <= out_.size(); ++back) {
      const char c = out_[out_.size() - back];
      if (c == '&') return out_.size() - back;
      if (!is_letter(c) && !is_digit(c) && c != '#') break;
    }
    return kNowhere;
  }

  void end_tag() {
    if (comment_ != kNowhere && out_.ends_with("-->") && out_.size() - comment_ >= 7) {
      const size_t begin = comment_;
      comment_ = kNowhere;
      if (out_.size() - begin > kMaxComment) return;
      cuts_.add(std::string_view(out_).substr(begin));
      cut_back(begin);
      return;
    }
    if (open_ == kNowhere || out_.size() - open_ > kMaxTag) {
      open_ = kNowhere;
      return;
    }
    const size_t begin = open_;
    const Tag tag = read_tag(std::string_view(out_).substr(begin), begin > 0 ? out_[begin - 1] : '\0', closed_);
    open_ = kNowhere;
    if (tag.kind == TagKind::kNone) return;
    const bool ends_hidden =
        tag.kind == TagKind::kHidden && tag.closes && hidden_ != kNowhere && out_.size() - hidden_ <= kMaxHidden;
    const size_t from = ends_hidden ? hidden_ : begin;
    cuts_.add(std::string_view(out_).substr(from));
    cut_back(from);
    if (tag.kind == TagKind::kHidden) hidden_ = tag.closes ? kNowhere : out_.size();
    if (tag.kind == TagKind::kBlock) out_ += '\n';
    if (tag.kind == TagKind::kCell) out_ += ' ';
  }

  // Shortens out_ and forgets what was marked in the rest.
  void cut_back(size_t size) {
    out_.resize(size);
    for (size_t* mark : {&comment_, &hidden_}) {
      if (*mark != kNowhere && *mark > size) *mark = kNowhere;
    }
    // The < before may be open again: "<b<i>>".
    open_ = kNowhere;
    for (size_t i = size; i > 0 && size - i < kMaxTag; --i) {
      if (out_[i - 1] == '>') break;
      if (out_[i - 1] == '<') {
        open_ = i - 1;
        break;
      }
    }
  }

  std::string& out_;
  Cuts& cuts_;
  std::string closed_;
  std::string value_;
  size_t open_ = kNowhere;     // the last < that no > has ended
  size_t comment_ = kNowhere;  // the first <!-- that is not ended
  size_t hidden_ = kNowhere;   // where a script or style that is not ended began
};

}  // namespace

bool strip_html(std::string_view text, std::string& out, Cuts& cuts) {
  const size_t first = first_candidate(text);
  if (first == kNowhere) return false;
  const uint64_t before = cuts.places;
  const size_t size = out.size();
  out.append(text, 0, first);
  Stripper(out, cuts).take(text.substr(first));
  if (cuts.places > before) return true;
  out.resize(size);
  return false;
}

}  // namespace lmkor::corpus
