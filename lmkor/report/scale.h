// Axes: round ticks, their labels, and the way from a value to a place on the page.
#pragma once

#include <string>
#include <vector>

namespace lmkor::report {

struct Scale {
  bool log = false;
  double low = 0, high = 1;   // values at both ends of the axis
  std::vector<double> ticks;  // ascending, within [low, high]

  // Where `value` lies: 0 at low, 1 at high.
  double at(double value) const;
};

// An axis that covers [low, high] and begins and ends at about `count` round steps (1, 2, 2.5 or 5 times a power of
// ten); with `tight` it ends at the values themselves. Equal or disordered bounds are widened.
Scale linear_scale(double low, double high, int count, bool tight = false);
// The same by powers of ten; low must be positive.
Scale log_scale(double low, double high, bool tight = false);

// Labels of ticks, all with the same unit suffix (k, M, G) and the digits that tell them apart.
std::vector<std::string> tick_labels(const Scale& scale);

// A value for a tooltip: four significant digits, thousands grouped.
std::string value_text(double value);

}  // namespace lmkor::report
