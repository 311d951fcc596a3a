// Points of a scaling law out of pretraining runs, and fit.json.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/scaling/law.h"

namespace lmkor::scaling {

// The last validation loss of a run that ended, its tokens, and the encoder's parameters of its model. Throws kNotFound
// where the folder is no run, kData where it has no validation loss.
Point point_of_run(const std::filesystem::path& run);
// TSV with the columns parameters, tokens, loss.
std::vector<Point> read_points(const std::filesystem::path& file);

base::Json fit_json(const Fit& fit, const std::vector<Point>& points);
Fit read_fit(const std::filesystem::path& file);
void write_fit_report(const std::filesystem::path& path, const Fit& fit, const std::vector<Point>& points);

// Width (a multiple of 64) and depth whose encoder has about `parameters`, about 64 of width for each layer (Kaplan et
// al. 2020 find that little depends on it).
struct Shape {
  int64_t hidden_size, layers;
  double parameters() const {
    return 12.0 * static_cast<double>(layers) * static_cast<double>(hidden_size * hidden_size);
  }
};
Shape shape_for(double parameters);

}  // namespace lmkor::scaling
