// lmkor vocab count: the words of a text and how often each is seen, for vocab train --counts.
#include "lmkor/base/memory.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/cli/text/vocab_inputs.h"
#include "lmkor/vocab/count_inputs.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::str;

struct VocabCountOptions {
  std::vector<std::string> input;
  std::string output;
  NormaliseOptions normalise;
  std::string memory;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.positional("input", input,
                 "files of text, folders (a corpus) or patterns; reviews/=0.5 counts the text of reviews/ half",
                 config::required());
    f.add("output", output, "file to write the counts to (zstd if it ends in .zst)", config::required());
    f.include(normalise);
    f.add("memory", memory, kMemoryHelp);
    f.include(read);
  }
};

}  // namespace

int run_vocab_count(Invocation& call) {
  VocabCountOptions options;
  if (!call.parse(options)) return 0;
  const uint64_t memory = base::parse_memory(options.memory);
  const vocab::Inputs inputs = vocab::weighted_inputs(options.input);
  const fs::path output = options.output;
  call.check_output(output);
  const WorkFolder partial(fs::path(output).replace_filename("." + output.filename().string() + ".partial"));
  corpus::ReadStats read;
  const fs::path made = partial.path() / output.filename();
  const vocab::Counts counts = vocab::count_inputs(inputs, options.read, options.normalise.settings(), memory,
                                                   partial.path(), made, call.threads(), read);
  warn_of_broken_records(read);
  if (!fs::exists(made)) vocab::write_counts(made, counts);
  call.claim_output(output);
  base::rename_path(made, output);
  const auto grouped = [](uint64_t value) { return base::grouped(static_cast<long long>(value)); };
  call.result({{"output", output.string()},
               {"documents", counts.info.texts},
               {"bytes", counts.info.text_bytes},
               {"words", counts.units(counts.info.total)},
               {"different_words", counts.different},
               {"bad_records", read.bad_records}},
              str(output.string(), ": ", grouped(counts.different), " different of ",
                  grouped(counts.info.total / counts.info.unit), " words in ",
                  base::human_bytes(static_cast<double>(counts.info.text_bytes)), " of text\n"));
  return 0;
}

}  // namespace lmkor::cli
