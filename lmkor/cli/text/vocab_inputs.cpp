#include "lmkor/cli/text/vocab_inputs.h"

#include "lmkor/base/log.h"
#include "lmkor/base/str.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

void NormaliseOptions::fields(config::Fields& f) {
  f.add("lowercase", lowercase, "lower case text before it is divided");
  f.add("strip_accents", strip_accents, "drop accents; this divides Hangul syllables into jamo");
}

tokenizer::Settings NormaliseOptions::settings() const {
  tokenizer::Settings settings;
  settings.lowercase = lowercase;
  settings.strip_accents = strip_accents;
  return settings;
}

WorkFolder::WorkFolder(fs::path path) : path_(std::move(path)) {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  base::make_directories(path_);
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void warn_of_broken_records(const corpus::ReadStats& read) {
  if (read.bad_records + read.repaired_records == 0) return;
  base::log_warning(str(base::grouped(static_cast<long long>(read.bad_records)), " broken records were left out, ",
                        base::grouped(static_cast<long long>(read.repaired_records)),
                        " with broken UTF-8 were mended; the first: ", read.bad_samples.front()));
}

}  // namespace lmkor::cli
