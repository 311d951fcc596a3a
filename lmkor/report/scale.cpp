#include "lmkor/report/scale.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/str.h"

namespace lmkor::report {
namespace {

// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `width`.
double round_step(double width) {
  const double power = std::pow(10.0, std::floor(std::log10(width)));
  for (const double step : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    if (step * power >= width * (1 - 1e-9)) return step * power;
  }
  return 10 * power;
}

// Digits after the point that write multiples of `step` exactly enough.
int digits_of(double step) {
  for (int digits = 0; digits < 12; ++digits) {
    const double scaled = step * std::pow(10.0, digits);
    if (std::abs(scaled - std::round(scaled)) < 1e-6 * scaled) return digits;
  }
  return 12;
}

struct Unit {
  double size;
  const char* suffix;
};

Unit unit_of(double magnitude) {
  if (magnitude >= 1e9) return {1e9, "G"};
  if (magnitude >= 1e6) return {1e6, "M"};
  if (magnitude >= 1e4) return {1e3, "k"};
  return {1, ""};
}

}  // namespace

double Scale::at(double value) const {
  if (log) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Scale linear_scale(double low, double high, int count, bool tight) {
  if (low > high) std::swap(low, high);
  if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high)) || high == low) {
    const double room = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= low == 0 ? 0 : room;
    high += room;
  }
  const double step = round_step((high - low) / std::max(1, count));
  const double first = tight ? std::ceil(low / step - 1e-9) : std::floor(low / step + 1e-9);
  const double last = tight ? std::floor(high / step + 1e-9) : std::ceil(high / step - 1e-9);
  Scale scale{.log = false, .low = tight ? low : first * step, .high = tight ? high : last * step, .ticks = {}};
  for (double i = first; i <= last; ++i) scale.ticks.push_back(i * step);
  return scale;
}

Scale log_scale(double low, double high, bool tight) {
  if (low > high) std::swap(low, high);
  if (high <= low * (1 + 1e-9)) {
    low /= 2;
    high *= 2;
  }
  const double decades = std::log10(high / low);
  const std::vector<double> within = decades < 1.5   ? std::vector<double>{1, 2, 3, 5}
                                     : decades < 3.5 ? std::vector<double>{1, 3}
                                                     : std::vector<double>{1};
  const int stride = decades > 8 ? static_cast<int>(std::ceil(decades / 8)) : 1;
  std::vector<double> all;
  const int first = static_cast<int>(std::floor(std::log10(low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(high) - 1e-9));
  for (int exponent = first; exponent <= last; ++exponent) {
    if ((exponent - first) % stride != 0) continue;
    for (const double factor : within) all.push_back(factor * std::pow(10.0, exponent));
  }
  Scale scale{.log = true, .low = low, .high = high, .ticks = {}};
  if (!tight) {  // to the next tick outwards
    for (const double tick : all) {
      if (tick <= low * (1 + 1e-9)) scale.low = tick;
    }
    for (auto tick = all.rbegin(); tick != all.rend(); ++tick) {
      if (*tick >= high * (1 - 1e-9)) scale.high = *tick;
    }
  }
  for (const double tick : all) {
    if (tick >= scale.low * (1 - 1e-9) && tick <= scale.high * (1 + 1e-9)) scale.ticks.push_back(tick);
  }
  return scale;
}

std::vector<std::string> tick_labels(const Scale& scale) {
  std::vector<std::string> labels;
  if (scale.log) {
    for (const double tick : scale.ticks) {
      if (tick >= 1e12 || tick < 1e-4) {
        const double exponent = std::floor(std::log10(tick) + 1e-9);
        labels.push_back(base::str(std::round(tick / std::pow(10.0, exponent)), "e", static_cast<int>(exponent)));
        continue;
      }
      const Unit unit = unit_of(tick);
      labels.push_back(base::fixed(tick / unit.size, digits_of(tick / unit.size)) + unit.suffix);
    }
    return labels;
  }
  double largest = 0;
  for (const double tick : scale.ticks) largest = std::max(largest, std::abs(tick));
  const double step = scale.ticks.size() > 1 ? scale.ticks[1] - scale.ticks[0] : largest;
  if (largest >= 1e13 || (largest > 0 && largest < 1e-4)) {  // powers of ten, such as learning rates
    const double power = std::floor(std::log10(largest) + 1e-9);
    const double size = std::pow(10.0, power);
    for (const double tick : scale.ticks) {
      labels.push_back(
          tick == 0 ? "0" : base::fixed(tick / size, digits_of(step / size)) + base::str("e", static_cast<int>(power)));
    }
    return labels;
  }
  const Unit unit = unit_of(largest);
  const int digits = step > 0 ? digits_of(step / unit.size) : 0;
  for (const double tick : scale.ticks) {
    const bool zero = std::abs(tick) < step * 1e-6;
    labels.push_back(zero ? "0" : base::fixed(tick / unit.size, digits) + unit.suffix);
  }
  return labels;
}

std::string value_text(double value) {
  if (!std::isfinite(value)) return "none";
  const double size = std::abs(value);
  if (size == 0) return "0";
  if (size >= 1000 && size < 1e15) return base::grouped(std::llround(value));
  if (size < 1e-4 || size >= 1e15) {
    const int power = static_cast<int>(std::floor(std::log10(size)));
    return base::str(base::fixed(value / std::pow(10.0, power), 2), "e", power);
  }
  const int digits = std::clamp(3 - static_cast<int>(std::floor(std::log10(size))), 0, 8);
  std::string text = base::fixed(value, digits);
  while (text.find('.') != std::string::npos && (text.back() == '0' || text.back() == '.')) {
    const bool point = text.back() == '.';
    text.pop_back();
    if (point) break;
  }
  return text;
}

}  // namespace lmkor::report
