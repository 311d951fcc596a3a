// lmkor corpus build: raw text to a cleaned corpus. Goes on where it was stopped.
#include <algorithm>
#include <filesystem>

#include "lmkor/base/error.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/journal.h"
#include "lmkor/corpus/manifest.h"
#include "lmkor/corpus/pipeline.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

std::string summary(const corpus::BuildResult& result, const fs::path& output, double seconds) {
  const corpus::Funnel& funnel = result.tally.total;
  std::string text = str(base::grouped(funnel.in.documents), " documents, ",
                         base::human_bytes(static_cast<double>(funnel.in.bytes)), " read\n");
  for (size_t i = 0; i < corpus::kReasonCount; ++i) {
    const corpus::Amount& amount = funnel.removed[i];
    if (amount.documents == 0 && amount.bytes == 0) continue;
    const corpus::ReasonInfo& info = corpus::reasons()[i];
    std::string left = str("  ", corpus::kStageNames[info.stage], ": ", info.name);
    left.append(left.size() < 24 ? 24 - left.size() : 1, ' ');
    text += str(left, "-", base::grouped(amount.documents), " documents, -",
                base::human_bytes(static_cast<double>(amount.bytes)), "\n");
  }
  text += str(base::grouped(funnel.out().documents), " documents, ",
              base::human_bytes(static_cast<double>(funnel.out().bytes)), " left, in ", base::human_seconds(seconds),
              ", ", base::human_bytes(static_cast<double>(funnel.in.bytes) / std::max(seconds, 1e-3)), "/s\n",
              (output / "report.html").string(), "\n");
  const uint64_t broken = result.tally.read.bad_records + result.tally.read.repaired_records;
  if (broken > 0) text += str(base::grouped(static_cast<long long>(broken)), " broken records: see the report\n");
  return text;
}

base::Json result_object(const base::Json& manifest, const fs::path& output, double seconds) {
  base::Json object = {{"output", output.string()}, {"seconds", seconds}};
  for (const char* key : {"documents", "sentences", "bytes", "stages", "read"}) object[key] = manifest.at(key);
  return object;
}

}  // namespace

int run_corpus_build(Invocation& call) {
  corpus::BuildOptions options;
  if (!call.parse(options)) return 0;
  const fs::path output(options.output);
  // A build that was killed after its last byte is done: the same command says so.
  if (corpus::Journal::remove_rest(output) && !call.common.force) {
    const base::Json manifest = base::read_json(output / "manifest.json");
    if (manifest.at("settings") == corpus::settings_json(options) &&
        manifest.at("settings_files") == corpus::settings_files(options)) {
      call.result(result_object(manifest, output, 0), "finished already\n");
      return 0;
    }
  }
  const corpus::Shard shard = options.run.resolve_shard();
  if (shard.count == 1) {
    if (call.common.force || !corpus::Journal::exists(output)) call.claim_output(output);
  } else if (call.common.force) {
    throw base::Error(base::ErrorKind::kUsage,
                      "--force: would take away what other shards write; delete the folder first");
  } else if (!corpus::Journal::exists(output) && std::filesystem::exists(output / "manifest.json")) {
    call.result({{"output", output.string()}, {"complete", true}}, "finished already\n");
    return 0;
  }
  const base::Stopwatch clock;
  const corpus::BuildResult result = corpus::build(options, call.threads());
  const double seconds = clock.seconds();
  if (!result.complete) {
    call.result({{"output", output.string()}, {"complete", false}, {"shard", shard.index}, {"shards", shard.count}},
                str("shard ", shard.index, " of ", shard.count, ": done\n"));
    return 0;
  }
  base::Json inputs = result.inputs;
  for (base::Json& input : inputs) input.erase("changed");
  base::Json times = base::Json::object();
  for (const corpus::StageTime& time : result.times) times[time.name] = time.seconds;
  std::vector<fs::path> parents;
  if (!options.category.categories.empty()) parents.emplace_back(options.category.categories);
  call.write_run_files(
      output, {}, parents,
      {{"inputs", inputs},
       {"seconds", seconds},
       {"stage_seconds", times},
       {"bytes_per_second", static_cast<double>(result.tally.total.in.bytes) / std::max(seconds, 1e-3)},
       {"resumed_parts", result.resumed_parts}});
  call.result(result_object(result.manifest, output, seconds), summary(result, output, seconds));
  corpus::finish(options);
  return 0;
}

}  // namespace lmkor::cli
