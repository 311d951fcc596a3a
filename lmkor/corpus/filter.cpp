#include "lmkor/corpus/filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "lmkor/text/hangul.h"
#include "lmkor/text/scan.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

double share(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

bool too_short(const SentenceFacts& facts, const FilterOptions& options) {
  return facts.characters < options.min_characters;
}

// Foreign text, code, numbers, and keyboard noise of one or two characters ("ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ").
bool useless(const SentenceFacts& facts, const FilterOptions& options) {
  if (options.min_hangul_share > 0 &&
      (facts.hangul == 0 || share(facts.hangul, facts.visible) < options.min_hangul_share)) {
    return true;
  }
  return facts.distinct < options.min_distinct;
}

bool few_letters(const SentenceFacts& facts, const FilterOptions& options) {
  return facts.letters < options.min_letters;
}

bool symbols(const SentenceFacts& facts, const FilterOptions& options) {
  // Jamo are how people laugh and cry: neither words nor symbols.
  return share(facts.visible - facts.letters - facts.jamo - facts.digits, facts.visible) > options.max_symbol_share;
}

bool repetitive(const SentenceFacts& facts, const FilterOptions& options) {
  return facts.repeated_share > options.max_repeated_share;
}

bool repetitive_document(const DocumentFacts& facts, const FilterOptions& options) {
  return facts.repeated_share > options.max_document_repeated_share;
}

bool list(const DocumentFacts& facts, const FilterOptions& options) {
  return facts.lines >= DocumentFacts::kMinLines && share(facts.list_lines, facts.lines) > options.max_list_share;
}

constexpr FilterRule<SentenceFacts> kSentenceRules[] = {
    {"too_short", too_short}, {"useless", useless},       {"few_letters", few_letters},
    {"symbols", symbols},     {"repetitive", repetitive},
};
constexpr FilterRule<DocumentFacts> kDocumentRules[] = {
    {"repetitive_document", repetitive_document},
    {"list", list},
};

// Short lines that end no sentence are headings, entries of menus, tags.
constexpr size_t kShortLine = 45;  // bytes: 15 syllables

bool is_list_line(std::string_view line) {
  constexpr std::u32string_view kMarks = U"-*+·•∙○●□■▶▷◆◇★☆※✓✔>|#=";
  const char32_t first = text::decode_one(line).code_point;
  if (kMarks.find(first) != std::u32string_view::npos) return true;
  size_t digits = 0;
  while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
  if (digits > 0 && digits < 4 && digits + 1 < line.size() && (line[digits] == '.' || line[digits] == ')') &&
      line[digits + 1] == ' ') {
    return true;
  }
  if (line.size() >= kShortLine) return false;
  constexpr std::string_view kEnds[] = {".", "?", "!", "~", "다", "요", "죠", "까", "네", "음", "함", "됨", "임"};
  return std::none_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view end) { return line.ends_with(end); });
}

constexpr int64_t kMaxTriples = 4096;

bool is_blank(char32_t c) { return c == ' ' || c == '\t' || c == '\n'; }

}  // namespace

void FilterOptions::fields(config::Fields& f) {
  f.add("languages", languages,
        "documents in other languages are removed (ISO 639 codes as CLD2 tells them; un: not certain, which always "
        "stays); all keeps every one",
        config::required());
  f.add("min_language_hangul", min_language_hangul,
        "documents with at least this share of Hangul among their letters are Korean without asking CLD2",
        config::share());
  f.add("min_characters", min_characters, "sentences of fewer code points are removed", config::at_least(0));
  f.add("min_letters", min_letters, "sentences of fewer letters (syllables, Latin and others) are removed",
        config::at_least(0));
  f.add("min_hangul_share", min_hangul_share,
        "sentences with a smaller share of Hangul among their visible characters are removed, 0 to keep all",
        config::share());
  f.add("max_symbol_share", max_symbol_share,
        "sentences with a larger share of visible characters that are neither letters, jamo nor digits are removed",
        config::share());
  f.add("min_distinct", min_distinct, "sentences of fewer different characters are removed",
        config::between(0, SentenceFacts::kMaxDistinct));
  f.add("max_repeated_share", max_repeated_share,
        "sentences in which a larger share of the character triples came before are removed", config::share());
  f.add("max_document_repeated_share", max_document_repeated_share,
        "documents of which a larger share lies in runs of five words that came before are removed", config::share());
  f.add("max_list_share", max_list_share,
        "documents of ten lines or more with a larger share of entries of lists are removed", config::share());
  f.add(
      "boilerplate_documents", boilerplate_documents,
      "lines that stand in so many documents of one source are removed everywhere, 0 to keep them (exact dedup leaves "
      "one of each); takes another pass over the input",
      config::at_least(0));
  f.add("profanity", profanity, "files of words; sentences that hold one are removed");
  f.add("spam", spam, "files of words; sentences that hold one are removed");
}

FactCounter::FactCounter(double exact_above) : exact_above_(exact_above), slots_(1024), used_(1024), mask_(1023) {}

void FactCounter::clear(size_t keys) {
  const size_t wanted = std::bit_ceil(keys * 2);
  if (wanted > slots_.size()) {
    slots_.assign(wanted, 0);
    used_.assign(wanted, 0);
    round_ = 0;
  }
  // A small set stays in a small part of the table.
  mask_ = std::max<size_t>(wanted, 64) - 1;
  if (++round_ == 0) {
    std::fill(used_.begin(), used_.end(), 0);
    round_ = 1;
  }
}

bool FactCounter::insert(uint64_t key) {
  for (uint64_t at = key * 0x9E3779B97F4A7C15u >> 32;; ++at) {
    const size_t slot = at & mask_;
    if (used_[slot] != round_) {
      used_[slot] = round_;
      slots_[slot] = key;
      return true;
    }
    if (slots_[slot] == key) return false;
  }
}

namespace {

// Different visible characters of `sentence`, up to kMaxDistinct.
int64_t count_distinct(std::string_view sentence) {
  char32_t seen[SentenceFacts::kMaxDistinct];
  int64_t distinct = 0;
  for (size_t i = 0; i < sentence.size() && distinct < SentenceFacts::kMaxDistinct;) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(sentence.data() + i, bytes);
    i += bytes;
    if (!is_blank(c) && std::find(seen, seen + distinct, c) == seen + distinct) seen[distinct++] = c;
  }
  return distinct;
}

// A number of different visible characters that `sentence` has at least; counting ends at `enough`.
int64_t least_distinct(std::string_view sentence, int64_t enough) {
  uint64_t marks[4] = {};  // a bit for each character, which some share
  int64_t count = 0;
  for (size_t i = 0; i < sentence.size() && count < enough;) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(sentence.data() + i, bytes);
    i += bytes;
    if (is_blank(c)) continue;
    const uint32_t bit = c * 0x9E3779B1u >> 24;
    const uint64_t mark = uint64_t{1} << bit % 64;
    count += (marks[bit / 64] & mark) == 0;
    marks[bit / 64] |= mark;
  }
  return count;
}

struct Word {
  uint64_t hash;
  size_t end;
};

// The word of `line` that begins at `i`, up to a blank or the end.
Word word_at(std::string_view line, size_t i) {
  constexpr uint64_t kEach = 0x0101010101010101, kBlanks = kEach * ' ';
  for (uint64_t hash = 0;; i += sizeof hash) {
    uint64_t bytes = kBlanks;
    if (i + sizeof bytes <= line.size()) {
      std::memcpy(&bytes, line.data() + i, sizeof bytes);
    } else {
      std::memcpy(&bytes, line.data() + i, line.size() - i);
    }
    const uint64_t differs = bytes ^ kBlanks;
    const uint64_t blank = (differs - kEach) & ~differs & kEach << 7;  // the lowest bit is right
    if (blank == 0) {
      hash = (hash ^ bytes) * 0x9E3779B97F4A7C15;
      hash ^= hash >> 32;
      continue;
    }
    const int bits = std::countr_zero(blank) - 7;
    hash = (hash ^ (bytes & ((uint64_t{1} << bits) - 1))) * 0xD6E8FEB86659FD93;
    return {hash ^ hash >> 32, i + static_cast<size_t>(bits) / 8};
  }
}

// Hangul and letters among the characters that scan_characters() calls others.
void count_others(std::string_view sentence, SentenceFacts& facts) {
  for (size_t i = 0; i < sentence.size();) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(sentence.data() + i, bytes);
    i += bytes;
    if (text::is_conjoining_jamo(c)) {
      ++facts.hangul;
      ++facts.jamo;
    } else if (c >= 0x80 && !text::is_hangul(c)) {
      facts.letters += text::is_other_letter(c);
    }
  }
}

}  // namespace

double FactCounter::repeated_share(std::string_view sentence, int64_t visible) {
  const int64_t triples = std::min(visible - 2, kMaxTriples);
  clear(static_cast<size_t>(triples));
  uint64_t triple = 0;
  int64_t seen = 0, repeated = 0;
  // With so many different ones the share is one that need not be told.
  const auto enough = triples - static_cast<int64_t>(std::floor(exact_above_ * static_cast<double>(triples)));
  for (size_t i = 0; i < sentence.size() && seen < triples + 2;) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(sentence.data() + i, bytes);
    i += bytes;
    if (is_blank(c)) continue;
    triple = (triple << 21 | c) & 0x7FFFFFFFFFFFFFFF;
    if (++seen < 3) continue;
    repeated += !insert(triple);
    if (seen - 2 - repeated >= enough) return 0;
  }
  return share(repeated, triples);
}

SentenceFacts FactCounter::count(std::string_view sentence) {
  const text::CharacterScan scan = text::scan_characters(sentence);
  SentenceFacts facts;
  facts.characters = static_cast<int64_t>(scan.characters);
  facts.visible = facts.characters - static_cast<int64_t>(scan.blanks);
  facts.jamo = static_cast<int64_t>(scan.jamo);
  facts.hangul = static_cast<int64_t>(scan.syllables + scan.jamo);
  facts.letters = static_cast<int64_t>(scan.syllables + scan.latin);
  facts.digits = static_cast<int64_t>(scan.digits);
  if (scan.others > 0) count_others(sentence, facts);

  // There are as many different triples as different characters, but for the first two: with enough of these the share
  // need not be counted.
  const bool may_repeat = facts.visible >= SentenceFacts::kMinRepeating;
  const double most_repeated = exact_above_ * static_cast<double>(facts.visible - 2);
  const int64_t enough_for_share =
      may_repeat ? facts.visible - static_cast<int64_t>(std::floor(most_repeated)) : int64_t{0};
  const int64_t enough = std::max(SentenceFacts::kMaxDistinct, enough_for_share);
  const int64_t distinct = least_distinct(sentence, enough);
  facts.distinct = distinct >= SentenceFacts::kMaxDistinct ? SentenceFacts::kMaxDistinct : count_distinct(sentence);
  if (may_repeat && std::max(distinct, facts.distinct) < enough_for_share)
    facts.repeated_share = repeated_share(sentence, facts.visible);
  return facts;
}

FactCounter::DocumentFacts FactCounter::count_document(std::string_view text) {
  DocumentFacts facts;
  words_.clear();
  const bool may_repeat = text.size() >= 2 * DocumentFacts::kMinWords - 1;
  // So short a text has neither lines nor words enough.
  if (text.size() < 2 * DocumentFacts::kMinLines) return facts;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (!line.empty()) {
      ++facts.lines;
      facts.list_lines += is_list_line(line);
    }
    // Words are of no use in texts that cannot have enough of them.
    for (size_t i = may_repeat ? 0 : line.size(); i < line.size();) {
      const Word word = word_at(line, i);
      if (word.end > i) words_.push_back({word.hash, static_cast<uint32_t>(word.end - i)});
      i = word.end + 1;
    }
    begin = end + 1;
  }
  if (words_.size() < DocumentFacts::kMinWords) return facts;
  clear(words_.size());
  int64_t bytes = 0, repeated = 0;
  size_t counted = 0;  // words before this one are in a run that came before
  for (size_t i = 0; i < words_.size(); ++i) {
    bytes += words_[i].second;
    if (i + 1 < DocumentFacts::kRunWords) continue;
    uint64_t run = 0;
    for (size_t k = i + 1 - DocumentFacts::kRunWords; k <= i; ++k) run = std::rotl(run, 13) * 31 + words_[k].first;
    if (insert(run)) continue;
    for (size_t k = std::max(counted, i + 1 - DocumentFacts::kRunWords); k <= i; ++k) repeated += words_[k].second;
    counted = i + 1;
  }
  facts.repeated_share = share(repeated, bytes);
  return facts;
}

std::span<const FilterRule<SentenceFacts>> sentence_rules() { return kSentenceRules; }
std::span<const FilterRule<DocumentFacts>> document_rules() { return kDocumentRules; }

}  // namespace lmkor::corpus
