#include "lmkor/cli/descendants.h"

#include <algorithm>

#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;

namespace {

struct Run {
  fs::path dir;
  std::string command;
  std::vector<fs::path> from;       // parents and inputs, as absolute paths
  std::vector<std::string> hashes;  // of its parents' files and its inputs
  bool taken = false;
};

// Paths in run.json are as they were typed: beside the working folder then, which may have been any above the artefact.
std::vector<fs::path> possible_paths(const fs::path& typed, const fs::path& dir) {
  std::vector<fs::path> out = {fs::weakly_canonical(typed)};
  if (typed.is_absolute()) return out;
  for (fs::path above = dir; above.has_relative_path(); above = above.parent_path()) {
    std::error_code ignored;
    if (fs::exists(above / typed, ignored)) out.push_back(fs::weakly_canonical(above / typed));
  }
  return out;
}

Run read_run(const fs::path& dir) {
  Run run{fs::weakly_canonical(dir), "", {}, {}};
  const Json json = base::read_json(dir / "run.json");
  run.command = json.value("command", "");
  const auto add = [&](const Json& rows) {
    for (const Json& row : rows) {
      const std::vector<fs::path> paths = possible_paths(row.value("path", ""), run.dir);
      run.from.insert(run.from.end(), paths.begin(), paths.end());
      const Json hashes = row.value("sha256", Json());
      if (hashes.is_string()) run.hashes.push_back(hashes.get<std::string>());
      if (!hashes.is_object()) continue;
      for (const auto& [name, hash] : hashes.items()) {
        if (hash.is_string()) run.hashes.push_back(hash.get<std::string>());
      }
    }
  };
  add(json.value("parents", Json::array()));
  add(json.value("inputs", Json::array()));
  return run;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

std::vector<Descendant> find_descendants(const fs::path& artefact, const std::set<std::string>& hashes,
                                         const std::vector<fs::path>& folders) {
  const fs::path root = fs::weakly_canonical(artefact);
  std::vector<Run> runs;
  std::set<fs::path> seen = {root};
  for (const fs::path& folder : folders) {
    auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied);
    for (; entry != fs::recursive_directory_iterator(); ++entry) {
      const bool hidden = entry->path().filename().string().starts_with('.');
      if (hidden && entry->is_directory()) entry.disable_recursion_pending();
      if (hidden || entry->path().filename() != "run.json") continue;
      const fs::path dir = fs::weakly_canonical(entry->path().parent_path());
      if (seen.insert(dir).second) runs.push_back(read_run(dir));
    }
  }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.dir < b.dir; });

  std::vector<Descendant> out;
  struct Ancestor {
    fs::path dir;
    std::set<std::string> hashes;
  };
  std::vector<Ancestor> ancestors = {{root, hashes}};
  for (size_t next = 0; next < ancestors.size(); ++next) {
    for (Run& run : runs) {
      const Ancestor& ancestor = ancestors[next];
      const bool by_path = std::any_of(run.from.begin(), run.from.end(),
                                       [&](const fs::path& path) { return lies_in(path, ancestor.dir); });
      const bool by_hash = std::any_of(run.hashes.begin(), run.hashes.end(),
                                       [&](const std::string& hash) { return ancestor.hashes.contains(hash); });
      if (run.taken || !(by_path || by_hash)) continue;
      run.taken = true;
      out.push_back({run.dir, run.command, ancestor.dir});
      Ancestor grown{run.dir, {}};
      for (const char* name : {"run.json", "manifest.json"}) {
        if (fs::is_regular_file(run.dir / name)) grown.hashes.insert(base::sha256_file(run.dir / name));
      }
      ancestors.push_back(std::move(grown));
    }
  }
  return out;
}

}  // namespace lmkor::cli
