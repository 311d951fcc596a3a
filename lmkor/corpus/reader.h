// Raw text of any supported format as documents, one pass over all files in order, never a whole file in memory.
// Formats stand in the table of format.cpp; compression, archives and encodings are recognised by source.h. What is
// broken in a record is a count and a sample here, an error only beyond max_bad_share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/corpus/document.h"

namespace lmkor::corpus {

struct ReadOptions {
  std::string format = "auto";
  std::string encoding = "auto";
  std::vector<std::string> map;
  std::vector<std::string> fill;
  std::string quotes = "auto";
  std::string invalid_utf8 = "replace";
  std::vector<std::string> namespaces = {"0"};
  double max_bad_share = 0.01;
  int64_t max_record_bytes = 64 << 20;
  int64_t max_expansion = 1000;

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
  // The name in the files of the known field `field`, empty where --map does not say.
  std::string mapped(std::string_view field) const;
  // The known fields and their values that documents of `file` get where they have none.
  std::vector<std::pair<std::string, std::string>> fills(const std::filesystem::path& file) const;
};

// What became of a record.
enum class Outcome {
  kGood,
  kRepaired,  // a document, but something in it was broken
  kBad,       // no document
  kSkipped,   // no document and none wanted: a redirect, a page of another namespace
};
inline bool is_document(Outcome outcome) { return outcome == Outcome::kGood || outcome == Outcome::kRepaired; }

// A broken record, as far as it is told: `got` says what is wrong with it, or why it was skipped.
struct BadRecord {
  std::string place;  // file:line
  std::string got;
  std::string expected;
};

struct ReadStats {
  uint64_t documents = 0;
  uint64_t bytes = 0;                       // of text
  uint64_t bad_records = 0;                 // left out
  uint64_t repaired_records = 0;            // kept, with U+FFFD in place of broken UTF-8
  std::map<std::string, uint64_t> skipped;  // records and members of archives that are no documents, by reason
  std::vector<std::string> bad_samples;
  std::vector<std::string> notes;  // what was decided about files, such as their encoding

  // Counts a record; true if it gave a document.
  bool add(Outcome outcome, const BadRecord& bad, const Document& document);
  void note(std::string text);
  // Adds what was counted later.
  void merge(const ReadStats& later);
  // Throws kData naming the first broken record if more than `max_bad_share` of the records are broken.
  void check_share(double max_bad_share, bool at_end) const;
  base::Json to_json() const;
  static ReadStats from_json(const base::Json& json);
};

// Files under `paths` that hold text data: base::list_inputs without the other files of a corpus folder
// (manifest.json, run.json, run.toml, report.html). Throws kData if nothing is left.
std::vector<std::filesystem::path> list_text_inputs(const std::vector<std::string>& paths);

// Throws kData: `paths` name no file, or none of `files` holds a record.
[[noreturn]] void fail_without_files(const std::vector<std::string>& paths);
[[noreturn]] void fail_without_records(const std::vector<std::filesystem::path>& files);

class Reader {
 public:
  Reader(std::vector<std::filesystem::path> files, ReadOptions options);
  ~Reader();
  // False at the end. Throws kData for damaged files, too many broken records, or no record at all.
  bool next(Document& document);
  const ReadStats& stats() const;
  // Stored (compressed) bytes read so far and in all files, for progress.
  uint64_t stored_position() const;
  uint64_t stored_total() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lmkor::corpus
