#include "lmkor/vocab/train.h"

#include <algorithm>
#include <unordered_map>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/vocab/merger.h"
#include "lmkor/vocab/segments.h"

namespace lmkor::vocab {
namespace {

using base::Error;
using base::ErrorKind;
using base::grouped;
using base::str;

constexpr uint64_t kMergesBetweenChecks = 256;
constexpr char32_t kCodePoints = 0x110000;
// Bytes that merging takes for each character of the different words, in all its arrays (measured: 10 to 14).
constexpr uint64_t kBytesPerCharacter = 16;

class Trainer {
 public:
  Trainer(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings, const TrainPlan& plan)
      : counts_(counts), options_(options), settings_(settings), plan_(plan), room_(options.size - options.unused) {}

  Trained run() {
    const char* const specials[] = {settings_.pad.c_str(), settings_.unk.c_str(), settings_.cls.c_str(),
                                    settings_.sep.c_str(), settings_.mask.c_str()};
    for (const char* token : specials) add_token(token);
    out_.specials = out_.tokens.size();
    const Segments segments(options_.pre_split, settings_);
    add_characters();
    add_kept_terms();
    require_room();
    merge_all(segments);
    require_full();
    out_.unused = static_cast<uint64_t>(options_.unused);
    for (uint64_t i = 0; i < out_.unused; ++i) out_.tokens.push_back(str("[unused", i, "]"));
    return std::move(out_);
  }

 private:
  uint32_t add_token(std::string token) {
    const auto [found, added] = ids_.emplace(std::move(token), static_cast<uint32_t>(out_.tokens.size()));
    if (added) out_.tokens.push_back(found->first);
    return found->second;
  }
  uint64_t units(int64_t count) const { return static_cast<uint64_t>(count) * counts_.info.unit; }

  void add_characters() {
    out_.alphabet = characters_of(counts_, plan_.threads);
    choose(out_.alphabet, units(options_.min_character_count), options_.alphabet_coverage);
    plain_.assign(kCodePoints, Merger::kGap);
    inside_.assign(kCodePoints, Merger::kGap);
    for (const Character& c : out_.alphabet) {
      if (c.kept) plain_[c.code_point] = add_token(text::to_utf8({&c.code_point, 1}));
    }
    out_.characters = out_.tokens.size() - out_.specials;
    for (const Character& c : out_.alphabet) {
      if (!c.kept || !c.inside) continue;
      inside_[c.code_point] = add_token(settings_.continuing_prefix + text::to_utf8({&c.code_point, 1}));
    }
    out_.continuations = out_.tokens.size() - out_.specials - out_.characters;
  }

  // As they are matched: normalised, one word each. "##" before a term makes it a piece inside words.
  void add_kept_terms() {
    const tokenizer::Pretokenizer pretokenizer(settings_);
    tokenizer::Words words;
    const size_t before = out_.tokens.size();
    for (const std::string& term : options_.keep) {
      const bool continues =
          term.size() > settings_.continuing_prefix.size() && term.starts_with(settings_.continuing_prefix);
      const std::string prefix = continues ? settings_.continuing_prefix : "";
      pretokenizer.split(std::string_view(term).substr(prefix.size()), words);
      if (words.words.size() != 1) {
        std::vector<std::string> parts;
        for (const auto& word : words.words) {
          parts.push_back(text::to_utf8(std::u32string_view(words.chars).substr(word.begin, word.end - word.begin)));
        }
        throw Error(ErrorKind::kUsage,
                    str("--keep \"", term, "\": got ", parts.size(), " words (", base::join(parts, " "),
                        "), expected one: the tokenizer divides text at blanks and punctuation "
                        "before it looks for pieces"));
      }
      add_token(prefix + text::to_utf8(words.chars));
    }
    out_.kept_terms = out_.tokens.size() - before;
  }

  void require_room() const {
    if (static_cast<int64_t>(out_.tokens.size()) <= room_) return;
    throw Error(ErrorKind::kData,
                str("the text has more characters than the vocabulary has room for: got ", grouped(out_.characters),
                    " characters and ", grouped(out_.continuations), " ## characters",
                    out_.kept_terms > 0 ? str(" and ", grouped(out_.kept_terms), " terms to keep") : "",
                    ", expected at most ", grouped(room_ - static_cast<int64_t>(out_.specials)), " in all (--size ",
                    options_.size, " less --unused ", options_.unused, " and ", out_.specials,
                    " special tokens); raise --size to ", static_cast<int64_t>(out_.tokens.size()) + options_.unused,
                    " or more, raise --min-character-count or lower --alphabet-coverage"));
  }

  // Each word as a row of ids. A gap stands for a character that is left out and where --pre-split divides the word:
  // nothing is joined across it.
  void add_words(Merger& merger, const Segments& segments) {
    WordReader reader = counts_.reader();
    WordCount word;
    std::u32string chars;
    std::vector<uint32_t> row, cuts;
    for (uint64_t number = 0; reader.next(word); ++number) {
      if (number % (1 << 16) == 0) base::check_interrupt();
      const auto note = [&](WordAmount& amount) {
        ++amount.different;
        amount.count += word.count;
      };
      if (word.count < units(options_.min_count)) {
        note(out_.rare_words);
        continue;
      }
      chars.clear();
      for (std::string_view rest = word.word; !rest.empty();) {
        uint32_t bytes = 0;
        chars.push_back(text::decode_valid(rest.data(), bytes));
        rest.remove_prefix(bytes);
      }
      if (options_.max_word_length > 0 && chars.size() > static_cast<size_t>(options_.max_word_length)) {
        note(out_.long_words);
        continue;
      }
      if (segments.cuts(word.word, chars, cuts)) note(out_.segmented_words);
      row.clear();
      bool whole = true;
      auto cut = cuts.begin();
      for (uint32_t i = 0; i < chars.size(); ++i) {
        if (cut != cuts.end() && *cut == i) {
          row.push_back(Merger::kGap);
          ++cut;
        }
        row.push_back((i == 0 ? plain_ : inside_)[chars[i]]);
        whole = whole && row.back() != Merger::kGap;
      }
      if (!whole) note(out_.cut_words);
      merger.add_word(row, word.count);
    }
  }

  void merge_all(const Segments& segments) {
    uint64_t characters = 3 * counts_.different;
    for (const Character& c : out_.alphabet) characters += c.words;
    const bool fits = plan_.memory_bytes == 0 || characters * kBytesPerCharacter <= plan_.memory_bytes / 2;
    Merger merger(units(options_.min_frequency), fits ? std::filesystem::path() : plan_.dir, plan_.memory_bytes);
    add_words(merger, segments);
    merger.find_pairs();
    const size_t before = out_.tokens.size();
    base::Progress progress("merge", "pieces", static_cast<uint64_t>(room_));
    while (static_cast<int64_t>(out_.tokens.size()) < room_) {
      const auto best = merger.best();
      if (!best) break;
      out_.last_merge_count = best->count;
      // A merge that rebuilds a piece of another division takes its id.
      merger.merge(
          add_token(out_.tokens[best->left] + out_.tokens[best->right].substr(settings_.continuing_prefix.size())));
      if (++out_.merges % kMergesBetweenChecks == 0) {
        base::check_interrupt();
        progress.update(out_.tokens.size());
      }
    }
    progress.update(out_.tokens.size());
    out_.merged = out_.tokens.size() - before;
  }

  void require_full() const {
    const auto possible = static_cast<int64_t>(out_.tokens.size());
    if (possible >= room_) return;
    throw Error(
        ErrorKind::kData,
        str("the text does not allow so large a vocabulary: got ", grouped(possible), " possible pieces (",
            out_.specials, " special tokens, ", grouped(out_.characters), " characters, ", grouped(out_.continuations),
            " ## characters, ", out_.kept_terms > 0 ? str(grouped(out_.kept_terms), " terms to keep, ") : "",
            grouped(out_.merged), " merges seen at least ", options_.min_frequency, " times), expected ",
            grouped(room_), " (--size ", options_.size, " less --unused ", options_.unused,
            "); give more text, or --size ", possible + options_.unused, " or less"));
  }

  const Counts& counts_;
  const TrainOptions& options_;
  const tokenizer::Settings& settings_;
  const TrainPlan& plan_;
  const int64_t room_;  // tokens but the unused ones
  Trained out_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::vector<uint32_t> plain_, inside_;  // ids by code point
};

}  // namespace

void TrainOptions::fields(config::Fields& f) {
  f.add("size", size, "tokens of the vocabulary, everything counted", config::between(6, 1 << 24));
  f.add("unused", unused, "[unusedN] tokens at the end, free for terms added later", config::at_least(0));
  f.add("min_frequency", min_frequency, "merge only pairs seen at least so often", config::at_least(1));
  f.add("min_count", min_count, "train on words seen at least so often, 0: any", config::at_least(0));
  f.add("min_character_count", min_character_count, "keep characters seen at least so often", config::at_least(1));
  f.add("alphabet_coverage", alphabet_coverage,
        "keep the most frequent characters that make up this share of all; the report lists what falls out",
        config::share());
  f.add("max_word_length", max_word_length, "train on words of at most so many characters, 0: any",
        config::at_least(0));
  f.add("keep", keep, "terms that the vocabulary must hold as one piece");
  f.add("pre_split", pre_split,
        "what pieces may not cross: none, eojeol (a change of script inside an eojeol) or morphemes FILE (lines "
        "WORD<tab>PART PART...)");
}

void TrainOptions::check(config::Faults& faults) const {
  if (unused + 6 > size) {
    faults.add(str("unused: got ", unused, " of a vocabulary of ", size, ", expected at most ", size - 6,
                   ", so that special tokens and a piece fit"));
  }
  const std::string first = pre_split.empty() ? "" : pre_split.front();
  const size_t wanted = first == "morphemes" ? 2 : first == "none" || first == "eojeol" ? 1 : 0;
  if (wanted == 0 || pre_split.size() != wanted) {
    faults.add(str("pre_split: got \"", base::join(pre_split, " "), "\", expected none, eojeol or morphemes FILE"));
  }
}

Trained train(const Counts& counts, const TrainOptions& options, const tokenizer::Settings& settings,
              const TrainPlan& plan) {
  if (counts.different == 0) {
    throw Error(ErrorKind::kData, "the text holds no word: a vocabulary needs text to be trained on");
  }
  return Trainer(counts, options, settings, plan).run();
}

}  // namespace lmkor::vocab
