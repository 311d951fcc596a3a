// Scaling laws: the loss as a function of parameters and tokens, fitted on runs, and what follows for a budget.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lmkor::scaling {

struct Point {
  double parameters = 0;  // without embeddings
  double tokens = 0;
  double loss = 0;  // nats a token
};

// L(N, D) = E + A / N^alpha + B / D^beta (Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models",
// approach 3).
struct Law {
  double e = 0, a = 0, b = 0, alpha = 0, beta = 0;
  double loss(double parameters, double tokens) const;
};
// The constants as printed there (equation 10). N counts embeddings too.
Law chinchilla();
// The same data fitted again (Besiroglu et al. 2024, "Chinchilla Scaling: A replication attempt", table 1): the printed
// constants are rounded and come from an optimiser that stopped too early; only these give N and D about equal powers
// of the compute, as the paper's other two approaches do.
Law chinchilla_refit();

struct Fit {
  Law law;
  double objective = 0;          // the sum of Huber losses at it
  std::vector<Law> bootstrap{};  // fits of samples of the points
};
struct FitOptions {
  int64_t samples = 200;
  uint64_t seed = 1;
  int threads = 1;  // does not change the result
};
// Minimises the Huber loss (delta 1e-3) of log L over a grid of starts; the whole surface at once, since parabolas
// through runs of equal compute are biased. Throws kData for fewer than 6 points, values that are not positive, or
// points that all have one size or one number of tokens.
Fit fit_law(std::span<const Point> points, const FitOptions& options);

struct Optimum {
  double parameters = 0, tokens = 0, loss = 0;
};
// The best parameters and tokens for `flop` = 6 N D.
Optimum optimum(const Law& law, double flop);
// Kaplan et al. 2020, "Scaling Laws for Neural Language Models": N = 1.3e9 C^0.73 (table 6, without embeddings),
// L = (3.1e8 / C)^0.050 (equation 1.3), C in PF-days of 8.64e19 operations.
Optimum kaplan_optimum(double flop);
// Tokens of a batch beyond which more of them hardly save steps: 2e8 / L^(1 / 0.21) (Kaplan et al. 2020, equation 1.4;
// fitted on English web text).
double critical_batch_tokens(double loss);

// The middle and the 95 % interval of a value over the bootstrap.
struct Interval {
  double low = 0, high = 0;
};
Interval interval_of(std::vector<double> values);

}  // namespace lmkor::scaling
