#include "lmkor/corpus/pipeline.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/memory.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/stopwatch.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/boilerplate.h"
#include "lmkor/corpus/collector.h"
#include "lmkor/corpus/contamination_report.h"
#include "lmkor/corpus/data_card.h"
#include "lmkor/corpus/decide.h"
#include "lmkor/corpus/journal.h"
#include "lmkor/corpus/manifest.h"
#include "lmkor/corpus/refiner_pool.h"
#include "lmkor/corpus/stages.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

// A unit of stored input for so many bytes of a part: text packs by four and more.
constexpr int64_t kPartsOfUnit = 2;
// Stored bytes for each different sentence that there are at least; below it a build need not try to stream.
constexpr uint64_t kStoredBytesOfSentence = 150;
constexpr uint64_t kSlotBytes = 32;

// The inputs without what lies in the output itself, which may be inside an input folder.
std::vector<fs::path> list_build_inputs(const BuildOptions& options) {
  std::vector<fs::path> files = list_text_inputs(options.input);
  const std::string inside = (fs::weakly_canonical(options.output) / "").string();
  std::erase_if(files, [&](const fs::path& file) {
    return file != "-" && fs::weakly_canonical(file).string().starts_with(inside);
  });
  if (files.empty()) fail_without_files(options.input);
  return files;
}

std::vector<uint64_t> stored_bytes(const std::vector<fs::path>& files) {
  std::vector<uint64_t> out;
  for (const fs::path& file : files) out.push_back(file == "-" ? 0 : fs::file_size(file));
  return out;
}

// Where the folders of stages lie: under --temporary one for each output.
fs::path work_folder(const BuildOptions& options) {
  if (options.run.temporary.empty()) return fs::path(options.output) / "state";
  const std::string name = fs::weakly_canonical(options.output).string();
  return fs::path(options.run.temporary) / str("lmkor-", base::sha256(name).substr(0, 16));
}

// Passes over the batches that are done.
void skip(RecordStream& stream, size_t file, size_t batches) {
  RecordBatch batch;
  for (size_t i = 0; i < batches; ++i) {
    base::check_interrupt();
    if (!stream.next(batch) || batch.file != file) {
      throw base::Error(base::ErrorKind::kInternal, "the input ends before the place where the journal goes on");
    }
  }
}

struct Inputs {
  std::vector<fs::path> files;
  std::vector<Unit> units;
};

// One pass over all files. Nothing if the hashes outgrow `memory_bytes`.
std::optional<Tally> stream_build(const BuildOptions& options, const Inputs& inputs, Journal& journal,
                                  RefinerPool& refiners, uint64_t memory_bytes, int threads) {
  struct Outgrown {};
  Position position = journal.position();
  Tally total, unit;
  if (!position.total.is_null()) {
    total = Tally::from_json(position.total);
    unit = Tally::from_json(position.unit);
  }
  refiners.complete();
  SeenBefore seen(options.dedup);
  for (size_t part = 0; part < position.parts; ++part) {
    for (const base::Hash128& hash : journal.hashes(part)) seen.remember(hash);
  }
  base::make_directories(fs::path(options.output) / "removed");
  RecordStream stream(inputs.files, options.read, position.file);
  base::Progress progress("corpus", "bytes", stream.stored_total(), stream.stored_position());
  skip(stream, position.file, position.batches);
  Collector collector(options.output, position.parts, seen);
  const auto commit = [&] {
    collector.commit();
    position.parts = collector.parts();
    position.total = total.to_json();
    position.unit = unit.to_json();
    journal.commit(position, seen.take_new());
  };
  const auto unit_end = [&](size_t file) {
    const auto after = std::upper_bound(inputs.units.begin(), inputs.units.end(), file,
                                        [](size_t f, const Unit& u) { return f < u.first_file; });
    return std::prev(after)->first_file + std::prev(after)->files;
  };
  size_t end = unit_end(position.file);
  try {
    refine_stream(stream, refiners, threads, [&](RefinedBatch&& batch) {
      const size_t file = batch.file, number = batch.number;
      const uint64_t stored = batch.stored_position;
      if (file >= end) {
        if (collector.raw_bytes() > 0) commit();
        total += unit;
        unit = {};
        end = unit_end(file);
      }
      collector.take(std::move(batch), file, unit);
      if (seen.memory_bytes() > memory_bytes) throw Outgrown();
      position.file = file;
      position.batches = number + 1;
      if (collector.raw_bytes() >= static_cast<uint64_t>(options.part_bytes)) commit();
      progress.update(stored);
    });
  } catch (const Outgrown&) {
    return std::nullopt;
  }
  total += unit;
  total.read.check_share(options.read.max_bad_share, true);
  if (collector.raw_bytes() > 0) {
    unit = {};
    commit();
  }
  return total;
}

std::shared_ptr<const TaskExamples> read_examples(const BuildOptions& options) {
  return options.decontaminate.empty() ? nullptr : std::make_shared<const TaskExamples>(options.decontaminate);
}

// What must not be mixed in one folder.
Json make_plan(const BuildOptions& options, const Json& inputs, const TaskExamples* examples) {
  Json plan = {
      {"format", 3}, {"settings", settings_json(options)}, {"files", settings_files(options)}, {"inputs", inputs}};
  if (examples != nullptr) plan["settings"]["decontaminate_sha256"] = examples->sha256();
  return plan;
}

}  // namespace

BuildResult build(const BuildOptions& options, int threads) {
  const fs::path output(options.output);
  const Shard shard = options.run.resolve_shard();
  const uint64_t memory = base::parse_memory(options.run.memory);
  Inputs inputs{list_build_inputs(options), {}};
  const std::vector<uint64_t> bytes = stored_bytes(inputs.files);
  inputs.units = divide_inputs(bytes, static_cast<uint64_t>(std::max<int64_t>(options.part_bytes / kPartsOfUnit, 1)));
  const uint64_t total_bytes = std::accumulate(bytes.begin(), bytes.end(), uint64_t{0});
  const bool from_pipe = std::find(inputs.files.begin(), inputs.files.end(), "-") != inputs.files.end();
  bool in_stages = shard.count > 1 || options.run.stage != "all" || options.dedup.near ||
                   options.dedup.repeated_words > 0 || total_bytes / kStoredBytesOfSentence * kSlotBytes > memory;
  if (in_stages && from_pipe) {
    throw base::Error(
        base::ErrorKind::kUsage,
        "-: standard input can be read once, near duplicates and shards need more than one pass; write it "
        "to a file");
  }
  const std::shared_ptr<const TaskExamples> examples = read_examples(options);
  BuildResult result;
  const Json before = read_plan(output);
  // The journal cannot go on with standard input, which is gone.
  if (!before.is_null() && from_pipe) {
    throw base::Error(base::ErrorKind::kOutput,
                      str(output.string(),
                          ": holds an unfinished corpus, which cannot go on from standard input; add "
                          "--force to begin anew"));
  }
  // Hashes of what may be terabytes are left to the shards.
  result.inputs = describe_inputs(inputs.files, before.is_object() ? before["inputs"] : Json(), threads, !in_stages);
  const Json plan = make_plan(options, result.inputs, examples.get());
  Journal journal(output, plan, shard);
  result.resumed_parts = journal.position().parts;
  if (result.resumed_parts > 0) base::log_info(str("going on after part ", result.resumed_parts));
  try {
    const RefineOptions refine{options.clean,    options.filter,        options.dedup,
                               options.category, options.contamination, examples};
    const Work* stages = nullptr;
    RefinerPool refiners(refine, make_refine_tables(refine), [&](RefineTables& tables) {
      const int64_t documents = options.filter.boilerplate_documents;
      if (documents == 0) return;
      tables.boilerplate = stages != nullptr
                               ? read_boilerplate(*stages)
                               : find_boilerplate(inputs.files, options.read, options.clean, documents, threads);
    });
    in_stages = in_stages || journal.in_stages();
    if (!in_stages) {
      const base::Stopwatch clock;
      std::optional<Tally> tally = stream_build(options, inputs, journal, refiners, memory, threads);
      if (tally) {
        if (result.resumed_parts == 0) result.times = {{"one pass", 1, clock.seconds()}};
        result.tally = std::move(*tally);
      } else if (from_pipe) {
        throw base::Error(
            base::ErrorKind::kUsage,
            str("-: more different sentences than --memory holds (", base::human_bytes(static_cast<double>(memory)),
                "), and standard input can be read once; write it to a file or raise --memory"));
      } else {
        base::log_info("more different sentences than --memory holds: going on in stages");
        in_stages = true;
      }
    }
    if (in_stages) {
      if (!journal.in_stages()) journal.go_in_stages();
      const Work work{options, inputs.files, inputs.units, bucket_count(bytes), work_folder(options),
                      memory,  threads,      refiners};
      stages = &work;
      base::make_directories(output / "removed");
      base::make_directories(work.dir);
      result.complete = run_stages(work, shard, options.run.stage);
      if (!result.complete) return result;
      result.tally = finish_stages(work, output, result.inputs);
      result.times = stage_times(work);
    }
    if (result.tally.read.documents + result.tally.read.bad_records == 0) fail_without_records(inputs.files);
  } catch (...) {
    journal.abandon_if_empty();
    throw;
  }
  result.manifest = make_manifest(result.tally, result.inputs, settings_json(options));
  result.manifest["settings_files"] = plan["files"];
  if (examples) {
    result.manifest["contamination"] = contamination_json(result.tally, *examples);
    write_contamination(result.tally, *examples, output / "contamination.jsonl");
  }
  base::write_json(output / "manifest.json", result.manifest);
  write_report(result.tally, output / "report.html", examples.get(), result.times);
  write_data_card(result.manifest, output / "README.md");
  return result;
}

void finish(const BuildOptions& options) {
  Journal::remove(options.output);
  std::error_code error;
  if (!options.run.temporary.empty()) fs::remove_all(work_folder(options), error);
}

}  // namespace lmkor::corpus
