// Takes refined batches in the order of the input: applies what was decided about repeats, counts, writes parts.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "lmkor/base/compress.h"
#include "lmkor/corpus/decide.h"
#include "lmkor/corpus/refine.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

// "docs-00012.jsonl.zst".
std::string part_name(std::string_view stem, size_t part);

class Collector {
 public:
  // Parts are written into `folder` from number `first_part` on; removed/ in it exists.
  Collector(std::filesystem::path folder, size_t first_part, Decider& decider)
      : folder_(std::move(folder)), part_(first_part), decider_(decider) {}
  // Adds to the part, which begins with the first batch, and to `tally`. The batch is of file number `file`.
  void take(RefinedBatch&& batch, size_t file, Tally& tally);
  // Bytes of input in the open part, 0 if none is open.
  uint64_t raw_bytes() const { return raw_bytes_; }
  // The part's files are complete.
  void commit();
  size_t parts() const { return part_; }

 private:
  void take_document(RefinedDocument& refined, Tally& tally);
  void remove_document(RefinedDocument& refined, Tally& tally);
  // Takes out the pieces for which `goes` holds.
  template <class Goes>
  void remove_pieces(RefinedDocument& refined, Reason reason, Goes&& goes, Tally& tally);
  void cut_words(RefinedDocument& refined, Tally& tally);
  void put_removed(const Document& document, Reason reason, std::string_view text, std::string_view note, Tally& tally);
  void add_removed(Reason reason, std::string_view records);

  std::filesystem::path folder_;
  size_t part_;
  Decider& decider_;
  std::optional<base::OutputFile> docs_;
  std::array<std::optional<base::OutputFile>, kReasonCount> removed_;
  uint64_t raw_bytes_ = 0;
  Verdict verdict_;
  std::string line_;
};

}  // namespace lmkor::corpus
