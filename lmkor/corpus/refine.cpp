#include "lmkor/corpus/refine.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/boilerplate.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/language.h"
#include "lmkor/corpus/word_list.h"
#include "lmkor/text/sentence.h"

namespace lmkor::corpus {
namespace {

// Samples are taken at growing distances, so a batch needs no more texts than this to hit the next one early on.
constexpr size_t kMaxTexts = 64;

constexpr Reason kReasonOfStep[Cleaner::kStepCount] = {kHtml,       kUnicodeForm, kJamo,         kControls,
                                                       kCharacters, kBlanks,      kPersonalData, kRepeats};
constexpr Reason kStays = kReasonCount;

// The reasons that the rules of a filter give, by their names.
template <class Facts>
std::vector<Reason> reasons_of(std::span<const FilterRule<Facts>> rules) {
  std::vector<Reason> out;
  for (const FilterRule<Facts>& rule : rules) {
    size_t i = 0;
    while (i < kReasonCount && reasons()[i].name != rule.reason) ++i;
    if (i == kReasonCount) {
      throw base::Error(base::ErrorKind::kInternal, base::str("no reason called ", rule.reason, " in tally.cpp"));
    }
    out.push_back(static_cast<Reason>(i));
  }
  return out;
}

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// The sentences of cleaned `text` as pieces: without outer blanks, and none that is blank.
void divide(std::string_view text, std::vector<std::string_view>& sentences, std::vector<Piece>& pieces) {
  sentences.clear();
  text::split_sentences(text, sentences);
  char separator = '\0';
  for (const std::string_view sentence : sentences) {
    size_t begin = static_cast<size_t>(sentence.data() - text.data());
    size_t end = begin + sentence.size();
    const auto note = [&](char c) { separator = c == '\n' || separator == '\n' ? '\n' : ' '; };
    for (; begin < end && is_blank(text[begin]); ++begin) note(text[begin]);
    size_t stop = end;
    while (stop > begin && is_blank(text[stop - 1])) --stop;
    if (stop > begin) {
      pieces.push_back(
          {static_cast<uint32_t>(begin), static_cast<uint32_t>(stop - begin), pieces.empty() ? '\0' : separator, {}});
      separator = '\0';
    }
    for (size_t i = stop; i < end; ++i) note(text[i]);
  }
}

}  // namespace

void DedupOptions::fields(config::Fields& f) {
  f.add("exact", exact, "remove sentences that came before, anywhere in the input; the first stays");
  f.add("documents", documents, "remove documents that came before as a whole; the first stays");
  f.add("near", near, "remove documents that are nearly another (MinHash); the longest stays");
  f.add("repeated_words", repeated_words,
        "remove runs of at least so many words inside sentences that came before; 0: none", config::at_least(0));
}

std::shared_ptr<RefineTables> make_refine_tables(const RefineOptions& options) {
  auto tables = std::make_shared<RefineTables>();
  tables->characters = character_set(options.clean);
  for (const std::string& path : options.filter.profanity)
    add_word_list(path, RefineTables::kProfanityList, tables->words);
  for (const std::string& path : options.filter.spam) add_word_list(path, RefineTables::kSpamList, tables->words);
  tables->words.finish();
  if (!options.category.categories.empty())
    tables->categories.emplace(CategoryModel::load(options.category.categories));
  return tables;
}

Refiner::Refiner(const RefineOptions& options, std::shared_ptr<const RefineTables> tables)
    : options_(options),
      tables_(std::move(tables)),
      cleaner_(options.clean, tables_->characters),
      facts_(options.filter.max_repeated_share) {
  if (options.examples) contamination_.emplace(options.contamination, options.examples);
}

RefinedBatch Refiner::refine(const RecordBatch& batch) {
  RefinedBatch out;
  out.file = batch.file;
  out.number = batch.number;
  out.records = batch.records.size();
  out.raw_bytes = batch.bytes.size();
  out.stored_position = batch.stored_position;
  out.read = batch.read;
  out.max_bad_share = batch.layout->options.max_bad_share;
  out.documents.reserve(batch.records.size());
  for (size_t i = 0; i < batch.records.size(); ++i) {
    BadRecord bad;
    RefinedDocument refined;
    const auto outcome = parser_.parse(batch, i, refined.document, bad);
    if (!out.read.add(outcome, bad, refined.document)) continue;
    refine_document(refined, out);
    out.documents.push_back(std::move(refined));
  }
  cleaner_.take_counts(out.deleted);
  const auto take = [&](std::string_view table, std::string_view row, uint64_t& count) {
    if (count > 0) out.details[{std::string(table), std::string(row)}] += count;
    count = 0;
  };
  for (size_t i = 0; i < Cleaner::kStepCount; ++i) {
    take("changed documents", Cleaner::kStepNames[i], changed_documents_[i]);
    take("changed places", Cleaner::kStepNames[i], changed_places_[i]);
  }
  for (size_t i = 0; i < kPiiKindCount; ++i) take("personal data", pii_kinds()[i].name, masked_[i]);
  return out;
}

void Refiner::remove(Reason reason, const Document& document, std::string_view text, RefinedBatch& batch) {
  const ReasonInfo& info = reasons()[reason];
  // Reports are passed around: they show what personal data looked like, not whose it was.
  const bool is_personal = reason == kPersonalData;
  if (!is_personal || options_.clean.keep_personal_data)
    append_removed_record(batch.removed[reason], document, text, kStageNames[info.stage], info.name);
  ++batch.removed_records[reason];
  if (batch.removed_text[reason].size() < kMaxTexts)
    batch.removed_text[reason].emplace_back(is_personal ? blinded(text) : std::string(text));
}

// Documents of which the letters are of another language go before cleaning, which would leave nothing to tell it by.
bool Refiner::is_foreign(const Document& document, RefinedBatch& batch) {
  const auto& wanted = options_.filter.languages;
  const auto is_wanted = [&](std::string_view code) {
    return std::find(wanted.begin(), wanted.end(), code) != wanted.end();
  };
  if (is_wanted("all")) return false;
  const std::string language = detect_language(document.text, options_.filter.min_language_hangul);
  ++batch.details[{"languages", language}];
  return language != "un" && !is_wanted(language);
}

Cleaner::Result Refiner::clean(RefinedDocument& out, RefinedBatch& batch) {
  const Cleaner::Result cleaned = cleaner_.clean(out.document.text);
  for (size_t step = 0; step < Cleaner::kStepCount; ++step) {
    const Reason reason = kReasonOfStep[step];
    const Cuts& cuts = cleaned.cuts[step];
    out.funnel.removed[reason].bytes = cleaned.removed_bytes[step];
    changed_documents_[step] += cuts.places > 0;
    changed_places_[step] += cuts.places;
    if (reasons()[reason].kept && !cuts.text.empty()) remove(reason, out.document, cuts.text, batch);
  }
  for (size_t i = 0; i < kPiiKindCount; ++i) masked_[i] += cleaned.masked[i];
  return cleaned;
}

Reason Refiner::judge(std::string_view sentence) {
  static const std::vector<Reason> kReasons = reasons_of(sentence_rules());
  const int rule = first_rule(sentence_rules(), facts_.count(sentence), options_.filter);
  if (rule >= 0) return kReasons[static_cast<size_t>(rule)];
  if (tables_->words.empty()) return kStays;
  const auto words = tables_->words.find(sentence);
  if (words.empty()) return kStays;
  return words.front().list == RefineTables::kProfanityList ? kProfanity : kSpam;
}

void Refiner::judge_sentences(const Document& document, std::string_view text, const std::vector<Piece>& pieces) {
  why_.assign(pieces.size(), kStays);
  if (!tables_->boilerplate.empty() &&
      std::count(text.begin(), text.end(), '\n') + 1 >= static_cast<std::ptrdiff_t>(kBoilerplateLines)) {
    size_t piece = 0;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const bool goes =
          tables_->boilerplate.contains(boilerplate_key(document.source, text.substr(begin, end - begin)));
      for (; piece < pieces.size() && pieces[piece].begin < end; ++piece) {
        if (goes) why_[piece] = kBoilerplate;
      }
      begin = end + 1;
    }
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (why_[i] == kStays) why_[i] = judge(text.substr(pieces[i].begin, pieces[i].size));
  }
}

// Takes out what judge_sentences() found; document.text becomes what stays of the cleaned `text`.
void Refiner::drop_sentences(RefinedDocument& out, std::string_view text, RefinedBatch& batch) {
  Document& document = out.document;
  Reason first = kStays, last = kStays;
  int64_t removed_bytes = 0;
  size_t kept = 0;
  for (size_t i = 0; i < out.pieces.size(); ++i) {
    if (why_[i] == kStays) {
      ++kept;
      continue;
    }
    const std::string_view sentence = text.substr(out.pieces[i].begin, out.pieces[i].size);
    remove(why_[i], document, sentence, batch);
    ++out.funnel.removed[why_[i]].sentences;
    out.funnel.removed[why_[i]].bytes += static_cast<int64_t>(sentence.size());
    removed_bytes += static_cast<int64_t>(sentence.size());
    if (first == kStays) first = why_[i];
    last = why_[i];
  }
  if (kept == out.pieces.size()) {
    document.text.assign(text);
    return;
  }
  std::string left = keep_pieces(text, out.pieces, [&](size_t i) { return why_[i] == kStays; });
  // Blanks and line breaks around what went go with it.
  out.funnel.removed[first].bytes += static_cast<int64_t>(text.size() - left.size()) - removed_bytes;
  if (kept == 0) out.funnel.removed[last].documents = 1;
  document.text = std::move(left);
}

// Takes out all that is left if a rule of documents says so.
void Refiner::drop_document(RefinedDocument& out, RefinedBatch& batch) {
  static const std::vector<Reason> kReasons = reasons_of(document_rules());
  const int rule = first_rule(document_rules(), facts_.count_document(out.document.text), options_.filter);
  if (rule < 0) return;
  const Reason reason = kReasons[static_cast<size_t>(rule)];
  remove(reason, out.document, out.document.text, batch);
  Amount& amount = out.funnel.removed[reason];
  amount.documents = 1;
  amount.sentences += static_cast<int64_t>(out.pieces.size());
  amount.bytes += static_cast<int64_t>(out.document.text.size());
  out.pieces.clear();
  out.document.text.clear();
}

// A category that came with the document stays; what the model would have said is counted against it.
void Refiner::tell_category(Document& document, RefinedBatch& batch) {
  const CategoryModel::Guess guess =
      tables_->categories->guess(document.text, options_.category.min_category_confidence);
  const int tenth = std::min(9, static_cast<int>(guess.confidence * 10));
  ++batch.details[{"category confidence", base::str("0.", tenth, " or more")}];
  if (!document.category.empty()) {
    ++batch.details[{"categories given and told", base::str(document.category, " > ", guess.category)}];
    return;
  }
  document.category = guess.category;
  if (!document.extra.empty()) document.extra += ',';
  document.extra += base::str("\"category_confidence\":", base::fixed(guess.confidence, 3));
}

void Refiner::refine_document(RefinedDocument& out, RefinedBatch& batch) {
  Document& document = out.document;
  Funnel& funnel = out.funnel;
  const bool came_empty = document.text.empty();
  funnel.in = {1, 0, static_cast<int64_t>(document.text.size())};
  if (is_foreign(document, batch)) {
    funnel.removed[kLanguage] = {1, 0, funnel.in.bytes};
    remove(kLanguage, document, document.text, batch);
    document.text.clear();
    return;
  }

  const Cleaner::Result cleaned = clean(out, batch);
  divide(cleaned.text, sentences_, out.pieces);
  if (out.pieces.empty()) {
    // Without collapse_blanks a text of blanks alone may be left: it goes as blanks do.
    Reason reason = came_empty ? kEmpty : kBlanks;
    for (const Cleaner::Step step : {Cleaner::kHtml, Cleaner::kControls, Cleaner::kCharacters}) {
      if (cleaned.cuts[step].places > 0) reason = kReasonOfStep[step];
    }
    funnel.removed[reason].documents = 1;
    funnel.removed[reason].bytes += static_cast<int64_t>(cleaned.text.size());
    document.text.clear();
    return;
  }
  funnel.in.sentences = static_cast<int64_t>(out.pieces.size());
  judge_sentences(document, cleaned.text, out.pieces);
  drop_sentences(out, cleaned.text, batch);
  if (!out.pieces.empty()) drop_document(out, batch);
  if (out.pieces.empty()) return;
  if (tables_->categories) tell_category(document, batch);
  if (options_.dedup.exact) {
    for (Piece& piece : out.pieces) {
      piece.hash = sentence_hash(std::string_view(document.text).substr(piece.begin, piece.size));
    }
  }
  if (contamination_) {
    hits_.clear();
    contamination_->find(document.text, out.pieces, hits_);
    for (const ContaminationHit& hit : hits_) batch.contamination.push_back({hit, document.id});
  }
  if (options_.dedup.hashes_documents()) out.hash = sentence_hash(document.text);
  out.characters = code_points(document.text);
  append_record(out.record, document, document.text);
}

uint64_t code_points(std::string_view text) {
  return static_cast<uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace lmkor::corpus
