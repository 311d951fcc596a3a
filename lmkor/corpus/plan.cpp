#include "lmkor/corpus/plan.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/base/memory.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/stages.h"

namespace lmkor::corpus {

using base::str;

namespace {

// Of stored text for each bucket: at five times as much text and a record for every 20 bytes of it, 100 MB of records.
constexpr uint64_t kBucketBytes = 32 << 20;
constexpr size_t kMaxBuckets = 4096;

std::optional<size_t> number(std::string_view text) {
  size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<size_t> variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : number(value);
}

std::optional<Shard> parse_shard(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto index = number(text.substr(0, slash)), count = number(text.substr(slash + 1));
  if (!index || !count || *index >= *count) return std::nullopt;
  return Shard{*index, *count};
}

// Variables that launchers set for each process: its number, how many there are, and the first number.
constexpr struct Launcher {
  const char *index, *count, *first;
} kLaunchers[] = {{"RANK", "WORLD_SIZE", nullptr},
                  {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"},
                  {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", nullptr}};

}  // namespace

void RunOptions::fields(config::Fields& f) {
  f.add(
      "memory", memory,
      "memory for what repeats are found by, as in 2GB; more goes to disk, empty: half of the machine's; the result is "
      "the same");
  f.add("temporary", temporary, "folder for working files instead of OUTPUT/state, shared by all machines");
  f.add(
      "shard", shard,
      "I/N: this process is number I, from 0, of N that work on the same --output; by itself under torchrun and Slurm");
  std::vector<std::string> names = {"all"};
  for (const std::string_view name : stage_names()) names.emplace_back(name);
  f.add("stage", stage, "run one stage alone, this shard's part of it", config::one_of(names));
}

void RunOptions::check(config::Faults& faults) const {
  if (!shard.empty() && !parse_shard(shard)) {
    faults.add(str("shard: got \"", shard, "\", expected I/N with I from 0 to N - 1, such as 0/4"));
  }
}

Shard RunOptions::resolve_shard() const {
  if (!shard.empty()) return *parse_shard(shard);
  for (const Launcher& launcher : kLaunchers) {
    const auto index = variable(launcher.index), count = variable(launcher.count);
    if (!index || !count || *count < 2) continue;
    const size_t first = launcher.first == nullptr ? 0 : variable(launcher.first).value_or(0);
    if (*index < first || *index - first >= *count) {
      throw base::Error(base::ErrorKind::kConfig, str(launcher.index, "=", *index, " and ", launcher.count, "=", *count,
                                                      ": got a shard out of range, expected numbers from ", first,
                                                      " to ", first + *count - 1, " without gaps; say --shard I/N"));
    }
    return {*index - first, *count};
  }
  return {};
}

std::vector<Unit> divide_inputs(const std::vector<uint64_t>& file_bytes, uint64_t unit_bytes) {
  std::vector<Unit> units;
  uint64_t bytes = 0;
  for (size_t i = 0; i < file_bytes.size(); ++i) {
    if (units.empty() || bytes >= unit_bytes) {
      units.push_back({i, 0});
      bytes = 0;
    }
    ++units.back().files;
    bytes += file_bytes[i];
  }
  return units;
}

size_t bucket_count(const std::vector<uint64_t>& file_bytes) {
  const uint64_t total = std::accumulate(file_bytes.begin(), file_bytes.end(), uint64_t{0});
  return std::clamp<size_t>(total / kBucketBytes, 1, kMaxBuckets);
}

}  // namespace lmkor::corpus
