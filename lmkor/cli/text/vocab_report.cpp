// lmkor vocab report: how a tokenizer divides a text, source by source, and how another one would.
#include <optional>

#include <unistd.h>

#include "lmkor/base/memory.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/cli/text/vocab_inputs.h"
#include "lmkor/corpus/map_batches.h"
#include "lmkor/tokenizer/scratch_pool.h"
#include "lmkor/vocab/count_inputs.h"
#include "lmkor/vocab/report.h"
#include "lmkor/vocab/survey.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::str;

struct VocabReportOptions {
  std::vector<std::string> input;
  std::string tokenizer, compare, output;
  std::string memory;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.positional("input", input, "files of text, folders (a corpus) or patterns", config::required());
    f.add("tokenizer", tokenizer, "folder of the tokenizer, or a vocab.txt", config::required());
    f.add("compare", compare, "folder of another tokenizer to set beside it");
    f.add("output", output, "folder to write report.html and report.json to; empty: only the result is shown");
    f.add("memory", memory, kMemoryHelp);
    f.include(read);
  }
  void check(config::Faults& faults) const {
    for (const std::string& path : input) {
      if (path == "-") faults.add("input: got standard input, expected files: the text is read twice");
    }
  }
};

vocab::Sources measure_sources(const std::vector<fs::path>& files, const corpus::ReadOptions& options,
                               const tokenizer::Tokenizer& tokenizer, int threads) {
  tokenizer::ScratchPool pool;
  vocab::Sources sources;
  corpus::map_batches<vocab::Sources>(
      "divide", files, options, threads,
      [&](corpus::RecordBatch&& batch) {
        auto lease = pool.lease();
        vocab::SourceMeter meter(tokenizer);
        corpus::BatchParser parser;
        corpus::ReadStats counted;
        corpus::Document document;
        vocab::Sources part;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          corpus::BadRecord bad;
          if (!counted.add(parser.parse(batch, i, document, bad), bad, document)) continue;
          meter.add(document.source, document.text, *lease, part);
        }
        return part;
      },
      [&](vocab::Sources&& part) {
        for (const auto& [name, use] : part) sources[name].add(use);
      });
  return sources;
}

std::string percent(double share) { return base::fixed(100 * share, 3) + " %"; }

}  // namespace

int run_vocab_report(Invocation& call) {
  VocabReportOptions options;
  if (!call.parse(options)) return 0;
  const uint64_t memory = base::parse_memory(options.memory);
  const auto tokenizer = tokenizer::Tokenizer::load(options.tokenizer);
  vocab::Inputs inputs;
  for (const fs::path& file : corpus::list_text_inputs(options.input)) inputs.files.push_back({file, 1});
  const bool written = !options.output.empty();
  std::optional<OutputFolder> partial;
  if (written) partial.emplace(call, options.output);

  vocab::Stats stats;
  vocab::Sources sources;
  vocab::Comparison comparison;
  vocab::CountsInfo info;
  std::optional<tokenizer::Tokenizer> other;
  if (!options.compare.empty()) other = tokenizer::Tokenizer::load(options.compare);
  {
    const WorkFolder work(written ? partial->path() / "work"
                                  : fs::temp_directory_path() / str("lmkor-vocab-report-", ::getpid()));
    corpus::ReadStats read;
    const vocab::Counts counts = vocab::count_inputs(inputs, options.read, tokenizer.settings(), memory, work.path(),
                                                     work.path() / "counts.zst", call.threads(), read);
    warn_of_broken_records(read);
    info = counts.info;
    const std::vector<vocab::Character> alphabet = vocab::characters_of(counts, call.threads());
    stats = vocab::measure(tokenizer, counts, alphabet, call.threads());
    if (other) comparison = vocab::compare(tokenizer, stats, *other, options.compare, counts, alphabet, call.threads());
    sources = measure_sources(inputs.paths(), options.read, tokenizer, call.threads());
  }

  Json json = {{"tokenizer", options.tokenizer}, {"vocab_sha256", tokenizer.vocab_sha256()}};
  json.update(vocab::stats_json(tokenizer, info, stats));
  json["sources"] = vocab::sources_json(sources);
  if (other) {
    json["compare"] = {{"tokenizer", options.compare}, {"vocab_sha256", other->vocab_sha256()}};
    json["compare"].update(vocab::comparison_json(tokenizer, *other, comparison));
  }
  if (written) {
    Json full = json;
    full["never_given"] = Json::array();
    for (const int32_t id : stats.never_given) full["never_given"].push_back(tokenizer.token(id));
    base::write_json(partial->path() / "report.json", full);
    report::Report page(
        "Vocabulary on a text",
        str(options.tokenizer, ", ", base::human_bytes(static_cast<double>(info.text_bytes)), " of text"));
    page.figures({{"pieces per word", base::fixed(stats.pieces_per_word(), 3)},
                  {"pieces per eojeol", base::fixed(stats.pieces_per_eojeol(), 3)},
                  {"unknown words", percent(stats.unknown_share())},
                  {"pieces never given", base::grouped(static_cast<long long>(stats.never_given.size()))}});
    vocab::add_division(page, info, stats);
    vocab::add_words(page, tokenizer, stats);
    vocab::add_blocks(page, stats);
    vocab::add_sources(page, sources);
    if (other) vocab::add_comparison(page, tokenizer, stats, *other, comparison);
    vocab::add_pieces(page, tokenizer, stats);
    page.write(partial->path() / "report.html");
    call.write_run_files(partial->path(), inputs.paths(), {options.tokenizer});
    partial->commit();
    json["output"] = options.output;
  }
  std::string text = str(
      base::fixed(stats.pieces_per_word(), 3), " pieces per word, ", base::fixed(stats.pieces_per_eojeol(), 3),
      " per eojeol, ", base::fixed(stats.bytes_per_piece(), 2), " bytes per piece; ", percent(stats.unknown_share()),
      " of words unknown; ", base::grouped(static_cast<long long>(stats.never_given.size())), " pieces never given\n");
  if (other) {
    text +=
        str(options.compare, ": ", base::fixed(comparison.other.pieces_per_word(), 3), " pieces per word, ",
            percent(comparison.other.unknown_share()), " of words unknown; ",
            percent(vocab::Stats::ratio(comparison.divided_otherwise, stats.words)), " of words divided otherwise\n");
  }
  if (written) text += str((fs::path(options.output) / "report.html").string(), "\n");
  call.result(json, text);
  return 0;
}

}  // namespace lmkor::cli
