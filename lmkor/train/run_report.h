// report.html of a pretraining run.
#pragma once

#include <filesystem>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/data/batch_stats.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/trainer.h"

namespace lmkor::train {

// What the report is made of: the job, the lines of metrics.jsonl and the run's result.
void write_run_report(const std::filesystem::path& path, const PretrainJob& job, const std::vector<base::Json>& lines,
                      const base::Json& result);

// Masking, lengths and padding of the first `batches` steps as JSON (data::BatchStats).
base::Json batch_statistics(const Corpus& corpus, const Loader& loader, int64_t sequence_length, uint64_t batches);

}  // namespace lmkor::train
