// What a labelled task is: its files, its labels, its head and its metrics. One file per task and one row of the table;
// a user's own data set is a TOML file (custom.h).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/model/registry.h"

namespace lmkor::task {

// What is predicted of an example.
enum class Kind {
  kClass,       // one of the labels
  kScore,       // a number
  kMultiLabel,  // any of the labels
  kTags,        // one of the labels for each word
  kAnswer,      // a stretch of the second text
};
// "classification", "regression", "multi-label", "tagging", "question answering"
const char* kind_name(Kind kind);
model::Head head_of(Kind kind);

struct Answer {
  std::string text;
  uint32_t begin = 0;  // code points before it in the context
};

struct Example {
  std::string id{};
  std::string text{};                // kAnswer: the question; kTags: the words with blanks between them
  std::string second_text{};         // of a pair; kAnswer: the context
  std::vector<std::string> words{};  // kTags
  // What is right, by kind.
  int64_t label = 0;              // kClass: index into Task::labels
  double value = 0;               // kScore
  std::vector<int64_t> labels{};  // kMultiLabel: 0 or 1 for each label; kTags: an index for each word
  std::vector<Answer> answers{};  // kAnswer: any of them is right
};

enum class Split { kTrain, kDev, kTest };
const char* split_name(Split split);

// How a task is trained unless a setting says otherwise.
struct Protocol {
  int64_t epochs = 5;
  int64_t batch_size = 32;
  int64_t max_length = 128;
};

// Rows of the published files; 0: there is no such file, or nobody could count it.
struct OfficialRows {
  int64_t train = 0, dev = 0, test = 0;
};

struct Task {
  std::string name;
  std::string summary;
  Kind kind = Kind::kClass;
  std::vector<std::string> labels{};   // kTags: "O" first
  std::vector<std::string> metrics{};  // names of metrics.h; the first one chooses and is compared
  bool pair = false;                   // two texts
  bool symmetric = false;              // of which either may come first
  Protocol protocol{};
  OfficialRows official{};
  // Names that each split's file may have, ours first.
  std::array<std::vector<std::string>, 3> files = {{{"train.tsv"}, {"dev.tsv"}, {"test.tsv"}}};
  std::string folder{};  // where its files lie; empty: its name
  // All rows of a file in order; none is left out. Throws kNotFound, and kData with file, line, got and expected.
  std::function<std::vector<Example>(const std::filesystem::path& file, const Task& task)> read{};

  const std::string& metric() const { return metrics.front(); }
  const std::string& folder_name() const { return folder.empty() ? name : folder; }
};

// The table of tasks.
std::span<const Task> tasks();
std::vector<std::string> task_names();
// Throws kUsage naming the tasks there are.
const Task& find_task(std::string_view name);

// Its rows in tasks(): one function per file.
Task nsmc();
Task naver_ner();
Task klue_ner();
Task paws();
Task kornli();
Task korsts();
Task question_pair();
Task hate_speech();
Task hate_speech_bias();
Task korquad();
Task klue_tc();
Task klue_sts();
Task klue_nli();
Task klue_re();

// The folder with the files of `task`: `data` itself or its folder of that name. Throws kNotFound.
std::filesystem::path task_folder(const std::filesystem::path& data, const Task& task);
// The file of a split in a task's folder; nothing where there is none.
std::optional<std::filesystem::path> split_file(const std::filesystem::path& folder, const Task& task, Split split);

}  // namespace lmkor::task
