// lmkor vocab train: text, or counts of text, to a WordPiece vocabulary in a Hugging Face tokenizer folder.
#include <future>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/memory.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/cli/text/vocab_inputs.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/count_inputs.h"
#include "lmkor/vocab/report.h"
#include "lmkor/vocab/stats.h"
#include "lmkor/vocab/train.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::str;

struct VocabTrainOptions {
  std::vector<std::string> input;
  std::vector<std::string> counts;
  std::string output;
  vocab::TrainOptions train;
  NormaliseOptions normalise;
  int64_t model_max_length = 512;
  std::string memory;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.positional("input", input,
                 "files of text, folders (a corpus) or patterns; reviews/=0.5 counts the text of reviews/ half");
    f.add("counts", counts, "files made by lmkor vocab count, in place of --input");
    f.add("output", output, "folder to write the tokenizer to", config::required());
    f.include(train);
    f.include(normalise);
    f.add("model_max_length", model_max_length, "longest input of models with this tokenizer, in ids",
          config::at_least(1));
    f.add("memory", memory, kMemoryHelp);
    f.include(read);
  }
  void check(config::Faults& faults) const {
    if (input.empty() == counts.empty()) {
      faults.add(str("input, counts: got ", input.empty() ? "neither" : "both", ", expected one of them"));
    }
  }
};

std::string grouped(uint64_t value) { return base::grouped(static_cast<long long>(value)); }

vocab::Counts read_counts(const std::vector<fs::path>& files, const tokenizer::Settings& settings, uint64_t memory,
                          const fs::path& dir) {
  for (const fs::path& file : files) {
    vocab::CountsInfo wanted;
    wanted.settings = settings;
    wanted.add(vocab::WordReader(file).info(), file.string());
  }
  return vocab::merge_files(files, dir / "counts.zst", memory / 4);
}

Json summary(const vocab::Trained& trained, const vocab::Stats& stats, const vocab::Counts& counts,
             const tokenizer::Tokenizer& tokenizer, const corpus::ReadStats& read) {
  uint64_t all = 0, lost = 0, lost_different = 0;
  for (const vocab::Character& character : trained.alphabet) {
    all += character.count;
    lost += character.kept ? 0 : character.count;
    lost_different += !character.kept;
  }
  Json json = {{"pieces",
                {{"all", trained.tokens.size()},
                 {"special", trained.specials},
                 {"characters", trained.characters},
                 {"continuing_characters", trained.continuations},
                 {"kept_terms", trained.kept_terms},
                 {"merged", trained.merged},
                 {"unused", trained.unused}}},
               {"last_merge_count", counts.units(trained.last_merge_count)},
               {"characters_seen", trained.alphabet.size()},
               {"characters_left_out", lost_different},
               {"character_coverage", 1.0 - vocab::Stats::ratio(lost, all)},
               {"words_left_out", {{"rare", trained.rare_words.different}, {"long", trained.long_words.different}}},
               {"words_with_left_out_characters", trained.cut_words.different},
               {"words_segmented", trained.segmented_words.different}};
  json.update(vocab::stats_json(tokenizer, counts.info, stats));
  json["text"]["bad_records"] = read.bad_records;
  return json;
}

}  // namespace

int run_vocab_train(Invocation& call) {
  VocabTrainOptions options;
  if (!call.parse(options)) return 0;
  const uint64_t memory = base::parse_memory(options.memory);
  const vocab::Inputs inputs = vocab::weighted_inputs(options.input);
  const std::vector<fs::path> files = options.counts.empty() ? inputs.paths() : base::list_inputs(options.counts);
  const fs::path output = options.output;
  OutputFolder partial(call, output);
  tokenizer::Settings settings = options.normalise.settings();
  settings.model_max_length = options.model_max_length;

  corpus::ReadStats read;
  const vocab::Counts counts = options.counts.empty()
                                   ? vocab::count_inputs(inputs, options.read, settings, memory, partial.path(),
                                                         partial.path() / "counts.zst", call.threads(), read)
                                   : read_counts(files, settings, memory, partial.path());
  warn_of_broken_records(read);
  // Written while the vocabulary is trained, where there is a thread for it.
  const bool apart = call.threads() > 1;
  auto counts_written = std::async(apart ? std::launch::async : std::launch::deferred, [&] {
    if (!fs::exists(partial.path() / "counts.zst")) vocab::write_counts(partial.path() / "counts.zst", counts);
  });
  const vocab::Trained trained =
      vocab::train(counts, options.train, settings, {call.threads(), memory, partial.path()});
  const auto tokenizer = tokenizer::Tokenizer::from_files({trained.tokens, settings, {}}, options.output);
  const vocab::Stats stats = vocab::measure(tokenizer, counts, trained.alphabet, call.threads());
  const Json result = summary(trained, stats, counts, tokenizer, read);
  if (result["characters_left_out"] > 0) {
    base::log_info(
        str(grouped(result["characters_left_out"]), " of ", grouped(trained.alphabet.size()),
            " different characters are too rare (--min-character-count, --alphabet-coverage) and are left out; ",
            grouped(trained.cut_words.different), " different words hold one and are unknown: see report.html"));
  }

  counts_written.get();
  tokenizer::write_folder(partial.path(), trained.tokens, settings);
  vocab::write_report(partial.path() / "report.html", tokenizer, trained, counts.info, stats);
  call.write_run_files(partial.path(), files, {}, {{"vocabulary", result}, {"vocab_sha256", tokenizer.vocab_sha256()}});
  partial.commit();

  Json object = {{"output", output.string()}, {"vocab_sha256", tokenizer.vocab_sha256()}};
  object.update(result);
  call.result(object, str(output.string(), ": ", grouped(trained.tokens.size()), " pieces (",
                          grouped(trained.characters + trained.continuations), " characters, ", grouped(trained.merged),
                          " merges, ", grouped(trained.unused), " unused) from ",
                          base::human_bytes(static_cast<double>(counts.info.text_bytes)), " of text; ",
                          base::fixed(stats.pieces_per_eojeol(), 2), " pieces per eojeol, ",
                          base::fixed(100 * stats.unknown_share(), 3), " % of words unknown\n"));
  return 0;
}

}  // namespace lmkor::cli
