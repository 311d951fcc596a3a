// lmkor corpus build: raw text to a cleaned corpus. Goes on where it was stopped.
#include <filesystem>

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
              "\n", (output / "report.html").string(), "\n");
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
  if (corpus::Journal::remove_rest(output) && !call.common.force &&
      base::read_json(output / "manifest.json").at("settings") == corpus::settings_json(options)) {
    call.result(result_object(base::read_json(output / "manifest.json"), output, 0), "finished already\n");
    return 0;
  }
  if (call.common.force || !corpus::Journal::exists(output)) call.claim_output(output);
  const base::Stopwatch clock;
  const corpus::BuildResult result = corpus::build(options, call.threads());
  const double seconds = clock.seconds();
  base::Json inputs = result.inputs;
  for (base::Json& input : inputs) input.erase("changed");
  std::vector<fs::path> parents;
  if (!options.category.categories.empty()) parents.emplace_back(options.category.categories);
  call.write_run_files(output, {}, parents,
                       {{"inputs", inputs}, {"seconds", seconds}, {"resumed_parts", result.resumed_parts}});
  call.result(result_object(result.manifest, output, seconds), summary(result, output, seconds));
  corpus::finish(output);
  return 0;
}

}  // namespace lmkor::cli
