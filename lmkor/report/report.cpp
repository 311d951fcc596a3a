#include "lmkor/report/report.h"

#include <algorithm>

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/report/html.h"

namespace lmkor::report {
namespace {

using base::str;

// Whether a cell reads as a number with an optional unit: "1,234", "-0.5", "12.3 MB", "45 %", "1:02:05", "0.86 ± 0.01".
bool is_numeric(std::string_view cell) {
  size_t digits = 0, letters = 0;
  for (const char c : cell) {
    digits += c >= '0' && c <= '9';
    letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  const size_t start = cell.starts_with("-") || cell.starts_with("+") ? 1 : 0;
  return digits > 0 && letters <= 3 && cell.size() > start && cell[start] >= '0' && cell[start] <= '9' &&
         cell.find_first_of("/_") == std::string_view::npos && language_of(cell).empty();
}

std::string guessed_alignment(const Table& table, size_t columns) {
  std::string alignment(columns, 'l');
  for (size_t column = 0; column < columns; ++column) {
    bool any = false, all = true;
    for (const auto& row : table.rows) {
      if (column >= row.size() || row[column].empty() || row[column] == "-") continue;
      any = true;
      all &= is_numeric(row[column]);
    }
    if (any && all) alignment[column] = 'r';
  }
  return alignment;
}

std::string element(std::string_view tag, std::string_view type, std::string_view text) {
  return str("<", tag, type.empty() ? "" : str(" class=\"", type, "\""), language_of(text), ">", escape(text), "</",
             tag, ">");
}

std::string fact_rows(const std::vector<Fact>& facts) {
  std::string out;
  for (const Fact& fact : facts) {
    out += str("<div>", element("dt", "", fact.name), "<dd", language_of(fact.value), ">", escape(fact.value),
               fact.note.empty() ? "" : " " + element("span", "note", fact.note), "</dd></div>\n");
  }
  return out;
}

std::string row_of(const std::vector<std::string>& cells, const std::string& alignment, bool head, bool total) {
  std::string out = total ? "<tr class=\"total\">" : "<tr>";
  for (size_t i = 0; i < alignment.size(); ++i) {
    const std::string_view text = i < cells.size() ? std::string_view(cells[i]) : std::string_view();
    const std::string_view tag = head ? "th" : "td";
    out += str("<", tag, head ? " scope=\"col\"" : "", alignment[i] == 'r' ? " class=\"r\"" : "", language_of(text),
               ">", escape(text), "</", tag, ">");
  }
  return out + "</tr>\n";
}

}  // namespace

Report::Report(std::string title, std::string subtitle, std::string language)
    : title_(std::move(title)), subtitle_(std::move(subtitle)), language_(std::move(language)), sections_(1) {}

void Report::section(std::string_view title) { sections_.push_back({std::string(title), ""}); }

void Report::paragraph(std::string_view text) { body() += element("p", "", text) + "\n"; }

void Report::figures(const std::vector<Fact>& facts) {
  if (!facts.empty()) body() += str("<dl class=\"figures\">\n", fact_rows(facts), "</dl>\n");
}

void Report::facts(const std::vector<Fact>& facts) {
  if (!facts.empty()) body() += str("<dl class=\"facts\">\n", fact_rows(facts), "</dl>\n");
}

void Report::table(const Table& table) {
  size_t columns = table.headers.size();
  for (const auto& row : table.rows) columns = std::max(columns, row.size());
  std::string alignment = table.alignment.empty() ? guessed_alignment(table, columns) : table.alignment;
  alignment.resize(columns, 'l');
  // The box can be scrolled by keyboard, too, hence tabindex and a name.
  std::string out = str("<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"",
                        escape(table.caption.empty() ? "table" : table.caption), "\"><table>\n");
  if (!table.caption.empty()) out += element("caption", "", table.caption) + "\n";
  if (!table.headers.empty()) out += str("<thead>", row_of(table.headers, alignment, true, false), "</thead>\n");
  out += "<tbody>\n";
  for (size_t i = 0; i < table.rows.size(); ++i) {
    out += row_of(table.rows[i], alignment, false, table.last_row_is_total && i + 1 == table.rows.size());
  }
  body() += out + "</tbody></table></div>\n";
}

void Report::line_chart(const LineChart& chart) { body() += draw(chart); }

void Report::bar_chart(const BarChart& chart) { body() += draw(chart); }

void Report::samples(const std::vector<Sample>& samples) {
  if (samples.empty()) return;
  body() += "<dl class=\"samples\">\n";
  for (const Sample& sample : samples) {
    body() += str("<div>", element("dt", "", sample.label), element("dd", "", sample.text), "</div>\n");
  }
  body() += "</dl>\n";
}

void Report::links(const std::vector<Link>& links) {
  if (links.empty()) return;
  body() += "<ul class=\"links\">\n";
  for (const Link& link : links) {
    body() += str("<li><a href=\"", escape(link.target), "\"", language_of(link.text), ">", escape(link.text), "</a>",
                  link.note.empty() ? "" : " " + element("span", "note", link.note), "</li>\n");
  }
  body() += "</ul>\n";
}

void Report::code(std::string_view text) { body() += element("pre", "", text) + "\n"; }

std::string Report::html() const {
  std::string out =
      str("<!DOCTYPE html>\n<html lang=\"", escape(language_), "\">\n<head>\n<meta charset=\"utf-8\"/>\n",
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n",
          "<meta name=\"generator\" content=\"lmkor ", base::kVersion, "\"/>\n<title>", escape(title_),
          "</title>\n<style>", kStyle, "</style>\n</head>\n<body>\n<header>\n", element("h1", "", title_), "\n");
  if (!subtitle_.empty()) out += element("p", "subtitle", subtitle_) + "\n";
  if (sections_.size() > 3) {
    out += "<nav aria-label=\"sections\">";
    for (size_t i = 1; i < sections_.size(); ++i) {
      out += str("<a href=\"#s", i, "\"", language_of(sections_[i].title), ">", escape(sections_[i].title), "</a>\n");
    }
    out += "</nav>\n";
  }
  out += "</header>\n<main>\n";
  for (size_t i = 0; i < sections_.size(); ++i) {
    const Section& section = sections_[i];
    if (i == 0) {
      if (!section.body.empty()) out += str("<section class=\"lead\">\n", section.body, "</section>\n");
      continue;
    }
    out += str("<section id=\"s", i, "\">\n", element("h2", "", section.title), "\n", section.body, "</section>\n");
  }
  return str(out, "</main>\n<footer>lmkor ", base::kVersion, " (", escape(base::kCommit),
             ")</footer>\n</body>\n</html>\n");
}

void Report::settings(const base::Json& object) {
  std::string lines;
  for (const auto& [key, value] : object.items())
    lines += base::str(key, " = ", value.is_string() ? value.get<std::string>() : value.dump(), "\n");
  code(lines);
}

void Report::write(const std::filesystem::path& path) const { base::write_file_atomic(path, html()); }

}  // namespace lmkor::report
