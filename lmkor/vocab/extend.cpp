#include "lmkor/vocab/extend.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "lmkor/base/interrupt.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

// A beginning is a stem unless one way of going on makes up more than this share of its words.
constexpr double kMostInOneWay = 0.8;
constexpr size_t kLeastCharacters = 2;

size_t next_character(std::string_view text, size_t at) { return at + text::decode_one(text.substr(at)).bytes; }

bool has_digit(std::string_view text) { return text.find_first_of("0123456789") != std::string_view::npos; }

// Greedy longest match with `added` as pieces too. Empty where the word is unknown.
std::vector<std::string> divide(const tokenizer::Tokenizer& tokenizer, std::string_view word,
                                const std::unordered_set<std::string>& added) {
  std::vector<std::string> pieces;
  std::vector<size_t> ends;
  for (size_t at = 0; at < word.size(); ends.push_back(at)) at = next_character(word, at);
  for (size_t begin = 0; begin < word.size();) {
    std::string piece;
    size_t end = 0;
    for (auto it = ends.rbegin(); it != ends.rend() && *it > begin; ++it) {
      piece = begin > 0 ? tokenizer.settings().continuing_prefix : "";
      piece += word.substr(begin, *it - begin);
      end = *it;
      if (tokenizer.id(piece) >= 0 || added.count(piece) > 0) break;
      end = 0;
    }
    if (end == 0) return {};
    pieces.push_back(std::move(piece));
    begin = end;
  }
  return pieces;
}

// Calls visit(stem, count) for each beginning of the words of `counts` that is a stem or a whole word. Words come in
// order, so the beginnings of the present word are all that is open.
void each_stem(const Counts& counts, const std::function<void(std::string_view, uint64_t)>& visit) {
  struct Open {
    size_t end;  // bytes of the beginning
    uint64_t count = 0, most_in_one_way = 0;
  };
  std::vector<Open> open;
  std::string last;
  const auto close = [&](size_t keep) {
    while (!open.empty() && open.back().end > keep) {
      const Open done = open.back();
      open.pop_back();
      if (!open.empty()) {
        open.back().count += done.count;
        open.back().most_in_one_way = std::max(open.back().most_in_one_way, done.count);
      }
      if (static_cast<double>(done.most_in_one_way) <= kMostInOneWay * static_cast<double>(done.count)) {
        visit(std::string_view(last).substr(0, done.end), done.count);
      }
    }
  };
  WordReader reader = counts.reader();
  WordCount word;
  while (reader.next(word)) {
    const auto differs = std::mismatch(word.word.begin(), word.word.end(), last.begin(), last.end()).first;
    close(static_cast<size_t>(differs - word.word.begin()));
    last.assign(word.word);
    for (size_t at = open.empty() ? 0 : open.back().end; at < last.size();) {
      at = next_character(last, at);
      open.push_back({at});
    }
    open.back().count += word.count;
  }
  close(0);
}

// How far the odds of a term in the domain are above those in general text.
void weigh(Term& term, double domain_total, double general_total) {
  const double a = static_cast<double>(term.domain_count) + 0.5, b = static_cast<double>(term.general_count) + 0.5;
  term.log_odds = std::log(a / (domain_total + 0.5 - a)) - std::log(b / (general_total + 0.5 - b));
  term.z = term.log_odds / std::sqrt(1 / a + 1 / b);
}

}  // namespace

void ExtendOptions::fields(config::Fields& f) {
  f.add("count", count, "terms to add, each takes one [unused] slot", config::at_least(1));
  f.add("min_pieces", min_pieces, "take terms that are divided into at least so many pieces now", config::at_least(2));
  f.add("min_documents", min_documents, "take terms that are in at least so many documents of the domain",
        config::at_least(1));
  f.add("min_z", min_z, "take terms whose log-odds against general text are so many standard errors above 0",
        config::at_least(0));
}

std::vector<Term> candidates(const tokenizer::Tokenizer& tokenizer, const Counts& domain, const Counts& general,
                             const ExtendOptions& options) {
  std::vector<Term> terms;
  const auto least = static_cast<uint64_t>(options.min_documents) * domain.info.unit;
  each_stem(domain, [&](std::string_view stem, uint64_t count) {
    if (count < least || has_digit(stem) || text::count_code_points(stem) < kLeastCharacters) return;
    if (divide(tokenizer, stem, {}).size() < static_cast<size_t>(options.min_pieces)) return;
    terms.push_back({.text = std::string(stem), .domain_count = count, .old_pieces = {}});
  });
  base::check_interrupt();
  std::unordered_map<std::string_view, Term*> by_text;
  for (Term& term : terms) by_text[term.text] = &term;
  WordReader reader = general.reader();
  WordCount word;
  while (reader.next(word)) {
    for (size_t at = 0; at < word.word.size();) {
      at = next_character(word.word, at);
      const auto found = by_text.find(word.word.substr(0, at));
      if (found != by_text.end()) found->second->general_count += word.count;
    }
  }
  for (Term& term : terms) {
    weigh(term, static_cast<double>(domain.info.total), static_cast<double>(general.info.total));
  }
  std::erase_if(terms, [&](const Term& term) { return term.z < options.min_z; });
  std::sort(terms.begin(), terms.end(),
            [](const Term& a, const Term& b) { return a.z != b.z ? a.z > b.z : a.text < b.text; });
  return terms;
}

DocumentFrequencies::DocumentFrequencies(const tokenizer::Tokenizer& tokenizer, const std::vector<Term>& terms)
    : pretokenizer_(tokenizer.settings()) {
  for (uint32_t i = 0; i < terms.size(); ++i) {
    terms_[terms[i].text] = i;
    most_bytes_ = std::max(most_bytes_, terms[i].text.size());
  }
}

void DocumentFrequencies::terms_of(std::string_view text, tokenizer::Words& words, std::vector<uint32_t>& out) const {
  out.clear();
  pretokenizer_.split(text, words);
  std::string beginning;
  for (const tokenizer::Words::Word& word : words.words) {
    beginning.clear();
    for (uint32_t i = word.begin; i < word.end && beginning.size() < most_bytes_; ++i) {
      text::append_utf8(beginning, words.chars[i]);
      const auto found = terms_.find(beginning);
      if (found != terms_.end()) out.push_back(found->second);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

std::vector<Term> choose_terms(const tokenizer::Tokenizer& tokenizer, std::vector<Term> terms,
                               const ExtendOptions& options) {
  std::vector<Term> chosen;
  std::unordered_set<std::string> added;
  for (Term& term : terms) {
    if (chosen.size() == static_cast<size_t>(options.count)) break;
    if (term.documents < static_cast<uint64_t>(options.min_documents)) continue;
    if (divide(tokenizer, term.text, added).size() < static_cast<size_t>(options.min_pieces)) continue;
    term.old_pieces = divide(tokenizer, term.text, {});
    added.insert(term.text);
    chosen.push_back(std::move(term));
  }
  return chosen;
}

}  // namespace lmkor::vocab
