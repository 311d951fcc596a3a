// Translations of gettext (PO): a file is a document of its translated messages, in order. Fuzzy ones (guesses that
// nobody has looked at), obsolete and untranslated ones are left out and counted in the record.
#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/corpus/format.h"
#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {

using base::str;

namespace {

struct Message {
  std::string id, text;  // plural forms joined by line breaks
  bool fuzzy = false, has_text = false;
};

// Appends what a quoted string says; false if it is none.
bool append_quoted(std::string_view line, std::string& out) {
  line = trimmed(line);
  if (line.size() < 2 || !line.starts_with('"') || !line.ends_with('"')) return false;
  line = line.substr(1, line.size() - 2);
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') return false;
    if (line[i] != '\\') {
      out += line[i];
      continue;
    }
    if (++i == line.size()) return false;
    switch (line[i]) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'r':
        out += '\r';
        break;
      case '"':
      case '\\':
        out += line[i];
        break;
      default:
        out += '\\';
        out += line[i];
    }
  }
  return true;
}

class PoParser : public RecordParser {
 public:
  Outcome parse(std::string_view bytes, const FileLayout& layout, Document& document, BadRecord& bad) override {
    message_ = {};
    broken_ = fuzzy_ = untranslated_ = 0;
    std::string* target = nullptr;  // what quoted lines go on with
    for (size_t at = 0, number = 1; at < bytes.size(); ++number) {
      const size_t end = std::min(bytes.find('\n', at), bytes.size());
      const std::string_view line = trimmed(bytes.substr(at, end - at));
      at = end + 1;
      if (line.empty() || line.starts_with('#')) {
        if (message_.has_text) finish(layout, document, target);
        if (line.starts_with("#,") && line.find("fuzzy") != std::string_view::npos) message_.fuzzy = true;
        continue;
      }
      std::string_view rest = line;
      if (line.starts_with("msgctxt") || line.starts_with("msgid")) {
        if (message_.has_text) finish(layout, document, target);
        target = line.starts_with("msgid") && !line.starts_with("msgid_plural") ? &message_.id : &ignored_;
        rest = line.substr(std::min(line.find_first_of(" \t\""), line.size()));
      } else if (line.starts_with("msgstr")) {
        if (message_.has_text && !message_.text.empty()) message_.text += '\n';
        message_.has_text = true;
        target = &message_.text;
        rest = line.substr(std::min(line.find_first_of(" \t\""), line.size()));
      }
      if (target != nullptr && append_quoted(rest, *target)) continue;
      if (++broken_ == 1) {
        bad.got = str("a broken message on line ", number, " of the file");
        bad.expected = "msgid, msgstr or a quoted string";
      }
    }
    if (message_.has_text) finish(layout, document, target);
    if (fuzzy_ > 0) append_extra_json(document, "fuzzy_messages", std::to_string(fuzzy_));
    if (untranslated_ > 0) append_extra_json(document, "untranslated_messages", std::to_string(untranslated_));
    if (broken_ == 0) return Outcome::kGood;
    return document.text.empty() ? Outcome::kBad : Outcome::kRepaired;
  }

 private:
  // The message with the empty id is the head of the file.
  void finish(const FileLayout& layout, Document& document, std::string*& target) {
    if (message_.id.empty()) {
      take_head(layout, document);
    } else if (message_.fuzzy) {
      ++fuzzy_;
    } else if (message_.text.empty()) {
      ++untranslated_;
    } else {
      if (!document.text.empty()) document.text += '\n';
      document.text += message_.text;
    }
    message_ = {};
    target = nullptr;
  }

  void take_head(const FileLayout& layout, Document& document) {
    std::string_view rest = message_.text;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos || colon == 0) continue;
      const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
      const KnownField* field = layout.known(name);
      if (field != nullptr) {
        document.*field->member = value;
      } else if (!value.empty()) {
        append_extra(document, name, value);
      }
    }
  }

  Message message_;
  std::string ignored_;
  uint64_t broken_ = 0, fuzzy_ = 0, untranslated_ = 0;
};

}  // namespace

std::unique_ptr<RecordParser> parse_po() { return std::make_unique<PoParser>(); }

}  // namespace lmkor::corpus
