#include "lmkor/scaling/law.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "lmkor/base/error.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::scaling {

namespace {

// log E, log A, log B, alpha, beta.
using Parameters = std::array<double, 5>;
constexpr double kHuber = 1e-3;
constexpr size_t kBestStarts = 12;  // of the whole grid, for the samples of the bootstrap

struct Value {
  double loss = 0;
  Parameters gradient{};
};

Value objective(const Parameters& x, std::span<const Point> points) {
  Value out;
  for (const Point& point : points) {
    const double n = std::log(point.parameters), d = std::log(point.tokens);
    const double terms[] = {x[0], x[1] - x[3] * n, x[2] - x[4] * d};
    const double top = *std::max_element(terms, terms + 3);
    double sum = 0, shares[3];
    for (int i = 0; i < 3; ++i) sum += shares[i] = std::exp(terms[i] - top);
    const double residual = top + std::log(sum) - std::log(point.loss);
    const double size = std::abs(residual);
    out.loss += size <= kHuber ? residual * residual / 2 : kHuber * (size - kHuber / 2);
    const double slope = std::clamp(residual, -kHuber, kHuber);
    for (double& share : shares) share *= slope / sum;
    out.gradient[0] += shares[0];
    out.gradient[1] += shares[1];
    out.gradient[2] += shares[2];
    out.gradient[3] -= shares[1] * n;
    out.gradient[4] -= shares[2] * d;
  }
  return out;
}

double dot(const Parameters& a, const Parameters& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

struct Found {
  Parameters x{};
  double loss = std::numeric_limits<double>::infinity();
};

// BFGS with halving of the step (Nocedal and Wright, algorithm 6.1).
Found minimise(Parameters x, std::span<const Point> points) {
  constexpr int kIterations = 400;
  std::array<Parameters, 5> inverse{};
  const auto reset = [&] {
    for (size_t i = 0; i < 5; ++i) {
      inverse[i] = {};
      inverse[i][i] = 1;
    }
  };
  reset();
  bool fresh = true;
  Value here = objective(x, points);
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    Parameters direction{};
    for (size_t i = 0; i < 5; ++i) direction[i] = -dot(inverse[i], here.gradient);
    double slope = dot(direction, here.gradient);
    if (slope >= 0) {  // lost its shape
      reset();
      fresh = true;
      for (size_t i = 0; i < 5; ++i) direction[i] = -here.gradient[i];
      slope = dot(direction, here.gradient);
    }
    if (slope > -1e-18) break;
    double step = std::min(1.0, 2 / std::sqrt(dot(direction, direction)));
    Parameters next{};
    Value there;
    for (int halving = 0; halving < 60; ++halving, step /= 2) {
      for (size_t i = 0; i < 5; ++i) next[i] = x[i] + step * direction[i];
      there = objective(next, points);
      if (there.loss <= here.loss + 1e-4 * step * slope) break;
    }
    if (!(there.loss < here.loss)) break;
    Parameters moved{}, change{};
    for (size_t i = 0; i < 5; ++i) {
      moved[i] = next[i] - x[i];
      change[i] = there.gradient[i] - here.gradient[i];
    }
    x = next;
    here = there;
    const double curvature = dot(moved, change);
    if (curvature <= 1e-30) continue;
    if (fresh) {  // the size of the identity that stands for the curvature (Nocedal and Wright, equation 6.20)
      for (size_t i = 0; i < 5; ++i) inverse[i][i] = curvature / dot(change, change);
      fresh = false;
    }
    Parameters product{};
    for (size_t i = 0; i < 5; ++i) product[i] = dot(inverse[i], change);
    const double scale = (1 + dot(change, product) / curvature) / curvature;
    for (size_t i = 0; i < 5; ++i) {
      for (size_t k = 0; k < 5; ++k)
        inverse[i][k] += scale * moved[i] * moved[k] - (product[i] * moved[k] + moved[i] * product[k]) / curvature;
    }
  }
  return {x, here.loss};
}

std::vector<Parameters> grid() {
  std::vector<Parameters> out;
  for (const double e : {-1.0, 0.0, 1.0}) {
    for (const double a : {0.0, 5.0, 10.0, 20.0}) {
      for (const double b : {0.0, 5.0, 10.0, 20.0}) {
        for (const double alpha : {0.1, 0.5, 1.0}) {
          for (const double beta : {0.1, 0.5, 1.0}) out.push_back({e, a, b, alpha, beta});
        }
      }
    }
  }
  return out;
}

// Minima from all starts, best first.
std::vector<Found> minima(const std::vector<Parameters>& starts, std::span<const Point> points, int threads) {
  std::vector<Found> out(starts.size());
  base::parallel_for(starts.size(), threads, [&](size_t i) { out[i] = minimise(starts[i], points); });
  std::stable_sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.loss < b.loss; });
  return out;
}

Law law_of(const Parameters& x) { return {std::exp(x[0]), std::exp(x[1]), std::exp(x[2]), x[3], x[4]}; }

void check(std::span<const Point> points) {
  const auto fail = [](const std::string& what) {
    throw base::Error(base::ErrorKind::kData, base::str("scaling fit: ", what));
  };
  if (points.size() < 6) fail(base::str("got ", points.size(), " runs, expected at least 6 for the five constants"));
  bool sizes = false, tokens = false;
  for (const Point& point : points) {
    if (!(point.parameters > 0 && point.tokens > 0 && point.loss > 0)) {
      fail(base::str("got ", point.parameters, " parameters, ", point.tokens, " tokens, loss ", point.loss,
                     "; expected all above 0"));
    }
    sizes = sizes || point.parameters != points.front().parameters;
    tokens = tokens || point.tokens != points.front().tokens;
  }
  if (!sizes) fail("all runs have one size; expected several");
  if (!tokens) fail("all runs have one number of tokens; expected several");
}

}  // namespace

double Law::loss(double parameters, double tokens) const {
  return e + a / std::pow(parameters, alpha) + b / std::pow(tokens, beta);
}

Law chinchilla() { return {1.69, 406.4, 410.7, 0.34, 0.28}; }
Law chinchilla_refit() { return {1.8172, 482.01, 2085.43, 0.3478, 0.3658}; }

Fit fit_law(std::span<const Point> points, const FitOptions& options) {
  check(points);
  const std::vector<Found> found = minima(grid(), points, options.threads);
  Fit out{.law = law_of(found.front().x), .objective = found.front().loss};
  std::vector<Parameters> starts;
  for (size_t i = 0; i < kBestStarts; ++i) starts.push_back(found[i].x);
  out.bootstrap.resize(static_cast<size_t>(options.samples));
  base::parallel_for(out.bootstrap.size(), options.threads, [&](size_t sample) {
    const base::Random random(options.seed, base::RandomUse::kSample, sample);
    std::vector<Point> drawn;
    for (size_t i = 0; i < points.size(); ++i) drawn.push_back(points[random.below(i, points.size())]);
    out.bootstrap[sample] = law_of(minima(starts, drawn, 1).front().x);
  });
  return out;
}

Optimum optimum(const Law& law, double flop) {
  // Where alpha A / N^alpha = beta B / D^beta.
  const double sum = law.alpha + law.beta;
  const double scale = std::pow(law.alpha * law.a / (law.beta * law.b), 1 / sum);
  Optimum out{.parameters = scale * std::pow(flop / 6, law.beta / sum)};
  out.tokens = flop / 6 / out.parameters;
  out.loss = law.loss(out.parameters, out.tokens);
  return out;
}

Optimum kaplan_optimum(double flop) {
  const double days = flop / 8.64e19;
  Optimum out{.parameters = 1.3e9 * std::pow(days, 0.73)};
  out.tokens = flop / 6 / out.parameters;
  out.loss = std::pow(3.1e8 / days, 0.050);
  return out;
}

double critical_batch_tokens(double loss) { return 2e8 / std::pow(loss, 1 / 0.21); }

Interval interval_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.025), at(0.975)};
}

}  // namespace lmkor::scaling
