#include "lmkor/corpus/dedup.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "lmkor/text/scan.h"

namespace lmkor::corpus {
namespace {

constexpr uint64_t kFirstSlots = 1 << 12;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool needs_collapsing(std::string_view sentence) {
  constexpr char kOthers[] = {'\t', '\n', '\r'};
  return text::has_loose_blanks(sentence) || std::any_of(std::begin(kOthers), std::end(kOthers), [&](char c) {
           return sentence.find(c) != std::string_view::npos;
         });
}

}  // namespace

SentenceSet::SentenceSet() : slots_(kFirstSlots), mask_(kFirstSlots - 1) {}

bool SentenceSet::insert(const base::Hash128& hash) {
  uint64_t at = hash.low & mask_;
  while (slots_[at] != base::Hash128()) {
    if (slots_[at] == hash) return false;
    at = (at + 1) & mask_;
  }
  slots_[at] = hash;
  if (++size_ > slots_.size() / 4 * 3) grow();
  return true;
}

void SentenceSet::grow() {
  std::vector<base::Hash128> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const base::Hash128& hash : old) {
    if (hash == base::Hash128()) continue;
    uint64_t at = hash.low & mask_;
    while (slots_[at] != base::Hash128()) at = (at + 1) & mask_;
    slots_[at] = hash;
  }
}

base::Hash128 sentence_hash(std::string_view sentence) {
  base::Hash128 hash;
  if (!needs_collapsing(sentence)) {
    hash = base::hash128(sentence);
  } else {
    std::string collapsed;
    for (const char c : sentence) {
      if (!is_blank(c)) {
        collapsed += c;
      } else if (!collapsed.empty() && collapsed.back() != ' ') {
        collapsed += ' ';
      }
    }
    if (collapsed.ends_with(' ')) collapsed.pop_back();
    hash = base::hash128(collapsed);
  }
  if (hash == base::Hash128()) hash.high = 1;
  return hash;
}

}  // namespace lmkor::corpus
