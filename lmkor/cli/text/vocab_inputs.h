// What the vocab commands share: the settings of counting and the folder that a result is made in.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/tokenizer/settings.h"

namespace lmkor::cli {

struct NormaliseOptions {
  bool lowercase = true;
  bool strip_accents = false;

  void fields(config::Fields& f);
  tokenizer::Settings settings() const;
};

inline constexpr const char* kMemoryHelp =
    "memory for words, as in 2GB; more of them go to disk beside the output, empty: half of the machine's; the result "
    "is the same";

// A folder for files of the work, which goes away with the object. The path may be left over from a killed process.
class WorkFolder {
 public:
  explicit WorkFolder(std::filesystem::path path);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Broken records that the reader passed over or mended, told to the user.
void warn_of_broken_records(const corpus::ReadStats& read);

}  // namespace lmkor::cli
