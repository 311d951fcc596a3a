#include "lmkor/corpus/refine.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/text/sentence.h"

namespace lmkor::corpus {
namespace {

// Samples are taken at growing distances, so a batch needs no more texts than this to hit the next one early on.
constexpr size_t kMaxTexts = 64;

constexpr Reason kReasonOfStep[Cleaner::kStepCount] = {kUnicodeForm, kCharacters, kBlanks};

// The reason that a filter rule gives, by its name.
Reason reason_of_rule(int rule) {
  const std::string_view name = filter_rules()[static_cast<size_t>(rule)].reason;
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (reasons()[i].name == name) return static_cast<Reason>(i);
  }
  throw base::Error(base::ErrorKind::kInternal, base::str("no reason called ", name, " in tally.cpp"));
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
}

Refiner::Refiner(const RefineOptions& options, std::shared_ptr<const CharacterSet> characters)
    : options_(options), cleaner_(options.clean, std::move(characters)) {}

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
  return out;
}

void Refiner::remove(Reason reason, const Document& document, std::string_view text, RefinedBatch& batch) {
  const ReasonInfo& info = reasons()[reason];
  append_removed_record(batch.removed[reason], document, text, kStageNames[info.stage], info.name);
  ++batch.removed_records[reason];
  if (batch.removed_text[reason].size() < kMaxTexts) batch.removed_text[reason].emplace_back(text);
}

void Refiner::refine_document(RefinedDocument& out, RefinedBatch& batch) {
  Document& document = out.document;
  Funnel& funnel = out.funnel;
  const bool came_empty = document.text.empty();
  funnel.in = {1, 0, static_cast<int64_t>(document.text.size())};

  const Cleaner::Result cleaned = cleaner_.clean(document.text);
  for (int step = 0; step < Cleaner::kStepCount; ++step) {
    funnel.removed[kReasonOfStep[step]].bytes = cleaned.removed_bytes[static_cast<size_t>(step)];
  }
  if (!cleaned.deleted.empty()) remove(kCharacters, document, cleaned.deleted, batch);

  out.pieces.clear();
  divide(cleaned.text, sentences_, out.pieces);
  if (out.pieces.empty()) {
    // Without collapse_blanks a text of blanks alone may be left: it goes as blanks do.
    const Reason reason = came_empty ? kEmpty : cleaned.deleted.empty() ? kBlanks : kCharacters;
    funnel.removed[reason].documents = 1;
    funnel.removed[reason].bytes += static_cast<int64_t>(cleaned.text.size());
    document.text.clear();
    return;
  }
  funnel.in.sentences = static_cast<int64_t>(out.pieces.size());

  std::vector<int> rules(out.pieces.size(), -1);
  int first_rule = -1, last_rule = -1;
  int64_t removed_bytes = 0;
  size_t kept = 0;
  for (size_t i = 0; i < out.pieces.size(); ++i) {
    const std::string_view sentence = cleaned.text.substr(out.pieces[i].begin, out.pieces[i].size);
    rules[i] = filter_sentence(sentence, options_.filter);
    if (rules[i] < 0) {
      ++kept;
      continue;
    }
    const Reason reason = reason_of_rule(rules[i]);
    remove(reason, document, sentence, batch);
    ++funnel.removed[reason].sentences;
    funnel.removed[reason].bytes += static_cast<int64_t>(sentence.size());
    removed_bytes += static_cast<int64_t>(sentence.size());
    if (first_rule < 0) first_rule = rules[i];
    last_rule = rules[i];
  }
  if (kept == out.pieces.size()) {
    document.text.assign(cleaned.text);
  } else {
    std::string text = keep_pieces(cleaned.text, out.pieces, [&](size_t i) { return rules[i] < 0; });
    // Blanks and line breaks around what went go with it.
    funnel.removed[reason_of_rule(first_rule)].bytes +=
        static_cast<int64_t>(cleaned.text.size() - text.size()) - removed_bytes;
    if (kept == 0) funnel.removed[reason_of_rule(last_rule)].documents = 1;
    document.text = std::move(text);
  }
  if (kept == 0) return;
  if (options_.dedup.exact) {
    for (Piece& piece : out.pieces) {
      piece.hash = sentence_hash(std::string_view(document.text).substr(piece.begin, piece.size));
    }
  }
  out.characters = code_points(document.text);
  append_record(out.record, document, document.text);
}

uint64_t code_points(std::string_view text) {
  return static_cast<uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace lmkor::corpus
