// One document of a corpus and its line in a corpus file. Which fields a record may have stands in kKnownFields; all
// others travel along unread in `extra`.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lmkor::corpus {

struct Document {
  std::string text;  // UTF-8; paragraphs are divided by LF
  std::string id;
  std::string source;
  std::string category;  // empty where not known, as are the next three
  std::string donor;
  std::string licence;
  std::string date;
  // The other fields as members of a JSON object without its braces: `"rating":10,"movie_id":"10001"`. Kept as text
  // because nothing here reads them and a tree of values for each record would cost more than all cleaning.
  std::string extra;

  void clear();
};

// A field of Document by its name in files.
struct KnownField {
  std::string_view name;
  std::string Document::*member;
};
std::span<const KnownField> known_fields();
const KnownField* find_known_field(std::string_view name);

// Appends `text` as a JSON string with its quotes. Broken UTF-8 is written as it is.
void append_json_string(std::string& out, std::string_view text);

// Appends `document` as one line of a corpus file, with its line break; `text` is written in place of document.text.
void append_record(std::string& out, const Document& document, std::string_view text);

// Where `document` came from, as one line: the known fields without the text.
void append_origin(std::string& out, const Document& document);

// As append_record(), with the two fields that tell where and why `text` was removed, and the members of `note`.
void append_removed_record(std::string& out, const Document& document, std::string_view text, std::string_view stage,
                           std::string_view reason, std::string_view note = {});

}  // namespace lmkor::corpus
