#include "lmkor/task/task.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

using base::str;

std::span<const Task> tasks() {
  static const std::vector<Task> rows = {nsmc()};
  return rows;
}

std::vector<std::string> task_names() {
  std::vector<std::string> out;
  for (const Task& task : tasks()) out.emplace_back(task.name);
  return out;
}

const Task& find_task(std::string_view name) {
  for (const Task& task : tasks()) {
    if (name == task.name) return task;
  }
  const std::string near = base::nearest(name, task_names());
  throw base::Error(base::ErrorKind::kUsage,
                    str("--task: got \"", name, "\", expected one of ", base::join(task_names(), ", "),
                        near.empty() ? "" : str("; did you mean ", near, "?")));
}

std::filesystem::path task_folder(const std::filesystem::path& data, const Task& task) {
  for (const auto& dir : {data, data / task.name}) {
    if (std::filesystem::exists(dir / "train.tsv")) return dir;
  }
  throw base::Error(base::ErrorKind::kNotFound,
                    str(data.string(), ": no train.tsv in it, nor in ", (data / task.name).string(),
                        "; give the folder of the task ", task.name));
}

}  // namespace lmkor::task
