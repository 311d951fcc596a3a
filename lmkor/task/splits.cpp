#include "lmkor/task/splits.h"

#include <algorithm>
#include <unordered_set>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/log.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::str;

namespace {

std::vector<Example> take(std::vector<Example>& from, std::vector<size_t> rows) {
  std::sort(rows.begin(), rows.end());
  std::vector<Example> out;
  for (const size_t row : rows) out.push_back(std::move(from[row]));
  return out;
}

// Divides `examples` by a draw of `seed`: `count` of them go, the others stay; both keep the order of the file.
std::vector<Example> draw(std::vector<Example>& examples, size_t count, uint64_t seed, uint64_t stream) {
  const base::Permutation order(examples.size(), seed, stream);
  std::vector<size_t> gone, left;
  for (size_t i = 0; i < examples.size(); ++i) (i < count ? gone : left).push_back(order.at(i));
  std::vector<Example> out = take(examples, std::move(gone));
  examples = take(examples, std::move(left));
  return out;
}

uint64_t input_hash(const Example& example) { return base::hash64(example.second_text, base::hash64(example.text)); }

size_t shared_with(const std::unordered_set<uint64_t>& train, const std::vector<Example>& examples) {
  return static_cast<size_t>(std::count_if(
      examples.begin(), examples.end(), [&](const Example& example) { return train.contains(input_hash(example)); }));
}

fs::path need(const Task& task, const fs::path& folder, Split split) {
  if (const auto file = split_file(folder, task, split)) return *file;
  throw base::Error(base::ErrorKind::kNotFound,
                    str(folder.string(), ": no ", base::join(task.files[static_cast<size_t>(split)], " or "), ", the ",
                        split_name(split), " file of ", task.name));
}

}  // namespace

void SplitOptions::fields(config::Fields& f) {
  f.add("dev_share", dev_share, "share of train that becomes dev where there is no dev file",
        config::between(0.001, 0.5));
  f.add("split_seed", split_seed, "what draws that share and train_examples", config::at_least(0));
  f.add("train_examples", train_examples, "training examples to use, drawn by split_seed; 0: all", config::at_least(0));
  f.add("allow_test_in_train", allow_test_in_train, "score on a test file that holds nothing but training examples");
}

Splits load_splits(const Task& task, const fs::path& folder, const SplitOptions& options) {
  Splits out;
  const auto load = [&](Split split, const fs::path& file) {
    out.files[static_cast<size_t>(split)] = file;
    out.of[static_cast<size_t>(split)] = task.read(file, task);
  };
  load(Split::kTrain, need(task, folder, Split::kTrain));
  load(Split::kTest, need(task, folder, Split::kTest));
  std::vector<Example>& train = out.of[0];
  const auto seed = static_cast<uint64_t>(options.split_seed);
  if (const auto dev = split_file(folder, task, Split::kDev)) {
    load(Split::kDev, *dev);
  } else {
    const auto count = static_cast<size_t>(options.dev_share * static_cast<double>(train.size()));
    if (count == 0 || count >= train.size()) {
      throw base::Error(base::ErrorKind::kData, str(out.files[0].string(), ": ", train.size(),
                                                    " examples are too few to take a dev part from; add a dev file"));
    }
    out.of[1] = draw(train, count, seed, 1);
    base::log_info(str("no dev file: ", count, " of ", count + train.size(), " training examples, drawn by seed ", seed,
                       ", are dev"));
  }
  const auto most = static_cast<size_t>(options.train_examples);
  if (most > 0 && most < train.size()) train = draw(train, most, seed, 0);

  std::unordered_set<uint64_t> inputs;
  for (const Example& example : train) inputs.insert(input_hash(example));
  out.dev_in_train = shared_with(inputs, out.of[1]);
  out.test_in_train = shared_with(inputs, out.of[2]);
  if (out.test_in_train == out.of[2].size() && !options.allow_test_in_train) {
    throw base::Error(base::ErrorKind::kData, str(out.files[2].string(), ": all ", out.test_in_train,
                                                  " test examples stand in ", out.files[0].string(),
                                                  ", so the score would say nothing; give a test file of its own, or "
                                                  "say finetune.allow_test_in_train"));
  }
  return out;
}

}  // namespace lmkor::task
