// Markup to plain text: one paragraph a line, without what is no running text (templates, tables, references, code).
// Each function takes time linear in its input, whatever is broken in it, and gives valid UTF-8 for valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::corpus {

// MediaWiki's wikitext, after the XML around it is gone.
std::string mediawiki_text(std::string_view wikitext);
bool is_mediawiki_redirect(std::string_view wikitext);

// Namu markup.
std::string namuwiki_text(std::string_view markup);
bool is_namuwiki_redirect(std::string_view markup);

// Markdown (CommonMark with tables, by md4c) without a YAML head.
std::string markdown_text(std::string_view markdown);

// ---- what the three share

// A stretch of a text.
struct Stretch {
  size_t begin, end;
};

// Pairs of `open` and `close` (two bytes each), inner ones and such without a partner left out: the outermost pairs in
// order, from the first byte of the opening to behind the closing one.
std::vector<Stretch> outermost_pairs(std::string_view text, std::string_view open, std::string_view close);

// Sorts stretches and leaves those that lie in another one out.
void keep_outermost(std::vector<Stretch>& stretches);

// HTML entities (&amp; &#44032; &nbsp; ...) as characters; what is none stays.
std::string decode_entities(std::string_view text);

// Appends `line` without blanks at its ends, and a line break before it; nothing if nothing is left.
void append_paragraph(std::string& out, std::string_view line);

std::string_view trimmed(std::string_view text);
// Whether `text` begins with `prefix`, ASCII letters of any case.
bool begins_with_any_case(std::string_view text, std::string_view prefix);

}  // namespace lmkor::corpus
