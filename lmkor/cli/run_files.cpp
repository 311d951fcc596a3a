// run.toml and run.json: what made an artefact, beside every artefact.
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/cli/command.h"

namespace lmkor::cli {

namespace fs = std::filesystem;

namespace {

// Now, or the time that SOURCE_DATE_EPOCH asks for, as ISO 8601 in UTC.
std::string timestamp() {
  std::time_t now = std::time(nullptr);
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH")) now = std::strtoll(epoch, nullptr, 10);
  char text[32];
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

base::Json parent_facts(const fs::path& parent) {
  base::Json facts = {{"path", parent.string()}};
  for (const char* name : {"run.json", "manifest.json", "vocab.txt", "model.safetensors"}) {
    if (fs::is_regular_file(parent / name)) facts["sha256"][name] = base::sha256_file(parent / name);
  }
  return facts;
}

}  // namespace

void Invocation::write_run_files(const fs::path& dir, const std::vector<fs::path>& inputs,
                                 const std::vector<fs::path>& parents, const base::Json& extra) const {
  const std::string settings = settings_toml();
  base::write_file_atomic(dir / "run.toml", settings);
  base::Json run = {
      {"command", std::string(command_.name)},
      {"version", base::kVersion},
      {"commit", base::kCommit},
      {"compiler", base::kCompiler},
      {"build", base::kBuildType},
      {"device", common.device},
      {"world_size", 1},
      {"threads", threads()},
      {"argv", argv_},
      {"time", timestamp()},
      {"settings_sha256", base::sha256(settings)},
      {"inputs", base::Json::array()},
      {"parents", base::Json::array()},
  };
  if (facts_.is_object()) run.update(facts_);
  for (const fs::path& input : inputs) {
    if (input == "-") continue;
    run["inputs"].push_back(
        {{"path", input.string()}, {"bytes", fs::file_size(input)}, {"sha256", base::sha256_file(input)}});
  }
  for (const fs::path& parent : parents) run["parents"].push_back(parent_facts(parent));
  if (extra.is_object()) run.update(extra);
  base::write_json(dir / "run.json", run);
}

}  // namespace lmkor::cli
