// lmkor vocab train: text to a WordPiece vocabulary in a Hugging Face tokenizer folder.
#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/count.h"
#include "lmkor/vocab/report.h"
#include "lmkor/vocab/stats.h"
#include "lmkor/vocab/train.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::grouped;
using base::Json;
using base::str;

struct VocabTrainOptions {
  std::vector<std::string> input;
  std::string output;
  vocab::TrainOptions train;
  bool lowercase = true;
  bool strip_accents = false;
  int64_t model_max_length = 512;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.positional("input", input, "files of text, folders (a corpus) or patterns", config::required());
    f.add("output", output, "folder to write the tokenizer to", config::required());
    f.include(train);
    f.add("lowercase", lowercase, "lower case text before it is divided");
    f.add("strip_accents", strip_accents, "drop accents; this divides Hangul syllables into jamo");
    f.add("model_max_length", model_max_length, "longest input of models with this tokenizer, in ids",
          config::at_least(1));
    f.include(read);
  }
};

vocab::Counts count(const VocabTrainOptions& options, const std::vector<fs::path>& files,
                    const tokenizer::Settings& settings, int threads, corpus::ReadStats& read) {
  corpus::Reader reader(files, options.read);
  base::Progress progress("count", "bytes", reader.stored_total());
  corpus::Document document;
  vocab::Counts counts = vocab::count_words(
      [&](std::string& text) {
        if (!reader.next(document)) return false;
        text = std::move(document.text);
        progress.update(reader.stored_position());
        return true;
      },
      settings, threads);
  read = reader.stats();
  return counts;
}

Json summary(const vocab::Trained& trained, const vocab::Stats& stats, const vocab::Counts& counts,
             const corpus::ReadStats& read) {
  return {{"pieces",
           {{"all", trained.tokens.size()},
            {"special", trained.specials},
            {"characters", trained.characters},
            {"continuing_characters", trained.continuations},
            {"merged", trained.merged},
            {"unused", trained.unused}}},
          {"last_merge_count", trained.last_merge_count},
          {"characters_seen", trained.characters_seen},
          {"characters_left_out", trained.characters_left_out},
          {"character_coverage", 1.0 - vocab::Stats::ratio(trained.character_count_left_out, trained.character_count)},
          {"text",
           {{"documents", counts.texts},
            {"bytes", counts.bytes},
            {"bad_records", read.bad_records},
            {"eojeols", counts.eojeols},
            {"words", counts.total},
            {"different_words", counts.words.size()}}},
          {"pieces_per_word", stats.pieces_per_word()},
          {"pieces_per_eojeol", stats.pieces_per_eojeol()},
          {"bytes_per_piece", stats.bytes_per_piece()},
          {"unknown_words", stats.unknown_words},
          {"unknown_share", stats.unknown_share()},
          {"pieces_never_given", stats.unused_pieces}};
}

}  // namespace

int run_vocab_train(Invocation& call) {
  VocabTrainOptions options;
  if (!call.parse(options)) return 0;
  const std::vector<fs::path> files = corpus::list_text_inputs(options.input);
  const fs::path output = options.output;
  OutputFolder partial(call, output);
  tokenizer::Settings settings;
  settings.lowercase = options.lowercase;
  settings.strip_accents = options.strip_accents;
  settings.model_max_length = options.model_max_length;

  corpus::ReadStats read;
  const vocab::Counts counts = count(options, files, settings, call.threads(), read);
  const vocab::Trained trained = vocab::train(counts, options.train, settings);
  const auto tokenizer = tokenizer::Tokenizer::from_files({trained.tokens, settings, {}}, options.output);
  const vocab::Stats stats = vocab::measure(tokenizer, counts, call.threads());
  if (trained.characters_left_out > 0) {
    base::log_info(str(grouped(static_cast<long long>(trained.characters_left_out)), " of ",
                       grouped(static_cast<long long>(trained.characters_seen)),
                       " different characters were seen fewer than ", options.train.min_character_count,
                       " times and are left out (--min-character-count); ",
                       grouped(static_cast<long long>(stats.unknown_words)), " words are unknown"));
  }

  tokenizer::write_folder(partial.path(), trained.tokens, settings);
  vocab::write_counts(partial.path() / "counts.zst", counts);
  vocab::write_report(partial.path() / "report.html", tokenizer, trained, counts, stats);
  const Json result = summary(trained, stats, counts, read);
  call.write_run_files(partial.path(), files, {}, {{"vocabulary", result}, {"vocab_sha256", tokenizer.vocab_sha256()}});
  partial.finish();

  Json object = {{"output", output.string()}, {"vocab_sha256", tokenizer.vocab_sha256()}};
  object.update(result);
  call.result(object, str(output.string(), ": ", grouped(static_cast<long long>(trained.tokens.size())), " pieces (",
                          grouped(static_cast<long long>(trained.characters + trained.continuations)), " characters, ",
                          grouped(static_cast<long long>(trained.merged)), " merges, ",
                          grouped(static_cast<long long>(trained.unused)), " unused) from ",
                          base::human_bytes(static_cast<double>(counts.bytes)), " of text; ",
                          base::fixed(stats.pieces_per_eojeol(), 2), " pieces per eojeol, ",
                          base::fixed(100 * stats.unknown_share(), 3), " % of words unknown\n"));
  return 0;
}

}  // namespace lmkor::cli
