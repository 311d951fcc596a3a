// What a build counts: a funnel of documents, sentences and bytes for each source and category, and what a report
// shows. A tally is written to the journal and read back, so a build that goes on counts as one that never stopped.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/corpus/stats.h"

namespace lmkor::corpus {

enum Stage { kCleanStage, kFilterStage, kDedupStage, kDecontaminateStage, kStageCount };
inline constexpr std::array<std::string_view, kStageCount> kStageNames = {"clean", "filter", "dedup", "decontaminate"};

enum Reason {
  kHtml,
  kUnicodeForm,
  kJamo,
  kControls,
  kCharacters,
  kBlanks,
  kPersonalData,
  kRepeats,
  kEmpty,
  kLanguage,
  kBoilerplate,
  kTooShort,
  kUseless,
  kFewLetters,
  kSymbols,
  kRepetitive,
  kProfanity,
  kSpam,
  kRepetitiveDocument,
  kList,
  kRepeatedDocument,
  kNearDuplicate,
  kRepeated,
  kRepeatedWords,
  kContaminated,
  kReasonCount
};
struct ReasonInfo {
  Stage stage;
  std::string_view name;
  bool kept;  // what is removed is kept under removed/
};
// By Reason.
std::span<const ReasonInfo, kReasonCount> reasons();

struct Amount {
  int64_t documents = 0;
  int64_t sentences = 0;
  int64_t bytes = 0;

  Amount& operator+=(const Amount& other);
  Amount& operator-=(const Amount& other);
};

// Counts that a report shows as tables, by table and row: places that a step changed, kinds of personal data,
// languages.
using NamedCounts = std::map<std::pair<std::string, std::string>, uint64_t>;

// A document counts as removed where nothing of it is left, for the reason that took the last of it.
struct Funnel {
  Amount in;  // sentences: as divided after cleaning
  std::array<Amount, kReasonCount> removed{};

  Amount before(Stage stage) const;
  Amount after(Stage stage) const;
  Amount out() const { return after(static_cast<Stage>(kStageCount - 1)); }
  Funnel& operator+=(const Funnel& other);
};

// Where an example of a task was found: places by kind of match (Contamination), and the first document.
struct ExampleHits {
  std::array<uint64_t, 3> places{};
  std::string first_id;
};

// Counts of one unit, or of many that were added up in their order.
struct Tally {
  ReadStats read;
  Funnel total;
  std::map<std::pair<std::string, std::string>, Funnel> groups;  // by source and category
  CharacterCounts deleted;
  NamedCounts details;
  std::array<uint64_t, 32> lengths{};  // documents that stay, by floor(log2(code points))
  CharacterClasses characters{};       // of documents that stay
  std::array<std::vector<std::string>, kReasonCount> samples;
  std::array<uint64_t, kReasonCount> removed_records{};
  std::vector<uint64_t> records_of_input;
  std::map<uint32_t, ExampleHits> contamination;  // by number of the example

  // Adds the counts of the unit that comes next.
  Tally& operator+=(const Tally& next);
  // The funnel of a source and category; past kMaxGroups pairs the rest share one of "(other)".
  Funnel& group(const std::string& source, const std::string& category);
  // Counts a removed record and keeps some as samples, spread over the unit.
  void add_removed(Reason reason, std::string_view text);

  base::Json to_json() const;
  static Tally from_json(const base::Json& json);
};

}  // namespace lmkor::corpus
