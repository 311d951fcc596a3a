// A donor's text out of a finished corpus: what the law or a contract asks for when a donor withdraws.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "lmkor/base/json.h"

namespace lmkor::corpus {

struct DonorRemoval {
  uint64_t documents = 0, sentences = 0, bytes = 0;  // of docs-*
  uint64_t removed_records = 0;                      // of removed/, whose counts in the funnel stay
  uint64_t changed_files = 0;
  base::Json manifest;  // of the new corpus
};

// Fills `to` (which exists) with the corpus in `from`, but for the records of `donor`: files that hold none are linked
// or copied, report.html (it shows samples of text) is left out, manifest.json gains a stage "withdraw" and a row of
// "withdrawals". Throws kNotFound (no corpus), kIncompatible (one that is unfinished) and kData: broken records, or no
// record of this donor, naming the donors that there are.
DonorRemoval remove_donor(const std::filesystem::path& from, const std::filesystem::path& to, const std::string& donor);

}  // namespace lmkor::corpus
