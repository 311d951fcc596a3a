// One-file HTML reports: sections, facts, tables, charts, sample texts and links. What is written needs no script and
// no network, is well-formed XML, reads in light and dark and prints. All text given here is plain text and is escaped.
//
//   report::Report page("Corpus", "reviews and news");
//   page.section("What came in");
//   page.facts({{"documents", "1,234,567"}, {"bytes", "262.1 MB", "after decompression"}});
//   page.table({.headers = {"reason", "documents"}, .rows = {{"exact repeat", "12,345"}}});
//   page.line_chart({.title = "Loss", .x_label = "step", .series = {{"train", steps, losses}}});
//   page.write(dir / "report.html");
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/report/chart.h"

namespace lmkor::report {

struct Fact {
  std::string name{}, value{};
  std::string note{};  // small print after the value, may be empty
};

struct Table {
  std::vector<std::string> headers{};
  std::vector<std::vector<std::string>> rows{};  // short rows are filled with empty cells
  // One letter per column: l left, r right. Empty: a column whose filled cells all read as numbers goes right.
  std::string alignment{};
  std::string caption{};
  bool last_row_is_total = false;
};

struct Sample {
  std::string label{};  // where it comes from or why it is shown
  std::string text{};   // line breaks are kept
};

struct Link {
  std::string text{}, target{};  // target: a relative path or an address
  std::string note{};
};

class Report {
 public:
  // `language` is the BCP 47 tag of the report's own text; given texts that hold Hangul are tagged ko by themselves.
  explicit Report(std::string title, std::string subtitle = "", std::string language = "en");

  // Starts a section; what follows belongs to it. With three sections or more the page begins with links to them.
  void section(std::string_view title);
  void paragraph(std::string_view text);
  // A row of large figures, two to six, for what a reader should see first.
  void figures(const std::vector<Fact>& facts);
  void facts(const std::vector<Fact>& facts);
  void table(const Table& table);
  void line_chart(const LineChart& chart);
  void bar_chart(const BarChart& chart);
  void samples(const std::vector<Sample>& samples);
  void links(const std::vector<Link>& links);
  // Text as it is, in a fixed-width face: commands, settings.
  void code(std::string_view text);
  // An object's members as "key = value" lines in a fixed-width face.
  void settings(const base::Json& object);

  // The whole page. The same calls give the same bytes: it holds no time and no random ids.
  std::string html() const;
  // Complete or absent; throws kOutput.
  void write(const std::filesystem::path& path) const;

 private:
  struct Section {
    std::string title, body;
  };
  std::string& body() { return sections_.back().body; }

  std::string title_, subtitle_, language_;
  std::vector<Section> sections_;  // the first has no title: what comes before any section()
};

}  // namespace lmkor::report
