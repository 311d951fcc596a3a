// report.html of a fine-tuning run.
#pragma once

#include <filesystem>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/task/finetune.h"
#include "lmkor/task/predictions.h"

namespace lmkor::task {

// `results` as in results.json; `test` and `predictions` of the best seed, of equal length.
void write_finetune_report(const std::filesystem::path& path, const FinetuneJob& job, const base::Json& results,
                           const std::vector<Example>& test, const std::vector<Prediction>& predictions);

}  // namespace lmkor::task
