// Line and bar charts as inline SVG. Colours come from the page's CSS variables, so a chart follows light and dark.
#pragma once

#include <string>
#include <vector>

namespace lmkor::report {

// Members have initialisers so that designated ones may leave any out without a warning.
struct Series {
  std::string name{};
  std::vector<double> x{}, y{};  // of one length; a point that is not finite breaks the line
};

struct LineChart {
  std::string title{};
  std::string x_label{}, y_label{};  // with the unit: "step", "tokens per second"
  std::vector<Series> series{};
  bool x_log = false, y_log = false;  // values that are not positive are left out
  bool y_from_zero = false;
  std::string note{};  // one sentence under the chart
};

struct BarSeries {
  std::string name{};
  std::vector<double> values{};  // one per category; not finite: no bar
};

struct BarChart {
  std::string title{};
  std::string label{};        // what the categories are
  std::string value_label{};  // what is counted
  std::vector<std::string> categories{};
  std::vector<BarSeries> series{};
  bool log = false;
  // Bars without gaps whose categories are the lower bounds of neighbouring bins; never drawn lying.
  bool histogram = false;
  std::string note{};
};

// A bar chart of how often `values` fall into `bins` bins of one round width.
BarChart histogram(std::string title, std::string label, const std::vector<double>& values, int bins = 30);

// <figure> elements, well-formed XML. A long line is thinned to what the width can show, keeping each stretch's lowest
// and highest point. Throws kInternal if lengths disagree.
std::string draw(const LineChart& chart);
std::string draw(const BarChart& chart);

}  // namespace lmkor::report
