#include "lmkor/corpus/pipeline.h"

#include <algorithm>
#include <bit>
#include <map>
#include <mutex>
#include <optional>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/corpus_report.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/journal.h"
#include "lmkor/corpus/manifest.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

std::string part_name(std::string_view stem, size_t part) {
  const std::string digits = std::to_string(part);
  return str(stem, "-", std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0'), digits, ".jsonl.zst");
}

// The files of one part; nothing of it is left unless commit() is reached.
class PartWriter {
 public:
  PartWriter(const fs::path& output, size_t part)
      : output_(output), part_(part), docs_(output / part_name("docs", part)) {}
  void add_document(std::string_view record) { docs_.write(record); }
  void add_removed(Reason reason, std::string_view records) {
    if (records.empty()) return;
    auto& file = removed_[reason];
    if (!file) file.emplace(output_ / "removed" / part_name(reasons()[reason].name, part_));
    file->write(records);
  }
  void commit() {
    docs_.commit();
    for (auto& file : removed_) {
      if (file) file->commit();
    }
  }

 private:
  fs::path output_;
  size_t part_;
  base::OutputFile docs_;
  std::array<std::optional<base::OutputFile>, kReasonCount> removed_;
};

// Takes refined batches in order: finds repeats, counts, writes parts.
class Collector {
 public:
  Collector(const BuildOptions& options, Journal& journal, size_t files, const RecordStream& stream)
      : options_(options),
        journal_(journal),
        position_(journal.position()),
        progress_("corpus", "bytes", stream.stored_total(), stream.stored_position()) {
    if (!position_.tally.is_null()) tally_ = Tally::from_json(position_.tally);
    tally_.records_of_input.resize(files);
    for (size_t part = 0; part < position_.parts; ++part) {
      for (const base::Hash128& hash : journal.hashes(part)) seen_.insert(hash);
    }
  }

  void take(RefinedBatch&& batch) {
    base::check_interrupt();
    if (!part_) part_.emplace(options_.output, position_.parts);
    tally_.records_of_input[batch.file] += batch.records;
    tally_.read.merge(batch.read);
    tally_.read.check_share(batch.max_bad_share, false);
    for (RefinedDocument& document : batch.documents) take_document(document);
    for (size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = static_cast<Reason>(i);
      part_->add_removed(reason, batch.removed[reason]);
      for (uint64_t n = 0; n < batch.removed_records[reason]; ++n) {
        const auto& texts = batch.removed_text[reason];
        tally_.add_removed(reason, texts[std::min<size_t>(n, texts.size() - 1)]);
      }
    }
    for (const auto& [c, count] : batch.deleted) tally_.deleted[c] += count;
    for (const auto& [name, count] : batch.details) tally_.details[name] += count;
    position_.file = batch.file;
    position_.batches = batch.number + 1;
    part_raw_bytes_ += batch.raw_bytes;
    progress_.update(batch.stored_position);
    if (part_raw_bytes_ >= static_cast<uint64_t>(options_.part_bytes)) commit();
  }

  Tally finish() {
    tally_.read.check_share(options_.read.max_bad_share, true);
    if (part_) commit();
    progress_.finish();
    return std::move(tally_);
  }

 private:
  void take_document(RefinedDocument& refined) {
    if (options_.dedup.exact && !refined.pieces.empty()) remove_repeats(refined);
    if (!refined.record.empty()) {
      part_->add_document(refined.record);
      const int power = std::bit_width(std::max<uint64_t>(refined.characters, 1)) - 1;
      ++tally_.lengths[std::min(static_cast<size_t>(power), tally_.lengths.size() - 1)];
    }
    tally_.total += refined.funnel;
    tally_.group(refined.document.source, refined.document.category) += refined.funnel;
  }

  void remove_repeats(RefinedDocument& refined) {
    for (const Piece& piece : refined.pieces) seen_.prefetch(piece.hash);
    repeated_.assign(refined.pieces.size(), false);
    int64_t count = 0, bytes = 0;
    const std::string& text = refined.document.text;
    for (size_t i = 0; i < refined.pieces.size(); ++i) {
      const Piece& piece = refined.pieces[i];
      if (seen_.insert(piece.hash)) {
        hashes_.push_back(piece.hash);
        continue;
      }
      repeated_[i] = true;
      ++count;
      const std::string_view sentence = std::string_view(text).substr(piece.begin, piece.size);
      removed_.clear();
      append_removed_record(removed_, refined.document, sentence, kStageNames[kDedupStage], reasons()[kRepeated].name);
      part_->add_removed(kRepeated, removed_);
      tally_.add_removed(kRepeated, sentence);
    }
    if (count == 0) return;
    std::string left = keep_pieces(text, refined.pieces, [&](size_t i) { return !repeated_[i]; });
    bytes = static_cast<int64_t>(text.size() - left.size());
    refined.funnel.removed[kRepeated] = {left.empty() ? 1 : 0, count, bytes};
    refined.document.text = std::move(left);
    refined.characters = code_points(refined.document.text);
    refined.record.clear();
    if (!refined.document.text.empty()) append_record(refined.record, refined.document, refined.document.text);
  }

  void commit() {
    part_->commit();
    part_.reset();
    ++position_.parts;
    position_.tally = tally_.to_json();
    journal_.commit(position_, hashes_);
    hashes_.clear();
    part_raw_bytes_ = 0;
  }

  const BuildOptions& options_;
  Journal& journal_;
  Position position_;
  Tally tally_;
  SentenceSet seen_;
  std::optional<PartWriter> part_;
  uint64_t part_raw_bytes_ = 0;
  std::vector<base::Hash128> hashes_;  // first seen in this part
  std::vector<bool> repeated_;
  std::string removed_;
  base::Progress progress_;
};

// Refiners for as many threads as come: each is taken, used and given back.
class RefinerPool {
 public:
  RefinerPool(const BuildOptions& options, const std::vector<fs::path>& files, int threads)
      : options_{options.clean, options.filter, options.dedup, options.category},
        tables_(make_refine_tables(options_, files, options.read, threads)) {}
  RefinedBatch refine(const RecordBatch& batch) {
    std::unique_ptr<Refiner> refiner = take();
    RefinedBatch out = refiner->refine(batch);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(refiner));
    return out;
  }

 private:
  std::unique_ptr<Refiner> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Refiner> refiner = std::move(free_.back());
        free_.pop_back();
        return refiner;
      }
    }
    return std::make_unique<Refiner>(options_, tables_);
  }
  RefineOptions options_;
  std::shared_ptr<const RefineTables> tables_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Refiner>> free_;
};

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

}  // namespace

void BuildOptions::fields(config::Fields& f) {
  f.positional("input", input, "files, folders or patterns of raw text; - is standard input", config::required());
  f.add("output", output, "folder of the corpus", config::required());
  f.include(read);
  f.add("part_bytes", part_bytes, "bytes of input that make one part of the output; a stopped build loses at most one",
        config::at_least(1));
  f.include(category);
  f.group("clean", clean);
  f.group("filter", filter);
  f.group("dedup", dedup);
}

namespace {

Tally run(const BuildOptions& options, const std::vector<fs::path>& files, Journal& journal, int threads) {
  const Position position = journal.position();
  base::make_directories(fs::path(options.output) / "removed");
  RecordStream stream(files, options.read, position.file);
  skip(stream, position.file, position.batches);
  RefinerPool refiners(options, files, threads);
  Collector collector(options, journal, files.size(), stream);
  base::ordered_pipeline<RecordBatch, RefinedBatch>(
      threads,
      [&]() -> std::optional<RecordBatch> {
        RecordBatch batch;
        if (base::interrupted() != 0 || !stream.next(batch)) return std::nullopt;
        return batch;
      },
      [&](RecordBatch&& batch) { return refiners.refine(batch); },
      [&](RefinedBatch&& batch) { collector.take(std::move(batch)); });
  base::check_interrupt();
  Tally tally = collector.finish();
  if (tally.read.documents + tally.read.bad_records == 0) fail_without_records(files);
  return tally;
}

}  // namespace

BuildResult build(const BuildOptions& options, int threads) {
  const fs::path output(options.output);
  const std::vector<fs::path> files = list_build_inputs(options);
  BuildResult result;
  const base::Json settings = settings_json(options);
  const base::Json before = read_plan(output);
  // The journal cannot go on with standard input, which is gone.
  if (!before.is_null() && std::find(files.begin(), files.end(), "-") != files.end()) {
    throw base::Error(base::ErrorKind::kOutput,
                      str(output.string(),
                          ": holds an unfinished corpus, which cannot go on from standard input; add "
                          "--force to begin anew"));
  }
  result.inputs = describe_inputs(files, before.is_object() ? before["inputs"] : base::Json(), threads);
  Journal journal(output, {{"format", 1}, {"settings", settings}, {"inputs", result.inputs}});
  result.resumed_parts = journal.position().parts;
  if (result.resumed_parts > 0) base::log_info(str("going on after part ", result.resumed_parts));
  try {
    result.tally = run(options, files, journal, threads);
  } catch (...) {
    journal.abandon_if_empty();
    throw;
  }
  result.manifest = make_manifest(result.tally, result.inputs, settings);
  base::write_json(output / "manifest.json", result.manifest);
  write_report(result.tally, output / "report.html");
  return result;
}

void finish(const fs::path& output) { Journal::remove(output); }

}  // namespace lmkor::corpus
