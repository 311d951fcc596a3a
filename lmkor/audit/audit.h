// The quality of a labelled data set: what is repeated, contradicted, likely wrong, ambiguous, too easy or known from a
// pretraining corpus. A linear model on n-grams of characters stands in for a network, so that a processor is enough; a
// pretrained model's vectors can join the n-grams.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/audit/linear.h"
#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/task/task.h"

namespace lmkor::audit {

struct AuditOptions {
  int64_t folds = 5;
  int64_t epochs = 10;
  double near_copy = 0.8;
  int64_t findings = 100000;

  void fields(config::Fields& f);
};

struct AuditJob {
  const task::Task& task;
  std::filesystem::path data;         // folder of the task
  std::vector<std::string> corpus{};  // files or folders of raw text to look for the examples in
  // A pretrained model, or empty. One that was fine-tuned on these labels knows the wrong ones by heart.
  std::filesystem::path model{};
  std::string device = "cpu";
  AuditOptions options{};
  uint64_t seed = 1;
  int threads = 1;
};

// One thing to look at.
struct Finding {
  std::string kind;  // label_error, ambiguous, contradiction, duplicate, near_duplicate, leakage
  std::string split, id;
  uint64_t row = 0;  // 1: the first data row of its file
  double score = 0;  // higher is worse, within its kind
  std::string given, suggested, text;
};

struct Audit {
  std::vector<Finding> findings;  // by kind, worst first; at most `findings` of each kind
  base::Json summary;             // {FIGURE: {"value", "interval", "definition"}}
};
// Throws kNotFound, kData, kInterrupted.
Audit audit(const AuditJob& job);

// audit.json, issues.tsv and report.html in `output`.
void write_audit(const Audit& found, const AuditJob& job, const std::filesystem::path& output);

}  // namespace lmkor::audit
