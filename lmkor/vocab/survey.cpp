#include "lmkor/vocab/survey.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/tokenizer/scratch_pool.h"

namespace lmkor::vocab {
namespace {

using base::str;

std::string pieces_of(const tokenizer::Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  std::vector<std::string> tokens;
  for (const int32_t id : ids) tokens.push_back(tokenizer.token(id));
  return base::join(tokens, " ");
}

bool learned(const tokenizer::Tokenizer& tokenizer, int32_t id) {
  return !tokenizer.is_special(id) && !tokenizer.is_unused(id) && !tokenizer.token(id).empty();
}

// Learned tokens of `a` that `b` lacks, most used first.
std::vector<int32_t> only_in(const tokenizer::Tokenizer& a, const std::vector<uint64_t>& uses,
                             const tokenizer::Tokenizer& b) {
  std::vector<int32_t> out;
  for (int32_t id = 0; id < a.size(); ++id) {
    if (learned(a, id) && b.id(a.token(id)) < 0) out.push_back(id);
  }
  std::stable_sort(out.begin(), out.end(),
                   [&](int32_t x, int32_t y) { return uses[static_cast<size_t>(x)] > uses[static_cast<size_t>(y)]; });
  return out;
}

// Of one block of words.
struct Part {
  uint64_t alike = 0, otherwise = 0, fewer_here = 0, fewer_there = 0;
  TopWords examples{30};
};

}  // namespace

void SourceUse::add(const SourceUse& other) {
  documents += other.documents;
  bytes += other.bytes;
  eojeols += other.eojeols;
  words += other.words;
  pieces += other.pieces;
  unknown_words += other.unknown_words;
}

SourceMeter::SourceMeter(const tokenizer::Tokenizer& tokenizer)
    : tokenizer_(tokenizer), pretokenizer_(tokenizer.settings()) {
  for (int32_t id = 0; id < tokenizer.size(); ++id) begins_word_.push_back(!tokenizer.is_continuation(id));
}

void SourceMeter::add(const std::string& source, std::string_view text, tokenizer::Tokenizer::Scratch& scratch,
                      Sources& to) {
  ids_.clear();
  tokenizer_.encode(text, scratch, ids_);
  SourceUse& use = to[source];
  ++use.documents;
  use.bytes += text.size();
  use.pieces += ids_.size();
  for (const int32_t id : ids_) {
    use.words += begins_word_[static_cast<size_t>(id)];
    use.unknown_words += id == tokenizer_.unk_id();
  }
  bool blank = true;
  for (const char byte : text) {
    const bool now = pretokenizer_.byte_class(byte) == tokenizer::Pretokenizer::kSpace;
    use.eojeols += blank && !now;
    blank = now;
  }
}

Comparison compare(const tokenizer::Tokenizer& tokenizer, const Stats& stats, const tokenizer::Tokenizer& other,
                   const std::string& other_origin, const Counts& counts, const std::vector<Character>& alphabet,
                   int threads) {
  const std::string rule = different_rule(tokenizer.settings(), other.settings());
  if (!rule.empty()) {
    throw base::Error(base::ErrorKind::kIncompatible, str(other_origin, ": normalises text with another ", rule,
                                                          " than --tokenizer, so the words of the "
                                                          "two differ; compare vocabularies of one normalisation"));
  }
  Comparison out;
  out.other = measure(other, counts, alphabet, threads);
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (tokenizer.token(id).empty()) continue;
    ++out.size;
    const int32_t there = other.id(tokenizer.token(id));
    out.shared += there >= 0;
    out.shared_ids += there == id;
  }
  for (int32_t id = 0; id < other.size(); ++id) out.other_size += !other.token(id).empty();
  out.only_here = only_in(tokenizer, stats.uses, other);
  out.only_there = only_in(other, out.other.uses, tokenizer);

  tokenizer::ScratchPool pool, other_pool;
  TopWords examples(30);
  visit_blocks<Part>(
      counts, threads,
      [&](WordReader&& reader) {
        base::check_interrupt();
        auto lease = pool.lease(), other_lease = other_pool.lease();
        Part part;
        std::vector<int32_t> here, there;
        WordCount word;
        while (reader.next(word)) {
          here.clear();
          there.clear();
          tokenizer.encode(word.word, *lease, here);
          other.encode(word.word, *other_lease, there);
          const bool alike = std::equal(here.begin(), here.end(), there.begin(), there.end(),
                                        [&](int32_t a, int32_t b) { return tokenizer.token(a) == other.token(b); });
          (alike ? part.alike : part.otherwise) += word.count;
          if (alike) continue;
          if (here.size() < there.size()) part.fewer_here += word.count;
          if (here.size() > there.size()) part.fewer_there += word.count;
          part.examples.add(word.word, word.count);
        }
        return part;
      },
      [&](Part&& part) {
        out.divided_alike += part.alike;
        out.divided_otherwise += part.otherwise;
        out.fewer_here += part.fewer_here;
        out.fewer_there += part.fewer_there;
        examples.add(part.examples);
      });
  tokenizer::Tokenizer::Scratch scratch, other_scratch;
  for (Example& word : examples.falling()) {
    std::vector<int32_t> here, there;
    tokenizer.encode(word.word, scratch, here);
    other.encode(word.word, other_scratch, there);
    out.examples.push_back({std::move(word), pieces_of(tokenizer, here), pieces_of(other, there)});
  }
  return out;
}

}  // namespace lmkor::vocab
