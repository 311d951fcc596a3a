#include "lmkor/corpus/stages.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/boilerplate.h"
#include "lmkor/corpus/near.h"
#include "lmkor/corpus/repeat.h"
#include "lmkor/corpus/survey.h"
#include "lmkor/corpus/write_unit.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

enum class Over { kUnits, kBuckets, kOne };

struct StageRow {
  std::string_view name;
  Over over;
  bool (*wanted)(const BuildOptions& options);
  void (*run)(const Work& work, size_t task, const fs::path& folder);
  std::string_view must_hold;  // a file of each finished task
};

// In order; a stage reads only what stands above it.
constexpr bool wants_boilerplate(const BuildOptions& o) { return o.filter.boilerplate_documents > 0; }
constexpr StageRow kStages[] = {
    {"lines", Over::kUnits, wants_boilerplate, lines_unit, "sources.json"},
    {"boilerplate", Over::kBuckets, wants_boilerplate, boilerplate_bucket, "keys"},
    {"survey", Over::kUnits, [](const BuildOptions& o) { return o.dedup.any(); }, survey_unit, "table"},
    {"pair", Over::kBuckets, [](const BuildOptions& o) { return o.dedup.hashes_documents(); }, pair_bucket, "repeats"},
    {"shingle", Over::kUnits, [](const BuildOptions& o) { return o.dedup.near; }, shingle_unit, "shingles"},
    {"verify", Over::kBuckets, [](const BuildOptions& o) { return o.dedup.near; }, verify_bucket, "edges"},
    {"cluster", Over::kOne, [](const BuildOptions& o) { return o.dedup.hashes_documents(); }, cluster, "ranges"},
    {"repeat", Over::kBuckets, [](const BuildOptions& o) { return o.dedup.exact; }, repeat_bucket, "drops"},
    {"words", Over::kBuckets, [](const BuildOptions& o) { return o.dedup.repeated_words > 0; }, words_bucket, "drops"},
    {"write", Over::kUnits, [](const BuildOptions&) { return true; }, write_unit, "tally.json"},
};

// In each finished task's folder: how long it took.
constexpr const char* kSeconds = "seconds.json";
constexpr int kMostRepairs = 3;  // of one task; what breaks again is no accident

size_t task_count(const StageRow& stage, const Work& work) {
  switch (stage.over) {
    case Over::kUnits:
      return work.units.size();
    case Over::kBuckets:
      return work.buckets;
    case Over::kOne:
      return 1;
  }
  return 0;
}

bool is_done(const StageRow& stage, const Work& work, size_t task) {
  std::error_code error;
  return fs::exists(work.task(stage.name, task) / stage.must_hold, error);
}

std::vector<size_t> missing_tasks(const StageRow& stage, const Work& work) {
  std::vector<size_t> out;
  for (size_t task = 0; task < task_count(stage, work); ++task) {
    if (!is_done(stage, work, task)) out.push_back(task);
  }
  return out;
}

void run_task(const StageRow& stage, const Work& work, size_t task, int repairs = 0);

// Does again the task whose folder holds `broken`.
void repair(const Work& work, const BrokenFile& broken, int repairs) {
  const fs::path folder = broken.path().parent_path();
  for (const StageRow& stage : kStages) {
    if (folder.parent_path() != work.dir / stage.name || repairs >= kMostRepairs) continue;
    const size_t task = std::stoul(folder.filename().string());
    base::log_warning(str(broken.message(), "; it is made again"));
    // Aside first: a folder under its name is whole.
    const fs::path aside = str(folder.string(), ".broken-", ::getpid());
    std::error_code error;
    fs::rename(folder, aside, error);
    fs::remove_all(aside, error);
    return run_task(stage, work, task, repairs + 1);
  }
  throw broken;
}

void run_task(const StageRow& stage, const Work& work, size_t task, int repairs) {
  const fs::path folder = work.task(stage.name, task);
  static std::atomic<uint64_t> number{0};  // two threads may repair the same task
  const fs::path temporary = str(folder.string(), ".tmp-", ::getpid(), "-", number++);
  std::error_code error;
  while (true) {
    fs::remove_all(temporary, error);
    base::make_directories(temporary);
    try {
      const base::Stopwatch clock;
      stage.run(work, task, temporary);
      base::write_json(temporary / kSeconds, clock.seconds());
      break;
    } catch (const BrokenFile& broken) {
      repair(work, broken, repairs);
      ++repairs;
    } catch (...) {
      fs::remove_all(temporary, error);
      throw;
    }
  }
  base::sync_directory(temporary);
  fs::remove_all(folder, error);  // one that lacks files
  fs::rename(temporary, folder, error);
  if (error && !is_done(stage, work, task)) base::rename_path(temporary, folder);
  fs::remove_all(temporary, error);
  base::sync_directory(folder.parent_path());
}

void run_mine(const StageRow& stage, const Work& work, const Shard& shard) {
  std::vector<size_t> mine;
  for (const size_t task : missing_tasks(stage, work)) {
    if (task % shard.count == shard.index) mine.push_back(task);
  }
  if (mine.empty()) return;
  base::make_directories(work.dir / stage.name);
  base::Progress progress(std::string(stage.name), "tasks", mine.size());
  // Units use all threads themselves; buckets are many and small.
  const int threads = stage.over == Over::kBuckets ? work.threads : 1;
  const size_t at_once = static_cast<size_t>(threads);
  for (size_t begin = 0; begin < mine.size(); begin += at_once) {
    base::check_interrupt();
    const size_t end = std::min(mine.size(), begin + at_once);
    base::parallel_for(end - begin, threads, [&](size_t i) { run_task(stage, work, mine[begin + i]); });
    progress.update(end);
  }
}

std::string list(const std::vector<size_t>& tasks, const Shard& shard) {
  std::vector<size_t> shards;
  for (const size_t task : tasks) {
    if (std::find(shards.begin(), shards.end(), task % shard.count) == shards.end())
      shards.push_back(task % shard.count);
  }
  std::sort(shards.begin(), shards.end());
  return base::join(shards, ", ");
}

void wait_for_others(const StageRow& stage, const Work& work, const Shard& shard) {
  using namespace std::chrono_literals;
  auto pause = 20ms;
  bool told = false;
  for (auto missing = missing_tasks(stage, work); !missing.empty(); missing = missing_tasks(stage, work)) {
    base::check_interrupt();
    // A task of ours that another shard found broken and took away.
    if (std::any_of(missing.begin(), missing.end(), [&](size_t task) { return task % shard.count == shard.index; })) {
      run_mine(stage, work, shard);
      continue;
    }
    if (!told && pause > 500ms) {
      base::log_info(str("stage ", stage.name, ": waiting for shard ", list(missing, shard), " of ", shard.count));
      told = true;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, 1000ms);
  }
}

}  // namespace

std::vector<std::string_view> stage_names() {
  std::vector<std::string_view> names;
  for (const StageRow& stage : kStages) names.push_back(stage.name);
  return names;
}

bool run_stages(const Work& work, const Shard& shard, std::string_view only) {
  const StageRow& last = kStages[std::size(kStages) - 1];
  for (const StageRow& stage : kStages) {
    if (!stage.wanted(work.options)) continue;
    if (only != "all" && only != stage.name) {
      const auto missing = missing_tasks(stage, work);
      if (missing.empty()) continue;
      throw base::Error(base::ErrorKind::kNotFound,
                        str(work.dir.string(), ": stage ", only, " needs stage ", stage.name, ", of which ",
                            missing.size(), " of ", task_count(stage, work), " tasks are not done; run --stage ",
                            stage.name, " on shard ", list(missing, shard), " of ", shard.count));
    }
    run_mine(stage, work, shard);
    if (only == stage.name) return false;
    if (&stage != &last || shard.index == 0) wait_for_others(stage, work, shard);
  }
  if (only != "all") {
    throw base::Error(base::ErrorKind::kConfig,
                      str("stage: got \"", only,
                          "\", which these settings do not ask for; it belongs to the settings "
                          "dedup.documents, dedup.near, dedup.exact, dedup.repeated_words or "
                          "filter.boilerplate_documents"));
  }
  return shard.index == 0;
}

Tally finish_stages(const Work& work, const fs::path& output, base::Json& inputs) {
  for (int repairs = 0;; ++repairs) {
    try {
      return gather_units(work, output, inputs);
    } catch (const BrokenFile& broken) {
      repair(work, broken, repairs);
    }
  }
}

std::vector<StageTime> stage_times(const Work& work) {
  std::vector<StageTime> times;
  for (const StageRow& stage : kStages) {
    if (!stage.wanted(work.options)) continue;
    StageTime time{std::string(stage.name), task_count(stage, work)};
    for (size_t task = 0; task < time.tasks; ++task) {
      const fs::path path = work.task(stage.name, task) / kSeconds;
      std::error_code error;
      if (fs::exists(path, error)) time.seconds += base::read_json(path).get<double>();
    }
    times.push_back(time);
  }
  return times;
}

}  // namespace lmkor::corpus
