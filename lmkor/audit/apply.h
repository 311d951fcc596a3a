// A corrected copy of a data set, by the column `action` of issues.tsv.
#pragma once

#include <filesystem>

#include "lmkor/base/json.h"
#include "lmkor/task/task.h"

namespace lmkor::audit {

// Writes the files of the task's folder into `output`, other files untouched. A row of `issues` whose action is `drop`
// leaves its example out; `relabel` puts `suggested` in place of `given`, the last cell of the row that holds just
// that. Other rows say nothing. Returns {"relabelled", "dropped", "files"}. Throws kData naming the line of `issues`
// where an action is unknown, a row does not hold `given`, or two actions contradict; kNotFound; kIncompatible for a
// task whose files are no TSV with a header line.
base::Json apply_issues(const task::Task& task, const std::filesystem::path& folder,
                        const std::filesystem::path& issues, const std::filesystem::path& output);

}  // namespace lmkor::audit
