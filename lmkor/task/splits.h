// The three parts of a task's data. Models are chosen on dev only: where there is no dev file, a part of train becomes
// it; a test file that is the training file again is refused.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/task/task.h"

namespace lmkor::task {

struct SplitOptions {
  double dev_share = 0.1;
  int64_t split_seed = 1;
  int64_t train_examples = 0;
  bool allow_test_in_train = false;

  void fields(config::Fields& f);
};

struct Splits {
  std::array<std::vector<Example>, 3> of;      // by Split
  std::array<std::filesystem::path, 3> files;  // dev's is empty where it was carved
  size_t dev_in_train = 0, test_in_train = 0;  // examples whose whole input stands in train too

  const std::vector<Example>& operator[](Split split) const { return of[static_cast<size_t>(split)]; }
};

// Reads the files in `folder`. Throws kNotFound where train or test is missing, kData where every test example stands
// in train, unless allowed.
Splits load_splits(const Task& task, const std::filesystem::path& folder, const SplitOptions& options);

}  // namespace lmkor::task
