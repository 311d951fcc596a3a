#include "lmkor/corpus/filter.h"

#include <algorithm>

#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {
namespace {

bool too_short(const SentenceFacts& facts, const FilterOptions& options) {
  return facts.characters < options.min_characters;
}

// Foreign text, code, numbers, symbols, and keyboard noise of one or two characters ("ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ").
bool useless(const SentenceFacts& facts, const FilterOptions& options) {
  const double share = facts.visible > 0 ? static_cast<double>(facts.hangul) / static_cast<double>(facts.visible) : 0;
  if (options.min_hangul_share > 0 && (facts.hangul == 0 || share < options.min_hangul_share)) return true;
  return facts.distinct < options.min_distinct;
}

constexpr FilterRule kRules[] = {
    {"too_short", too_short},
    {"useless", useless},
};

}  // namespace

void FilterOptions::fields(config::Fields& f) {
  f.add("min_characters", min_characters, "sentences of fewer code points are removed", config::at_least(0));
  f.add("min_hangul_share", min_hangul_share,
        "sentences with a smaller share of Hangul among their visible characters are removed, 0 to keep all",
        config::share());
  f.add("min_distinct", min_distinct, "sentences of fewer different characters are removed",
        config::between(0, SentenceFacts::kMaxDistinct));
}

SentenceFacts sentence_facts(std::string_view sentence) {
  SentenceFacts facts;
  char32_t seen[SentenceFacts::kMaxDistinct];
  for (size_t i = 0; i < sentence.size();) {
    uint32_t bytes = 1;
    const char32_t c = text::decode_valid(sentence.data() + i, bytes);
    i += bytes;
    ++facts.characters;
    if (c == ' ' || c == '\t' || c == '\n') continue;
    ++facts.visible;
    facts.hangul += text::is_hangul(c);
    if (facts.distinct < SentenceFacts::kMaxDistinct &&
        std::find(seen, seen + facts.distinct, c) == seen + facts.distinct)
      seen[facts.distinct++] = c;
  }
  return facts;
}

std::span<const FilterRule> filter_rules() { return kRules; }

int filter_sentence(std::string_view sentence, const FilterOptions& options) {
  const SentenceFacts facts = sentence_facts(sentence);
  for (size_t i = 0; i < std::size(kRules); ++i) {
    if (kRules[i].removes(facts, options)) return static_cast<int>(i);
  }
  return -1;
}

}  // namespace lmkor::corpus
