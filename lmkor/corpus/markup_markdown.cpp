// Markdown to plain text by md4c: blocks become lines, of which code and HTML are left out; a row of a table is a line.
#include <algorithm>

#include <md4c.h>

#include "lmkor/base/error.h"
#include "lmkor/corpus/markup.h"

namespace lmkor::corpus {
namespace {

struct Writer {
  std::string out, line;
  int code_blocks = 0, html_blocks = 0, images = 0;

  void end_line() {
    append_paragraph(out, line);
    line.clear();
  }
};

bool is_cell(MD_BLOCKTYPE type) { return type == MD_BLOCK_TD || type == MD_BLOCK_TH; }

int enter_block(MD_BLOCKTYPE type, void*, void* self) {
  auto& writer = *static_cast<Writer*>(self);
  writer.code_blocks += type == MD_BLOCK_CODE;
  writer.html_blocks += type == MD_BLOCK_HTML;
  if (!is_cell(type)) writer.end_line();
  return 0;
}

int leave_block(MD_BLOCKTYPE type, void*, void* self) {
  auto& writer = *static_cast<Writer*>(self);
  writer.code_blocks -= type == MD_BLOCK_CODE;
  writer.html_blocks -= type == MD_BLOCK_HTML;
  if (is_cell(type)) {
    writer.line += ' ';
  } else {
    writer.end_line();
  }
  return 0;
}

int enter_span(MD_SPANTYPE type, void*, void* self) {
  static_cast<Writer*>(self)->images += type == MD_SPAN_IMG;
  return 0;
}

int leave_span(MD_SPANTYPE type, void*, void* self) {
  static_cast<Writer*>(self)->images -= type == MD_SPAN_IMG;
  return 0;
}

int add_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
  auto& writer = *static_cast<Writer*>(self);
  if (writer.code_blocks > 0 || writer.html_blocks > 0 || writer.images > 0) return 0;
  const std::string_view bytes(text, size);
  switch (type) {
    case MD_TEXT_HTML:
    case MD_TEXT_NULLCHAR:
      break;
    case MD_TEXT_BR:
      writer.end_line();
      break;
    case MD_TEXT_SOFTBR:
      writer.line += ' ';
      break;
    case MD_TEXT_ENTITY:
      writer.line += decode_entities(bytes);
      break;
    default:
      writer.line += bytes;
  }
  return 0;
}

// {/*name*/}: anchors that MDX puts behind headings.
std::string without_mdx_comments(std::string_view text) {
  std::string out;
  size_t at = 0;
  while (true) {
    const size_t open = text.find("{/*", at);
    const size_t close = open == std::string_view::npos ? open : text.find("*/}", open);
    if (close == std::string_view::npos) break;
    out.append(text, at, open - at);
    at = close + 3;
  }
  return out.append(text, at);
}

}  // namespace

std::string markdown_text(std::string_view markdown) {
  const std::string text = without_mdx_comments(markdown);
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_NOINDENTEDCODEBLOCKS;
  parser.enter_block = enter_block;
  parser.leave_block = leave_block;
  parser.enter_span = enter_span;
  parser.leave_span = leave_span;
  parser.text = add_text;
  Writer writer;
  if (md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &writer) != 0)
    throw base::Error(base::ErrorKind::kInternal, "md4c found no memory for a Markdown file");
  writer.end_line();
  return std::move(writer.out);
}

}  // namespace lmkor::corpus
