#include "lmkor/task/task.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::task {

namespace fs = std::filesystem;
using base::str;

namespace {

struct KindRow {
  Kind kind;
  const char* name;
  model::Head head;
};
constexpr KindRow kKinds[] = {
    {Kind::kClass, "classification", model::Head::kSequence},      {Kind::kScore, "regression", model::Head::kSequence},
    {Kind::kMultiLabel, "multi-label", model::Head::kSequence},    {Kind::kTags, "tagging", model::Head::kTokens},
    {Kind::kAnswer, "question answering", model::Head::kQuestion},
};

const KindRow& row_of(Kind kind) { return kKinds[static_cast<size_t>(kind)]; }

}  // namespace

const char* kind_name(Kind kind) { return row_of(kind).name; }

model::Head head_of(Kind kind) { return row_of(kind).head; }

const char* split_name(Split split) {
  static constexpr const char* kNames[] = {"train", "dev", "test"};
  return kNames[static_cast<size_t>(split)];
}

std::span<const Task> tasks() {
  static const std::vector<Task> rows = {
      nsmc(),        naver_ner(),        klue_ner(), paws(),    kornli(),   korsts(),   question_pair(),
      hate_speech(), hate_speech_bias(), korquad(),  klue_tc(), klue_sts(), klue_nli(), klue_re()};
  return rows;
}

std::vector<std::string> task_names() {
  std::vector<std::string> out;
  for (const Task& task : tasks()) out.push_back(task.name);
  return out;
}

const Task& find_task(std::string_view name) {
  for (const Task& task : tasks()) {
    if (name == task.name) return task;
  }
  const std::string near = base::nearest(name, task_names());
  throw base::Error(
      base::ErrorKind::kUsage,
      str("--task: got \"", name, "\", expected one of ", base::join(task_names(), ", "),
          ", or a TOML file that describes your own", near.empty() ? "" : str("; did you mean ", near, "?")));
}

std::optional<fs::path> split_file(const fs::path& folder, const Task& task, Split split) {
  for (const std::string& name : task.files[static_cast<size_t>(split)]) {
    if (fs::exists(folder / name)) return folder / name;
  }
  return std::nullopt;
}

fs::path task_folder(const fs::path& data, const Task& task) {
  for (const auto& dir : {data, data / task.folder_name()}) {
    if (split_file(dir, task, Split::kTrain)) return dir;
  }
  throw base::Error(base::ErrorKind::kNotFound,
                    str(data.string(), ": no ", base::join(task.files[0], " or "), " in it, nor in ",
                        (data / task.folder_name()).string(), "; give the folder of the task ", task.name));
}

}  // namespace lmkor::task
