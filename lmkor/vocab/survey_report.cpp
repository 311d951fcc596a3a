// The sections and JSON of `vocab report` that `vocab train` has not.
#include <algorithm>

#include "lmkor/base/str.h"
#include "lmkor/vocab/survey.h"

namespace lmkor::vocab {
namespace {

using base::fixed;
using base::str;

constexpr size_t kSources = 100;  // in a table
constexpr size_t kTokens = 200;   // in a list

std::string grouped(uint64_t value) { return base::grouped(static_cast<long long>(value)); }

double pieces_per_word(const SourceUse& use) { return Stats::ratio(use.pieces, use.words); }
double unknown_share(const SourceUse& use) { return Stats::ratio(use.unknown_words, use.words); }

std::vector<std::string> row(const std::string& name, const SourceUse& use) {
  return {name,
          grouped(use.documents),
          base::human_bytes(static_cast<double>(use.bytes)),
          grouped(use.words),
          fixed(pieces_per_word(use), 3),
          fixed(Stats::ratio(use.pieces, use.eojeols), 3),
          fixed(Stats::ratio(use.bytes, use.pieces), 2),
          fixed(100 * unknown_share(use), 4) + " %"};
}

std::string listed(const tokenizer::Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  std::vector<std::string> tokens;
  for (size_t i = 0; i < std::min(kTokens, ids.size()); ++i) tokens.push_back(tokenizer.token(ids[i]));
  return base::join(tokens, " ");
}

}  // namespace

void add_sources(report::Report& page, const Sources& sources) {
  std::vector<Sources::const_iterator> falling;
  SourceUse all, rest;
  for (auto it = sources.begin(); it != sources.end(); ++it) {
    falling.push_back(it);
    all.add(it->second);
  }
  std::stable_sort(falling.begin(), falling.end(),
                   [](const auto& a, const auto& b) { return a->second.bytes > b->second.bytes; });
  page.section("By source");
  report::Table table{.headers = {"source", "documents", "text", "words", "pieces per word", "pieces per eojeol",
                                  "bytes per piece", "unknown words"},
                      .alignment = "lrrrrrrr",
                      .last_row_is_total = true};
  for (size_t i = 0; i < falling.size(); ++i) {
    if (i < kSources) {
      table.rows.push_back(row(falling[i]->first, falling[i]->second));
    } else {
      rest.add(falling[i]->second);
    }
  }
  if (falling.size() > kSources) table.rows.push_back(row(str(grouped(falling.size() - kSources), " more"), rest));
  table.rows.push_back(row("all", all));
  page.table(table);
}

void add_comparison(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats,
                    const tokenizer::Tokenizer& other, const Comparison& comparison) {
  page.section("Beside the other vocabulary");
  const auto words = [&](uint64_t count) {
    return str(grouped(count / stats.unit), " (", fixed(100 * Stats::ratio(count, stats.words), 2), " %)");
  };
  const Stats& there = comparison.other;
  page.table({.headers = {"", "this one", "the other one"},
              .rows = {{"tokens", grouped(comparison.size), grouped(comparison.other_size)},
                       {"learned tokens that the other lacks", grouped(comparison.only_here.size()),
                        grouped(comparison.only_there.size())},
                       {"pieces per word", fixed(stats.pieces_per_word(), 4), fixed(there.pieces_per_word(), 4)},
                       {"pieces per eojeol", fixed(stats.pieces_per_eojeol(), 4), fixed(there.pieces_per_eojeol(), 4)},
                       {"unknown words", words(stats.unknown_words), words(there.unknown_words)},
                       {"words that take fewer pieces than in the other", words(comparison.fewer_here),
                        words(comparison.fewer_there)},
                       {"pieces never given", grouped(stats.never_given.size()), grouped(there.never_given.size())}},
              .alignment = "lrr"});
  page.facts({{"tokens in both", grouped(comparison.shared), str(grouped(comparison.shared_ids), " with the same id")},
              {"words divided alike", words(comparison.divided_alike)},
              {"words divided otherwise", words(comparison.divided_otherwise)}});
  if (!comparison.examples.empty()) {
    report::Table table{.headers = {"word", "here", "there", "seen"}, .alignment = "lllr"};
    for (const Division& division : comparison.examples) {
      table.rows.push_back(
          {division.word.word, division.pieces, division.other_pieces, grouped(division.word.count / stats.unit)});
    }
    page.paragraph("The most frequent words that are divided otherwise:");
    page.table(table);
  }
  if (!comparison.only_here.empty()) {
    page.samples({{"only here, most used first", listed(tokenizer, comparison.only_here)}});
  }
  if (!comparison.only_there.empty()) {
    page.samples({{"only there, most used first", listed(other, comparison.only_there)}});
  }
}

base::Json sources_json(const Sources& sources) {
  base::Json json = base::Json::object();
  for (const auto& [name, use] : sources) {
    json[name] = {{"documents", use.documents},
                  {"bytes", use.bytes},
                  {"eojeols", use.eojeols},
                  {"words", use.words},
                  {"pieces", use.pieces},
                  {"pieces_per_word", pieces_per_word(use)},
                  {"unknown_words", use.unknown_words},
                  {"unknown_share", unknown_share(use)}};
  }
  return json;
}

base::Json comparison_json(const tokenizer::Tokenizer& tokenizer, const tokenizer::Tokenizer& other,
                           const Comparison& comparison) {
  const auto tokens = [](const tokenizer::Tokenizer& of, const std::vector<int32_t>& ids) {
    base::Json list = base::Json::array();
    for (const int32_t id : ids) list.push_back(of.token(id));
    return list;
  };
  const auto weighted = [&](uint64_t count) {
    return static_cast<double>(count) / static_cast<double>(comparison.other.unit);
  };
  return {{"tokens_in_both", comparison.shared},
          {"same_id", comparison.shared_ids},
          {"only_here", tokens(tokenizer, comparison.only_here)},
          {"only_there", tokens(other, comparison.only_there)},
          {"other_pieces_per_word", comparison.other.pieces_per_word()},
          {"other_unknown_share", comparison.other.unknown_share()},
          {"words_divided_alike", weighted(comparison.divided_alike)},
          {"words_divided_otherwise", weighted(comparison.divided_otherwise)},
          {"words_fewer_pieces_here", weighted(comparison.fewer_here)},
          {"words_fewer_pieces_there", weighted(comparison.fewer_there)}};
}

}  // namespace lmkor::vocab
