#include "lmkor/corpus/collector.h"

#include <algorithm>
#include <bit>

#include "lmkor/base/str.h"

namespace lmkor::corpus {

using base::str;

std::string part_name(std::string_view stem, size_t part) {
  const std::string digits = std::to_string(part);
  return str(stem, "-", std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0'), digits, ".jsonl.zst");
}

void Collector::add_removed(Reason reason, std::string_view records) {
  if (records.empty()) return;
  auto& file = removed_[reason];
  if (!file) file.emplace(folder_ / "removed" / part_name(reasons()[reason].name, part_));
  file->write(records);
}

void Collector::put_removed(const Document& document, Reason reason, std::string_view text, std::string_view note,
                            Tally& tally) {
  line_.clear();
  append_removed_record(line_, document, text, kStageNames[reasons()[reason].stage], reasons()[reason].name, note);
  add_removed(reason, line_);
  tally.add_removed(reason, text);
}

void Collector::take(RefinedBatch&& batch, size_t file, Tally& tally) {
  if (!docs_) docs_.emplace(folder_ / part_name("docs", part_));
  if (tally.records_of_input.size() <= file) tally.records_of_input.resize(file + 1);
  tally.records_of_input[file] += batch.records;
  tally.read.merge(batch.read);
  tally.read.check_share(batch.max_bad_share, false);
  for (RefinedDocument& document : batch.documents) take_document(document, tally);
  for (size_t i = 0; i < kReasonCount; ++i) {
    const auto reason = static_cast<Reason>(i);
    add_removed(reason, batch.removed[reason]);
    for (uint64_t n = 0; n < batch.removed_records[reason]; ++n) {
      const auto& texts = batch.removed_text[reason];
      tally.add_removed(reason, texts[std::min<size_t>(n, texts.size() - 1)]);
    }
  }
  for (const auto& [c, count] : batch.deleted) tally.deleted[c] += count;
  for (const auto& [name, count] : batch.details) tally.details[name] += count;
  for (const FoundExample& found : batch.contamination) {
    ExampleHits& hits = tally.contamination[found.hit.example];
    ++hits.places[static_cast<size_t>(found.hit.kind)];
    if (hits.first_id.empty()) hits.first_id = found.document_id;
  }
  raw_bytes_ += batch.raw_bytes;
}

void Collector::commit() {
  docs_->commit();
  docs_.reset();
  for (auto& file : removed_) {
    if (file) file->commit();
    file.reset();
  }
  ++part_;
  raw_bytes_ = 0;
}

void Collector::take_document(RefinedDocument& refined, Tally& tally) {
  if (!refined.pieces.empty()) {
    decider_.decide(refined, verdict_);
    if (verdict_.whole != kReasonCount) {
      remove_document(refined, tally);
    } else {
      if (!verdict_.cuts.empty()) cut_words(refined, tally);
      remove_pieces(
          refined, kRepeated, [&](size_t i) { return verdict_.repeated[i]; }, tally);
      remove_pieces(
          refined, kContaminated, [&](size_t i) { return refined.pieces[i].contaminated; }, tally);
    }
  }
  if (!refined.record.empty()) {
    docs_->write(refined.record);
    count_characters(refined.document.text, tally.characters);
    const int power = std::bit_width(std::max<uint64_t>(refined.characters, 1)) - 1;
    ++tally.lengths[std::min(static_cast<size_t>(power), tally.lengths.size() - 1)];
  }
  tally.total += refined.funnel;
  tally.group(refined.document.source, refined.document.category) += refined.funnel;
}

void Collector::remove_document(RefinedDocument& refined, Tally& tally) {
  put_removed(refined.document, verdict_.whole, refined.document.text, verdict_.note, tally);
  refined.funnel.removed[verdict_.whole] = {1, static_cast<int64_t>(refined.pieces.size()),
                                            static_cast<int64_t>(refined.document.text.size())};
  refined.pieces.clear();
  refined.document.text.clear();
  refined.record.clear();
}

template <class Goes>
void Collector::remove_pieces(RefinedDocument& refined, Reason reason, Goes&& goes, Tally& tally) {
  const std::string& text = refined.document.text;
  int64_t count = 0;
  for (size_t i = 0; i < refined.pieces.size(); ++i) {
    if (!goes(i)) continue;
    ++count;
    const Piece& piece = refined.pieces[i];
    put_removed(refined.document, reason, std::string_view(text).substr(piece.begin, piece.size), {}, tally);
  }
  if (count == 0) return;
  std::vector<bool> stays(refined.pieces.size());
  for (size_t i = 0; i < stays.size(); ++i) stays[i] = !goes(i);
  std::string left = keep_pieces(text, refined.pieces, [&](size_t i) { return stays[i]; });
  Amount& removed = refined.funnel.removed[reason];
  removed += {left.empty() ? 1 : 0, count, static_cast<int64_t>(text.size() - left.size())};
  refined.document.text = std::move(left);
  refined.characters = code_points(refined.document.text);
  refined.record.clear();
  if (!refined.document.text.empty()) append_record(refined.record, refined.document, refined.document.text);
}

void Collector::cut_words(RefinedDocument& refined, Tally& tally) {
  const std::string& text = refined.document.text;
  std::string out;
  auto cut = verdict_.cuts.begin();
  size_t kept = 0;
  int64_t gone = 0;
  char due = '\0';
  const auto put = [&](std::string_view words, char separator) {
    while (!words.empty() && words.front() == ' ') words.remove_prefix(1);
    while (!words.empty() && words.back() == ' ') words.remove_suffix(1);
    if (words.empty()) return false;
    if (!out.empty() && separator != '\0') out += separator;
    out += words;
    return true;
  };
  for (size_t i = 0; i < refined.pieces.size(); ++i) {
    Piece piece = refined.pieces[i];
    if (piece.separator == '\n' || due == '\0') due = piece.separator;
    size_t at = piece.begin;
    const size_t end = piece.begin + piece.size;
    const size_t piece_begin = out.size();
    bool any = false;
    const auto keep = [&](size_t stop) { any |= put(std::string_view(text).substr(at, stop - at), any ? ' ' : due); };
    for (; cut != verdict_.cuts.end() && cut->piece == i; ++cut) {
      keep(cut->begin);
      std::string_view words = std::string_view(text).substr(cut->begin, cut->end - cut->begin);
      while (words.ends_with(' ')) words.remove_suffix(1);
      put_removed(refined.document, kRepeatedWords, words, {}, tally);
      at = cut->end;
    }
    keep(end);
    if (!any) {
      ++gone;
      continue;
    }
    piece.separator = piece_begin == 0 ? '\0' : due;
    piece.begin = static_cast<uint32_t>(piece_begin + (piece.separator != '\0'));
    piece.size = static_cast<uint32_t>(out.size() - piece.begin);
    verdict_.repeated[kept] = verdict_.repeated[i];
    refined.pieces[kept++] = piece;
    due = '\0';
  }
  refined.pieces.resize(kept);
  verdict_.repeated.resize(kept);
  refined.funnel.removed[kRepeatedWords] += {out.empty() ? 1 : 0, gone, static_cast<int64_t>(text.size() - out.size())};
  refined.document.text = std::move(out);
  refined.characters = code_points(refined.document.text);
  refined.record.clear();
  if (!refined.document.text.empty()) append_record(refined.record, refined.document, refined.document.text);
}

}  // namespace lmkor::corpus
