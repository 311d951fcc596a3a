#include "lmkor/vocab/report.h"

#include <iterator>

#include "lmkor/base/str.h"
#include "lmkor/report/report.h"

namespace lmkor::vocab {
namespace {

using base::fixed;
using base::str;

constexpr size_t kExamples = 12;

std::string grouped(uint64_t value) { return base::grouped(static_cast<long long>(value)); }
std::string percent(double share, int digits) { return fixed(100 * share, digits) + " %"; }

report::BarChart bars(std::string title, std::string label, std::string value_label,
                      const std::vector<uint64_t>& values) {
  report::BarChart chart;
  chart.title = std::move(title);
  chart.label = std::move(label);
  chart.value_label = std::move(value_label);
  report::BarSeries series;
  for (size_t n = 1; n < values.size(); ++n) {
    chart.categories.push_back(n + 1 == values.size() ? str(n, "+") : str(n));
    series.values.push_back(static_cast<double>(values[n]));
  }
  chart.series.push_back(std::move(series));
  return chart;
}

// Frequent words that take the most pieces: where the vocabulary is weak.
report::Table divided_words(const tokenizer::Tokenizer& tokenizer, const Counts& counts, size_t pieces) {
  report::Table table{.headers = {"word", "pieces", "seen"}, .alignment = "llr"};
  tokenizer::Tokenizer::Scratch scratch;
  std::vector<int32_t> ids;
  for (const WordCount& word : counts.words) {
    if (table.rows.size() == kExamples) break;
    ids.clear();
    tokenizer.encode(word.word, scratch, ids);
    if (ids.size() < pieces) continue;
    std::vector<std::string> tokens;
    for (const int32_t id : ids) tokens.push_back(tokenizer.token(id));
    table.rows.push_back({word.word, base::join(tokens, " "), grouped(word.count)});
  }
  return table;
}

report::Table unknown_words(const tokenizer::Tokenizer& tokenizer, const Counts& counts) {
  report::Table table{.headers = {"word", "seen"}, .alignment = "lr"};
  tokenizer::Tokenizer::Scratch scratch;
  std::vector<int32_t> ids;
  for (const WordCount& word : counts.words) {
    if (table.rows.size() == kExamples) break;
    ids.clear();
    tokenizer.encode(word.word, scratch, ids);
    if (ids.size() == 1 && ids[0] == tokenizer.unk_id()) table.rows.push_back({word.word, grouped(word.count)});
  }
  return table;
}

}  // namespace

void write_report(const std::filesystem::path& path, const tokenizer::Tokenizer& tokenizer, const Trained& trained,
                  const Counts& counts, const Stats& stats) {
  report::Report page("Vocabulary", str(grouped(trained.tokens.size()), " WordPiece tokens from ",
                                        base::human_bytes(static_cast<double>(counts.bytes)), " of text"));
  page.figures({{"tokens", grouped(trained.tokens.size())},
                {"pieces per eojeol", fixed(stats.pieces_per_eojeol(), 3)},
                {"bytes per piece", fixed(stats.bytes_per_piece(), 2)},
                {"unknown words", percent(stats.unknown_share(), 4)}});

  page.section("What the vocabulary holds");
  report::Table kinds{.headers = {"kind", "tokens", "uses in the text"}, .alignment = "lrr", .last_row_is_total = true};
  const uint64_t counts_of_kind[] = {trained.specials, trained.characters, trained.continuations, trained.merged,
                                     trained.unused};
  const char* const names[] = {"special", "characters", "## characters", "merged pieces", "[unused]"};
  size_t begin = 0;
  uint64_t all_uses = 0;
  for (size_t kind = 0; kind < std::size(names); ++kind) {
    const size_t end = begin + counts_of_kind[kind];
    uint64_t uses = 0;
    for (size_t id = begin; id < end; ++id) uses += stats.uses[id];
    kinds.rows.push_back({names[kind], grouped(counts_of_kind[kind]), grouped(uses)});
    all_uses += uses;
    begin = end;
  }
  kinds.rows.push_back({"all", grouped(trained.tokens.size()), grouped(all_uses)});
  page.table(kinds);
  page.paragraph(str("The last merge joined a pair seen ", grouped(trained.last_merge_count), " times. ",
                     grouped(stats.unused_pieces),
                     " pieces are never given on this text: longer pieces made of them always win."));
  report::BarChart lengths = bars("Length of pieces", "characters, without ##", "pieces", stats.tokens_by_length);
  lengths.note = "Special and [unused] tokens are not counted.";
  page.bar_chart(lengths);

  page.section("Characters");
  page.facts({{"different characters in the text", grouped(trained.characters_seen)},
              {"in the vocabulary", grouped(trained.characters)},
              {"left out as too rare", grouped(trained.characters_left_out),
               "words that hold one are unknown; --min-character-count decides"},
              {"share of all characters covered",
               percent(1.0 - Stats::ratio(trained.character_count_left_out, trained.character_count), 5)}});

  page.section("How the text is divided");
  page.facts({{"documents", grouped(counts.texts)},
              {"text", base::human_bytes(static_cast<double>(counts.bytes))},
              {"eojeols", grouped(stats.eojeols), "stretches between blanks"},
              {"words", grouped(stats.words), "eojeols divided at punctuation too"},
              {"different words", grouped(stats.different_words)},
              {"pieces", grouped(stats.pieces)},
              {"pieces per word", fixed(stats.pieces_per_word(), 3)},
              {"pieces per eojeol", fixed(stats.pieces_per_eojeol(), 3)},
              {"bytes per piece", fixed(stats.bytes_per_piece(), 2)},
              {"unknown words", grouped(stats.unknown_words), percent(stats.unknown_share(), 4)}});
  page.bar_chart(bars("Pieces of a word", "pieces", "words", stats.words_by_pieces));
  const report::Table divided = divided_words(tokenizer, counts, 4);
  if (!divided.rows.empty()) {
    page.paragraph("The most frequent words that take four pieces or more:");
    page.table(divided);
  }
  if (stats.unknown_words > 0) {
    page.paragraph("The most frequent unknown words:");
    page.table(unknown_words(tokenizer, counts));
  }

  page.section("Most used pieces");
  report::Table used{.headers = {"piece", "id", "uses", "share"}, .alignment = "lrrr"};
  for (const PieceUse& use : stats.most_used) {
    used.rows.push_back(
        {tokenizer.token(use.id), str(use.id), grouped(use.count), percent(Stats::ratio(use.count, stats.pieces), 2)});
  }
  page.table(used);

  page.section("Longest pieces");
  report::Table longest{.headers = {"piece", "id", "uses"}, .alignment = "lrr"};
  for (const int32_t id : stats.longest) {
    longest.rows.push_back({tokenizer.token(id), str(id), grouped(stats.uses[static_cast<size_t>(id)])});
  }
  page.table(longest);

  page.section("Use it");
  page.code(
      "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained(\"THIS FOLDER\")\n\n"
      "lmkor tokenize --tokenizer THIS_FOLDER --output-format tokens text.txt");
  page.write(path);
}

}  // namespace lmkor::vocab
