#include "lmkor/corpus/journal.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

static_assert(std::endian::native == std::endian::little, "hashes are stored as they lie in memory");

namespace {

constexpr std::string_view kState = "state";
constexpr std::string_view kTemporary = ".tmp-";
constexpr std::string_view kInStages = "in-stages";
// state/ is renamed to this before it is deleted, so that half a journal is never taken for a whole one.
constexpr std::string_view kOldState = ".state-done";

std::string numbered(size_t part) {
  std::string digits = std::to_string(part);
  return std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

fs::path hashes_path(const fs::path& dir, size_t part) { return dir / str("hashes-", numbered(part), ".bin"); }

// The files in `dir` whose name holds `piece`.
void remove_named(const fs::path& dir, std::string_view piece) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(dir, error)) {
    if (entry.path().filename().string().find(piece) != std::string::npos) fs::remove(entry.path(), error);
  }
}

// The first setting or input in which two plans differ, as text.
std::string difference(const Json& before, const Json& now) {
  const Json empty = Json::object();
  const Json& old_settings = before.contains("settings") ? before["settings"] : empty;
  for (const auto& [name, value] : now["settings"].items()) {
    if (!old_settings.contains(name)) return str(name, " = ", value.dump(), ", which it had not");
    if (old_settings[name] != value)
      return str(name, " = ", value.dump(), ", before it was ", old_settings[name].dump());
  }
  const Json& old_files = before.contains("files") ? before["files"] : empty;
  for (const auto& [path, sha256] : now["files"].items()) {
    if (old_files.contains(path) && old_files[path] != sha256) return str(path, " with other content than before");
  }
  return "other input files";
}

// Without what decides no byte of the parts: times of change where a hash is known, and the bound that a user raises
// after it was hit.
Json comparable(Json plan) {
  plan["settings"].erase("max_bad_share");
  for (Json& input : plan["inputs"]) {
    if (input.contains("sha256")) input.erase("changed");
  }
  return plan;
}

}  // namespace

bool Journal::exists(const fs::path& output) {
  std::error_code error;
  return fs::exists(output / kState, error);
}

Json read_plan(const fs::path& output) {
  const fs::path path = output / kState / "plan.json";
  std::error_code error;
  return fs::exists(path, error) ? base::read_json(path) : Json();
}

Journal::Journal(const fs::path& output, const Json& plan, const Shard& shard)
    : output_(output), dir_(output / kState) {
  base::make_directories(dir_);
  const fs::path lock = dir_ / (shard.count == 1 ? "lock" : str("lock-", shard.index, "-of-", shard.count));
  lock_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock_ < 0) {
    throw base::Error(base::ErrorKind::kOutput, str(lock.string(), ": cannot create: ", std::strerror(errno)));
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock_);
    throw base::Error(base::ErrorKind::kOutput,
                      str(output.string(), ": another lmkor is writing here; wait for it or choose another --output"));
  }
  // The first shard alone writes outside state/.
  if (shard.index == 0) {
    for (const fs::path& dir : {output, output / "removed"}) remove_named(dir, kTemporary);
  }
  if (shard.count == 1) {
    remove_rest(output);
    remove_named(dir_, kTemporary);
  }
  const Json before = read_plan(output);
  if (before.is_null()) {
    try {
      base::write_json(dir_ / "plan.json", plan);
    } catch (...) {
      abandon_if_empty();
      ::close(lock_);
      throw;
    }
    base::sync_directory(dir_);
    return;
  }
  if (comparable(before) != comparable(plan)) {
    ::close(lock_);
    throw base::Error(base::ErrorKind::kIncompatible,
                      str(output.string(), ": holds an unfinished corpus of another kind: got ",
                          difference(comparable(before), comparable(plan)),
                          "; run the command that began it, choose another --output, or add --force to begin anew"));
  }
  const fs::path progress = dir_ / "progress.json";
  if (!fs::exists(progress)) return;
  const Json json = base::read_json(progress);
  position_.parts = base::json_get<size_t>(json, "parts", progress.string());
  position_.file = base::json_get<size_t>(json, "file", progress.string());
  position_.batches = base::json_get<size_t>(json, "batches", progress.string());
  position_.total = base::json_get<Json>(json, "total", progress.string());
  position_.unit = base::json_get<Json>(json, "unit", progress.string());
}

Journal::~Journal() {
  if (lock_ >= 0) ::close(lock_);
}

std::vector<base::Hash128> Journal::hashes(size_t part) const {
  const base::MappedFile file(hashes_path(dir_, part));
  std::vector<base::Hash128> out(file.bytes().size() / sizeof(base::Hash128));
  std::memcpy(static_cast<void*>(out.data()), file.bytes().data(), out.size() * sizeof(base::Hash128));
  return out;
}

void Journal::commit(Position position, const std::vector<base::Hash128>& hashes) {
  base::write_file_atomic(hashes_path(dir_, position.parts - 1),
                          {reinterpret_cast<const char*>(hashes.data()), hashes.size() * sizeof(base::Hash128)});
  for (const fs::path& dir : {output_, output_ / "removed", dir_}) base::sync_directory(dir);
  base::write_json(dir_ / "progress.json", {{"parts", position.parts},
                                            {"file", position.file},
                                            {"batches", position.batches},
                                            {"total", position.total},
                                            {"unit", position.unit}});
  base::sync_directory(dir_);
  position_ = std::move(position);
}

bool Journal::in_stages() const {
  std::error_code error;
  return fs::exists(dir_ / kInStages, error);
}

void Journal::go_in_stages() {
  base::write_file_atomic(dir_ / kInStages, "");
  base::sync_directory(dir_);
  std::error_code error;
  fs::remove(dir_ / "progress.json", error);
  for (size_t part = 0; part <= position_.parts; ++part) {
    for (const fs::path& dir : {output_, output_ / "removed"})
      remove_named(dir, str("-", numbered(part), ".jsonl.zst"));
    fs::remove(hashes_path(dir_, part), error);
  }
  position_ = {};
}

void Journal::abandon_if_empty() {
  if (position_.parts > 0 || in_stages()) return;
  std::error_code error;
  // The first part may be there without its entry in the journal.
  for (const fs::path& dir : {output_, output_ / "removed"}) remove_named(dir, str("-", numbered(0), ".jsonl.zst"));
  fs::remove_all(dir_, error);
  // These stay if they hold anything.
  fs::remove(output_ / "removed", error);
  fs::remove(output_, error);
}

void Journal::remove(const fs::path& output) {
  if (exists(output)) base::rename_path(output / kState, output / kOldState);
  remove_rest(output);
}

bool Journal::remove_rest(const fs::path& output) {
  std::error_code error;
  if (!fs::exists(output / kOldState, error)) return false;
  fs::remove_all(output / kOldState, error);
  return !exists(output);
}

Json describe_inputs(const std::vector<fs::path>& files, const Json& before, int threads, bool hash) {
  std::vector<Json> rows(files.size());
  base::parallel_for(files.size(), threads, [&](size_t i) {
    Json& row = rows[i];
    row = {{"path", files[i].string()}};
    if (files[i] == "-") return;
    struct stat status {};
    if (::stat(files[i].c_str(), &status) != 0) {
      throw base::Error(base::ErrorKind::kNotFound, str(files[i].string(), ": cannot read: ", std::strerror(errno)));
    }
    row["bytes"] = static_cast<uint64_t>(status.st_size);
    row["changed"] = str(status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec);
    if (!hash) return;
    if (before.is_array() && i < before.size()) {
      Json old = before[i];
      const Json sha = old.contains("sha256") ? old["sha256"] : Json();
      old.erase("sha256");
      if (old == row && sha.is_string()) {
        row["sha256"] = sha;
        return;
      }
    }
    row["sha256"] = base::sha256_file(files[i]);
  });
  return Json(rows);
}

}  // namespace lmkor::corpus
