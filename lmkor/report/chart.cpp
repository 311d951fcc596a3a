#include "lmkor/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/report/html.h"
#include "lmkor/report/scale.h"

namespace lmkor::report {
namespace {

using base::str;

constexpr double kWidth = 800, kHeight = 300;
constexpr double kFontSize = 12;
constexpr size_t kColours = 8;
constexpr size_t kMaxStretches = 400;    // of a line; more cannot be told apart on this width
constexpr size_t kMaxTooltips = 60;      // per series
constexpr size_t kMaxMarkedPoints = 40;  // a line of so few points shows them

std::string pixel(double value) {
  std::string text = base::fixed(value, 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string line(double x1, double y1, double x2, double y2, const char* type) {
  return str("<line class=\"", type, "\" x1=\"", pixel(x1), "\" y1=\"", pixel(y1), "\" x2=\"", pixel(x2), "\" y2=\"",
             pixel(y2), "\"/>");
}

std::string text_at(double x, double y, const char* anchor, std::string_view text, const char* type = nullptr) {
  return str("<text x=\"", pixel(x), "\" y=\"", pixel(y), "\" text-anchor=\"", anchor, "\"",
             type == nullptr ? "" : str(" class=\"", type, "\""), language_of(text), ">", escape(text), "</text>");
}

std::string colour_class(size_t series) { return str("c", series % kColours); }

// Everything around the drawing: caption, legend, scrolling box, note.
std::string figure(const std::string& title, const std::vector<std::string>& names, double height,
                   const std::string& description, const std::string& drawing, const std::string& note) {
  std::string out = "<figure>\n";
  if (!title.empty()) out += str("<figcaption", language_of(title), ">", escape(title), "</figcaption>\n");
  if (names.size() > 1) {
    out += "<ul class=\"legend\">";
    for (size_t i = 0; i < names.size(); ++i) {
      out += str("<li", language_of(names[i]), "><i class=\"", colour_class(i), "\"></i>", escape(names[i]), "</li>");
    }
    out += "</ul>\n";
  }
  out += str("<div class=\"scroll\"><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", pixel(kWidth), " ",
             pixel(height), "\" role=\"img\" aria-label=\"", escape(description), "\">\n", drawing, "</svg></div>\n");
  if (!note.empty()) out += str("<p class=\"note\"", language_of(note), ">", escape(note), "</p>\n");
  return out + "</figure>\n";
}

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool empty() const { return low > high; }
};

Scale scale_of(const Range& range, bool log, int count, bool tight) {
  if (log) return range.empty() ? log_scale(1, 10, tight) : log_scale(range.low, range.high, tight);
  return range.empty() ? linear_scale(0, 1, count, tight) : linear_scale(range.low, range.high, count, tight);
}

// The horizontal axis; steps and epochs, which are whole, get no ticks between them.
Scale x_scale_of(const Range& range, const LineChart& chart) {
  bool whole = !chart.x_log && !range.empty();
  for (const Series& series : chart.series) {
    for (const double x : series.x) whole &= x == std::floor(x);
  }
  Scale scale = scale_of(range, chart.x_log, whole ? static_cast<int>(std::min(8.0, range.high - range.low)) : 8, true);
  if (whole) std::erase_if(scale.ticks, [](double tick) { return std::abs(tick - std::round(tick)) > 1e-6; });
  return scale;
}

double widest(const std::vector<std::string>& labels) {
  double width = 0;
  for (const std::string& label : labels) width = std::max(width, text_width(label, kFontSize));
  return width;
}

// The drawing area and its horizontal grid with labels on the left; the label of the axis stands above it.
struct Frame {
  double left, top, right, bottom;
  double x(double share) const { return left + share * (right - left); }
  double y(double share) const { return bottom - share * (bottom - top); }
};

Frame make_frame(const Scale& y_scale, const std::string& y_label, bool x_label, double height) {
  return {.left = std::max(28.0, widest(tick_labels(y_scale)) + 14),
          .top = y_label.empty() ? 12.0 : 28.0,
          .right = kWidth - 18,
          .bottom = height - (x_label ? 44.0 : 26.0)};
}

std::string draw_y_axis(const Frame& frame, const Scale& scale, const std::string& label) {
  std::string out;
  const std::vector<std::string> labels = tick_labels(scale);
  for (size_t i = 0; i < labels.size(); ++i) {
    const double y = frame.y(scale.at(scale.ticks[i]));
    out += line(frame.left, y, frame.right, y, "grid") + text_at(frame.left - 8, y + 4, "end", labels[i]) + "\n";
  }
  if (!label.empty()) out += text_at(0, 14, "start", label) + "\n";
  return out + line(frame.left, frame.bottom, frame.right, frame.bottom, "axis") + "\n";
}

std::string draw_x_axis(const Frame& frame, const Scale& scale, const std::string& label) {
  std::string out;
  const std::vector<std::string> labels = tick_labels(scale);
  double free_from = -1e9;  // labels that would touch are left out
  for (size_t i = 0; i < labels.size(); ++i) {
    const double x = frame.x(scale.at(scale.ticks[i]));
    const double width = text_width(labels[i], kFontSize);
    out += line(x, frame.bottom, x, frame.bottom + 4, "axis");
    const double middle = std::min(x, kWidth - width / 2 - 1);
    if (middle - width / 2 < free_from) continue;
    free_from = middle + width / 2 + 10;
    out += text_at(middle, frame.bottom + 18, "middle", labels[i]) + "\n";
  }
  if (!label.empty()) out += text_at((frame.left + frame.right) / 2, frame.bottom + 38, "middle", label) + "\n";
  return out;
}

bool usable(double x, double y, const LineChart& chart) {
  return std::isfinite(x) && std::isfinite(y) && (!chart.x_log || x > 0) && (!chart.y_log || y > 0);
}

// Indices of the points to draw: all of them, or first, lowest, highest and last of each stretch.
std::vector<size_t> thinned(const Series& series) {
  std::vector<size_t> kept;
  const size_t count = series.x.size();
  if (count <= 4 * kMaxStretches) {
    for (size_t i = 0; i < count; ++i) kept.push_back(i);
    return kept;
  }
  for (size_t stretch = 0; stretch < kMaxStretches; ++stretch) {
    const size_t begin = stretch * count / kMaxStretches, end = (stretch + 1) * count / kMaxStretches;
    size_t low = begin, high = begin;
    for (size_t i = begin; i < end; ++i) {
      if (series.y[i] < series.y[low] || !std::isfinite(series.y[low])) low = i;
      if (series.y[i] > series.y[high] || !std::isfinite(series.y[high])) high = i;
    }
    for (const size_t i : {begin, std::min(low, high), std::max(low, high), end - 1}) {
      if (kept.empty() || kept.back() < i) kept.push_back(i);
    }
  }
  return kept;
}

std::string draw_line(const Series& series, size_t number, const LineChart& chart, const Frame& frame, const Scale& xs,
                      const Scale& ys) {
  const std::vector<size_t> kept = thinned(series);
  std::string path, marks;
  bool pen_down = false;
  const size_t tooltip_stride = (kept.size() + kMaxTooltips - 1) / kMaxTooltips;
  for (size_t k = 0; k < kept.size(); ++k) {
    const size_t i = kept[k];
    if (!usable(series.x[i], series.y[i], chart)) {
      pen_down = false;
      continue;
    }
    const std::string x = pixel(frame.x(xs.at(series.x[i]))), y = pixel(frame.y(ys.at(series.y[i])));
    path += str(pen_down ? " L" : path.empty() ? "M" : " M", x, " ", y);
    pen_down = true;
    const bool marked = kept.size() <= kMaxMarkedPoints;
    if (k % tooltip_stride == 0 || k + 1 == kept.size()) {
      marks +=
          str("<circle class=\"", marked ? "dot" : "hit", "\" cx=\"", x, "\" cy=\"", y, "\" r=\"", marked ? "3" : "5",
              "\"><title>", escape(series.name), series.name.empty() ? "" : ": ", value_text(series.y[i]), " at ",
              escape(chart.x_label), chart.x_label.empty() ? "" : " ", value_text(series.x[i]), "</title></circle>\n");
    }
  }
  return str("<g class=\"", colour_class(number), "\"><path class=\"line\" d=\"", path.empty() ? "M0 0" : path,
             "\"/>\n", marks, "</g>\n");
}

// "loss: from 9.2 to 3.1": what a screen reader says of a series.
std::string summary(const Series& series, const LineChart& chart) {
  std::vector<double> ends;
  for (size_t i = 0; i < series.x.size(); ++i) {
    if (!usable(series.x[i], series.y[i], chart)) continue;
    if (ends.size() < 2) {
      ends.push_back(series.y[i]);
    } else {
      ends[1] = series.y[i];
    }
  }
  if (ends.empty()) return str(series.name, ": no points");
  return str(series.name, ": from ", value_text(ends.front()), " to ", value_text(ends.back()));
}

// Bars from left to right, for histograms and few short categories.
std::string draw_upright(const BarChart& chart, const Scale& scale, const Frame& frame) {
  std::string out = draw_y_axis(frame, scale, chart.value_label);
  const double slot = (frame.right - frame.left) / static_cast<double>(std::max<size_t>(1, chart.categories.size()));
  const double room = chart.histogram ? std::min(1.0, slot * 0.1) : slot * 0.28;
  const double bar = (slot - room) / static_cast<double>(std::max<size_t>(1, chart.series.size()));
  const double ground = frame.y(scale.log ? 0 : scale.at(std::clamp(0.0, scale.low, scale.high)));
  for (size_t s = 0; s < chart.series.size(); ++s) {
    out += str("<g class=\"", colour_class(s), "\">\n");
    for (size_t i = 0; i < chart.categories.size(); ++i) {
      const double value = chart.series[s].values[i];
      if (!std::isfinite(value) || (scale.log && value <= 0)) continue;
      const double x = frame.left + slot * static_cast<double>(i) + room / 2 + bar * static_cast<double>(s);
      const double end = frame.y(scale.at(value));
      out += str("<rect class=\"bar\" x=\"", pixel(x), "\" y=\"", pixel(std::min(end, ground)), "\" width=\"",
                 pixel(std::max(0.5, bar)), "\" height=\"", pixel(std::abs(ground - end)), "\"><title>",
                 escape(chart.categories[i]), ": ", value_text(value), "</title></rect>\n");
    }
    out += "</g>\n";
  }
  double free_from = -1e9;
  for (size_t i = 0; i < chart.categories.size(); ++i) {
    const double width = text_width(chart.categories[i], kFontSize);
    // A bin's bound belongs under its left edge, a category's name under its middle.
    const double middle = frame.left + slot * (static_cast<double>(i) + (chart.histogram ? 0 : 0.5));
    if (middle - width / 2 < free_from) continue;
    free_from = middle + width / 2 + (chart.histogram ? 14 : 6);
    out += text_at(middle, frame.bottom + 18, "middle", chart.categories[i]) + "\n";
  }
  if (!chart.label.empty()) {
    out += text_at((frame.left + frame.right) / 2, frame.bottom + 38, "middle", chart.label) + "\n";
  }
  return out;
}

constexpr double kRowHeight = 26, kSeriesHeight = 18, kLabelWidth = 220;

// Bars lying, with the category on the left and the value at the end.
std::string draw_lying(const BarChart& chart, const Range& range, double& height) {
  std::vector<std::string> labels;
  for (const std::string& category : chart.categories) labels.push_back(fit_text(category, kFontSize, kLabelWidth));
  double value_width = 0;
  for (const BarSeries& series : chart.series) {
    for (const double value : series.values)
      value_width = std::max(value_width, text_width(value_text(value), kFontSize));
  }
  const double rows = static_cast<double>(chart.series.size());
  const double row = chart.series.size() == 1 ? kRowHeight : kSeriesHeight * rows + 10;
  const double top = chart.value_label.empty() ? 4 : 24;
  const Scale scale = scale_of(range, chart.log, 6, true);
  const Frame frame{.left = widest(labels) + 12,
                    .top = top,
                    .right = kWidth - value_width - 14,
                    .bottom = top + row * static_cast<double>(labels.size())};
  height = frame.bottom + 6;
  std::string out;
  if (!chart.value_label.empty()) out += text_at(frame.left, 14, "start", chart.value_label) + "\n";
  const double ground = frame.x(scale.log ? 0 : scale.at(std::clamp(0.0, scale.low, scale.high)));
  for (size_t i = 0; i < labels.size(); ++i) {
    const double y = frame.top + row * static_cast<double>(i);
    out += text_at(frame.left - 10, y + row / 2 + 4, "end", labels[i]) + "\n";
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const double value = chart.series[s].values[i];
      if (!std::isfinite(value)) continue;
      const bool drawable = !scale.log || value > 0;
      const double end = drawable ? frame.x(scale.at(value)) : ground;
      const double bar_top = y + (row - kSeriesHeight * rows) / 2 + kSeriesHeight * static_cast<double>(s) + 1.5;
      out += str("<rect class=\"bar ", colour_class(s), "\" x=\"", pixel(std::min(ground, end)), "\" y=\"",
                 pixel(bar_top), "\" width=\"", pixel(std::abs(end - ground)), "\" height=\"", pixel(kSeriesHeight - 3),
                 "\" rx=\"1.5\"><title>", escape(chart.categories[i]), ": ", value_text(value), "</title></rect>",
                 text_at(std::max(ground, end) + 6, bar_top + 11.5, "start", value_text(value), "value"), "\n");
    }
  }
  return out + line(ground, frame.top, ground, frame.bottom, "axis") + "\n";
}

}  // namespace

std::string draw(const LineChart& chart) {
  Range x_range, y_range;
  std::vector<std::string> names, said;
  for (const Series& series : chart.series) {
    if (series.x.size() != series.y.size()) {
      throw base::Error(base::ErrorKind::kInternal,
                        str("line chart '", chart.title, "': series '", series.name, "' has ", series.x.size(),
                            " x and ", series.y.size(), " y values"));
    }
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!usable(series.x[i], series.y[i], chart)) continue;
      x_range.add(series.x[i]);
      y_range.add(series.y[i]);
    }
    names.push_back(series.name);
    said.push_back(summary(series, chart));
  }
  if (chart.y_from_zero && !chart.y_log && !y_range.empty()) y_range.add(0);
  const Scale xs = x_scale_of(x_range, chart);
  const Scale ys = scale_of(y_range, chart.y_log, 5, false);
  const Frame frame = make_frame(ys, chart.y_label, !chart.x_label.empty(), kHeight);
  std::string drawing = draw_y_axis(frame, ys, chart.y_label) + draw_x_axis(frame, xs, chart.x_label);
  for (size_t i = 0; i < chart.series.size(); ++i) drawing += draw_line(chart.series[i], i, chart, frame, xs, ys);
  return figure(chart.title, names, kHeight, str("Line chart. ", chart.title, ". ", base::join(said, "; ")), drawing,
                chart.note);
}

std::string draw(const BarChart& chart) {
  Range range;
  std::vector<std::string> names;
  for (const BarSeries& series : chart.series) {
    if (series.values.size() != chart.categories.size()) {
      throw base::Error(base::ErrorKind::kInternal,
                        str("bar chart '", chart.title, "': series '", series.name, "' has ", series.values.size(),
                            " values for ", chart.categories.size(), " categories"));
    }
    for (const double value : series.values) {
      if (std::isfinite(value) && (!chart.log || value > 0)) range.add(value);
    }
    names.push_back(series.name);
  }
  if (!range.empty() && !chart.log) range.add(0);
  if (!range.empty() && chart.log) range.low /= 2;  // so that the smallest bar is seen
  const Scale scale = scale_of(range, chart.log, 5, false);
  double height = kHeight;
  const Frame frame = make_frame(scale, chart.value_label, !chart.label.empty(), height);
  double needed = 0;
  for (const std::string& category : chart.categories) needed = std::max(needed, text_width(category, kFontSize) + 14);
  const bool upright =
      chart.histogram || needed * static_cast<double>(chart.categories.size()) <= frame.right - frame.left;
  const std::string drawing = upright ? draw_upright(chart, scale, frame) : draw_lying(chart, range, height);
  const std::string description = str("Bar chart. ", chart.title, ". ", chart.categories.size(), " ",
                                      chart.label.empty() ? "categories" : chart.label,
                                      range.empty() ? ", no values" : str(", highest ", value_text(range.high)));
  return figure(chart.title, names, height, description, drawing, chart.note);
}

BarChart histogram(std::string title, std::string label, const std::vector<double>& values, int bins) {
  Range range;
  for (const double value : values) {
    if (std::isfinite(value)) range.add(value);
  }
  BarChart chart{.title = std::move(title),
                 .label = std::move(label),
                 .value_label = "count",
                 .categories = {},
                 .series = {{.name = "count", .values = {}}},
                 .histogram = true,
                 .note = ""};
  if (range.empty()) return chart;
  const Scale scale = linear_scale(range.low, range.high, bins);
  std::vector<double>& counts = chart.series[0].values;
  const std::vector<std::string> labels = tick_labels(scale);
  chart.categories.assign(labels.begin(), labels.end() - 1);
  counts.assign(chart.categories.size(), 0);
  const double last = static_cast<double>(counts.size()) - 1;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    const double bin = std::floor(scale.at(value) * static_cast<double>(counts.size()) + 1e-9);
    counts[static_cast<size_t>(std::clamp(bin, 0.0, last))] += 1;
  }
  return chart;
}

}  // namespace lmkor::report
