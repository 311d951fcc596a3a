// The part of a build that looks at one document only, so that it runs on any thread: parse, clean, divide into
// sentences, filter, hash, write as JSON. What needs all documents before (exact repeats) comes after, in order.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "lmkor/base/hash.h"
#include "lmkor/corpus/category.h"
#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/decontaminate.h"
#include "lmkor/corpus/filter.h"
#include "lmkor/corpus/records.h"
#include "lmkor/corpus/tally.h"
#include "lmkor/text/word_finder.h"

namespace lmkor::corpus {

struct DedupOptions {
  bool exact = true;
  bool documents = false;
  bool near = false;
  int64_t repeated_words = 0;

  void fields(config::Fields& f);
  bool any() const { return exact || documents || near || repeated_words > 0; }
  // Near duplicates are looked for among different documents only.
  bool hashes_documents() const { return documents || near; }
};

struct RefineOptions {
  CleanOptions clean;
  FilterOptions filter;
  DedupOptions dedup;
  CategoryOptions category;
  ContaminationOptions contamination{};
  std::shared_ptr<const TaskExamples> examples{};  // none: nothing is looked for
};

// An example found in a document.
struct FoundExample {
  ContaminationHit hit;
  std::string document_id;
};

// What all refiners share: made once, then only read.
struct RefineTables {
  std::shared_ptr<const CharacterSet> characters;
  text::WordFinder words;  // lists kProfanityList and kSpamList
  std::unordered_set<uint64_t> boilerplate;
  std::optional<CategoryModel> categories;

  static constexpr int kProfanityList = 0, kSpamList = 1;
};
// Reads word lists and the category model; boilerplate (boilerplate.h) is left out.
std::shared_ptr<RefineTables> make_refine_tables(const RefineOptions& options);

// A sentence of a refined document.
struct Piece {
  uint32_t begin, size;  // in document.text, without outer blanks
  char separator;        // that stands before it: LF, a blank or 0 for none
  base::Hash128 hash;
  bool contaminated = false;  // holds an example of a task
};

struct RefinedDocument {
  Document document;  // text: what cleaning and filters left, which may be nothing
  Funnel funnel;      // up to the filters
  std::vector<Piece> pieces;
  uint64_t characters = 0;  // code points of the text
  base::Hash128 hash;       // of the text
  std::string record;       // its line if no sentence is a repeat
};

struct RefinedBatch {
  size_t file = 0, number = 0;
  uint64_t records = 0;
  uint64_t raw_bytes = 0;
  uint64_t stored_position = 0;
  ReadStats read;
  double max_bad_share = 0;
  std::vector<RefinedDocument> documents;
  std::array<std::string, kReasonCount> removed;                    // lines for removed/
  std::array<std::vector<std::string>, kReasonCount> removed_text;  // the same for samples; only the first few
  std::array<uint64_t, kReasonCount> removed_records{};
  CharacterCounts deleted;
  NamedCounts details;
  std::vector<FoundExample> contamination;
};

class Refiner {
 public:
  Refiner(const RefineOptions& options, std::shared_ptr<const RefineTables> tables);
  RefinedBatch refine(const RecordBatch& batch);

 private:
  void refine_document(RefinedDocument& out, RefinedBatch& batch);
  bool is_foreign(const Document& document, RefinedBatch& batch);
  Cleaner::Result clean(RefinedDocument& out, RefinedBatch& batch);
  // Why each piece of the cleaned text goes; kReasonCount: it stays.
  void judge_sentences(const Document& document, std::string_view text, const std::vector<Piece>& pieces);
  Reason judge(std::string_view sentence);
  void drop_sentences(RefinedDocument& out, std::string_view text, RefinedBatch& batch);
  void drop_document(RefinedDocument& out, RefinedBatch& batch);
  void tell_category(Document& document, RefinedBatch& batch);
  void remove(Reason reason, const Document& document, std::string_view text, RefinedBatch& batch);

  RefineOptions options_;
  std::shared_ptr<const RefineTables> tables_;
  Cleaner cleaner_;
  FactCounter facts_;
  BatchParser parser_;
  std::vector<std::string_view> sentences_;
  std::vector<Reason> why_;
  std::array<uint64_t, Cleaner::kStepCount> changed_documents_{}, changed_places_{};
  std::array<uint64_t, kPiiKindCount> masked_{};
  std::optional<ContaminationFinder> contamination_;
  std::vector<ContaminationHit> hits_;
};

// Code points of valid UTF-8.
uint64_t code_points(std::string_view text);

// The text of the pieces of `text` for which keep(index) holds, with the separators that then stand between them; a
// line break wins over a blank where what lay between two pieces went. `pieces` become those of the new text.
template <class Keep>
std::string keep_pieces(std::string_view text, std::vector<Piece>& pieces, Keep&& keep) {
  std::string out;
  char due = '\0';
  size_t kept = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    Piece piece = pieces[i];
    if (piece.separator == '\n' || due == '\0') due = piece.separator;
    if (!keep(i)) continue;
    piece.separator = out.empty() ? '\0' : due;
    if (piece.separator != '\0') out += piece.separator;
    const std::string_view sentence = text.substr(piece.begin, piece.size);
    piece.begin = static_cast<uint32_t>(out.size());
    out += sentence;
    pieces[kept++] = piece;
    due = '\0';
  }
  pieces.resize(kept);
  return out;
}

}  // namespace lmkor::corpus
