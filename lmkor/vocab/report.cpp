#include "lmkor/vocab/report.h"

#include <algorithm>
#include <iterator>

#include "lmkor/base/str.h"
#include "lmkor/text/block.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

using base::fixed;
using base::str;

constexpr size_t kCharacters = 100;  // in a table
constexpr size_t kNeverShown = 200;

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

report::Table examples(const tokenizer::Tokenizer& tokenizer, const Stats& stats, const std::vector<Example>& words) {
  report::Table table{.headers = {"word", "pieces", "seen"}, .alignment = "llr"};
  tokenizer::Tokenizer::Scratch scratch;
  std::vector<int32_t> ids;
  for (const Example& example : words) {
    ids.clear();
    tokenizer.encode(example.word, scratch, ids);
    std::vector<std::string> tokens;
    for (const int32_t id : ids) tokens.push_back(tokenizer.token(id));
    table.rows.push_back({example.word, base::join(tokens, " "), grouped(example.count / stats.unit)});
  }
  return table;
}

std::string character_name(char32_t c) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (int shift = c > 0xFFFF ? 20 : 12; shift >= 0; shift -= 4) hex.push_back(kDigits[c >> shift & 15]);
  return "U+" + hex;
}

std::vector<Character> left_out(const Trained& trained) {
  std::vector<Character> out;
  for (const Character& character : trained.alphabet) {
    if (!character.kept) out.push_back(character);
  }
  std::stable_sort(out.begin(), out.end(), [](const Character& a, const Character& b) { return a.count > b.count; });
  return out;
}

void add_alphabet(report::Report& page, const Trained& trained, const Stats& stats) {
  const std::vector<Character> lost = left_out(trained);
  uint64_t all = 0, lost_count = 0;
  for (const Character& character : trained.alphabet) all += character.count;
  for (const Character& character : lost) lost_count += character.count;
  page.section("Characters");
  page.facts(
      {{"different characters in the text", grouped(trained.alphabet.size())},
       {"in the vocabulary", grouped(trained.characters)},
       {"left out as too rare", grouped(lost.size()),
        "words that hold one are unknown; --min-character-count and --alphabet-coverage decide"},
       {"share of all characters covered", percent(1.0 - Stats::ratio(lost_count, all), 5)},
       {"words with a character that is left out", grouped(trained.cut_words.count / stats.unit),
        str(grouped(trained.cut_words.different), " different ones; no piece was made across such a character")}});
  if (lost.empty()) return;
  page.paragraph("The most frequent characters that are left out:");
  report::Table table{.headers = {"character", "code point", "block", "seen", "different words"}, .alignment = "lllrr"};
  for (const Character& c : lost) {
    if (table.rows.size() == kCharacters) break;
    table.rows.push_back({text::to_utf8({&c.code_point, 1}), character_name(c.code_point),
                          std::string(text::block_name(c.code_point)), grouped(c.count / stats.unit),
                          grouped(c.words)});
  }
  page.table(table);
}

void add_training(report::Report& page, const Trained& trained, const Stats& stats) {
  page.section("What the vocabulary holds");
  report::Table kinds{.headers = {"kind", "tokens", "uses in the text"}, .alignment = "lrr", .last_row_is_total = true};
  const uint64_t counts_of_kind[] = {trained.specials,   trained.characters, trained.continuations,
                                     trained.kept_terms, trained.merged,     trained.unused};
  const char* const names[] = {"special", "characters", "## characters", "kept terms", "merged pieces", "[unused]"};
  size_t begin = 0;
  uint64_t all_uses = 0;
  for (size_t kind = 0; kind < std::size(names); ++kind) {
    const size_t end = begin + counts_of_kind[kind];
    uint64_t uses = 0;
    for (size_t id = begin; id < end; ++id) uses += stats.uses[id];
    kinds.rows.push_back({names[kind], grouped(counts_of_kind[kind]), grouped(uses / stats.unit)});
    all_uses += uses;
    begin = end;
  }
  kinds.rows.push_back({"all", grouped(trained.tokens.size()), grouped(all_uses / stats.unit)});
  page.table(kinds);
  page.paragraph(str("The last merge joined a pair seen ", grouped(trained.last_merge_count / stats.unit), " times."));
  std::vector<report::Fact> facts;
  const auto amount = [&](const char* name, const WordAmount& words, const char* why) {
    if (words.different == 0) return;
    facts.push_back({name, grouped(words.different), str("seen ", grouped(words.count / stats.unit), " times; ", why)});
  };
  amount("different words left out as too rare", trained.rare_words, "--min-count decides");
  amount("different words left out as too long", trained.long_words, "--max-word-length decides");
  amount("different words divided by the file of morphemes", trained.segmented_words, "no piece crosses a boundary");
  if (!facts.empty()) page.facts(facts);
}

}  // namespace

void add_division(report::Report& page, const CountsInfo& info, const Stats& stats) {
  page.section("How the text is divided");
  page.facts({{"documents", grouped(info.texts)},
              {"text", base::human_bytes(static_cast<double>(info.text_bytes))},
              {"eojeols", grouped(stats.eojeols / stats.unit), "stretches between blanks"},
              {"words", grouped(stats.words / stats.unit), "eojeols divided at punctuation too"},
              {"different words", grouped(stats.different_words)},
              {"pieces", grouped(stats.pieces / stats.unit)},
              {"pieces per word", fixed(stats.pieces_per_word(), 3)},
              {"pieces per eojeol", fixed(stats.pieces_per_eojeol(), 3)},
              {"bytes per piece", fixed(stats.bytes_per_piece(), 2)},
              {"unknown words", grouped(stats.unknown_words / stats.unit), percent(stats.unknown_share(), 4)}});
  if (stats.unit != 1)
    page.paragraph("Inputs are weighted: all figures but documents and text count with the weights.");
  std::vector<uint64_t> words = stats.words_by_pieces;
  for (uint64_t& count : words) count /= stats.unit;
  page.bar_chart(bars("Pieces of a word", "pieces", "words", words));
}

void add_words(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats) {
  if (!stats.divided.empty()) {
    page.paragraph("The most frequent words that take four pieces or more:");
    page.table(examples(tokenizer, stats, stats.divided));
  }
  if (!stats.unknown.empty()) {
    page.paragraph("The most frequent unknown words:");
    page.table(examples(tokenizer, stats, stats.unknown));
  }
}

void add_blocks(report::Report& page, const Stats& stats) {
  report::Table table{.headers = {"block", "characters", "without a piece", "share", "words unknown by them"},
                      .alignment = "lrrrr"};
  for (const BlockUse& block : stats.blocks) {
    table.rows.push_back(
        {block.block, grouped(block.characters / stats.unit), grouped(block.without_piece / stats.unit),
         percent(Stats::ratio(block.without_piece, block.characters), 4), grouped(block.unknown_words / stats.unit)});
  }
  page.paragraph("What makes words unknown, by Unicode block:");
  page.table(table);
}

void add_pieces(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats) {
  const auto uses = [&](int32_t id) { return stats.uses[static_cast<size_t>(id)]; };
  page.section("Pieces");
  report::BarChart lengths = bars("Length of pieces", "characters, without ##", "pieces", stats.tokens_by_length);
  lengths.note = "Special and [unused] tokens are not counted.";
  page.bar_chart(lengths);
  report::LineChart coverage;
  coverage.title = "Coverage";
  coverage.x_label = "pieces, most used first";
  coverage.y_label = "share of all pieces given";
  coverage.x_log = coverage.y_from_zero = true;
  report::Series series;
  for (const auto& [pieces, share] : stats.coverage()) {
    series.x.push_back(static_cast<double>(pieces));
    series.y.push_back(share);
  }
  coverage.series.push_back(std::move(series));
  page.line_chart(coverage);
  page.paragraph("Most used:");
  report::Table used{.headers = {"piece", "id", "uses", "share"}, .alignment = "lrrr"};
  for (const int32_t id : stats.most_used) {
    used.rows.push_back({tokenizer.token(id), str(id), grouped(uses(id) / stats.unit),
                         percent(Stats::ratio(uses(id), stats.pieces), 2)});
  }
  page.table(used);
  page.paragraph("Longest:");
  report::Table longest{.headers = {"piece", "id", "uses"}, .alignment = "lrr"};
  for (const int32_t id : stats.longest) {
    longest.rows.push_back({tokenizer.token(id), str(id), grouped(uses(id) / stats.unit)});
  }
  page.table(longest);
  page.paragraph(
      str("Wasted slots: ", grouped(stats.never_given.size()),
          " pieces are never given on this text, because longer pieces that hold them win or because the text "
          "has no use for them."));
  if (stats.never_given.empty()) return;
  std::vector<std::string> never;
  const size_t step = 1 + stats.never_given.size() / kNeverShown;
  for (size_t i = 0; i < stats.never_given.size(); i += step) never.push_back(tokenizer.token(stats.never_given[i]));
  page.samples({{step == 1 ? "never given" : str("every ", step, "th of them"), base::join(never, " ")}});
}

base::Json stats_json(const tokenizer::Tokenizer& tokenizer, const CountsInfo& info, const Stats& stats) {
  const auto weighted = [&](uint64_t count) -> base::Json {
    if (count % stats.unit == 0) return count / stats.unit;
    return static_cast<double>(count) / static_cast<double>(stats.unit);
  };
  base::Json json = {{"text",
                      {{"documents", info.texts},
                       {"bytes", info.text_bytes},
                       {"eojeols", weighted(stats.eojeols)},
                       {"words", weighted(stats.words)},
                       {"different_words", stats.different_words}}},
                     {"pieces_given", weighted(stats.pieces)},
                     {"pieces_per_word", stats.pieces_per_word()},
                     {"pieces_per_eojeol", stats.pieces_per_eojeol()},
                     {"bytes_per_piece", stats.bytes_per_piece()},
                     {"unknown_words", weighted(stats.unknown_words)},
                     {"unknown_share", stats.unknown_share()},
                     {"pieces_never_given", stats.never_given.size()}};
  for (const BlockUse& block : stats.blocks) {
    json["blocks"][block.block] = {{"characters", weighted(block.characters)},
                                   {"without_piece", weighted(block.without_piece)},
                                   {"unknown_words", weighted(block.unknown_words)}};
  }
  for (const auto& [pieces, share] : stats.coverage()) json["coverage"].push_back({pieces, share});
  for (const int32_t id : stats.longest) json["longest"].push_back(tokenizer.token(id));
  for (const Example& word : stats.unknown)
    json["unknown"].push_back({{"word", word.word}, {"count", weighted(word.count)}});
  return json;
}

void write_report(const std::filesystem::path& path, const tokenizer::Tokenizer& tokenizer, const Trained& trained,
                  const CountsInfo& info, const Stats& stats) {
  report::Report page("Vocabulary", str(grouped(trained.tokens.size()), " WordPiece tokens from ",
                                        base::human_bytes(static_cast<double>(info.text_bytes)), " of text"));
  page.figures({{"tokens", grouped(trained.tokens.size())},
                {"pieces per eojeol", fixed(stats.pieces_per_eojeol(), 3)},
                {"bytes per piece", fixed(stats.bytes_per_piece(), 2)},
                {"unknown words", percent(stats.unknown_share(), 4)}});
  add_training(page, trained, stats);
  add_alphabet(page, trained, stats);
  add_division(page, info, stats);
  add_words(page, tokenizer, stats);
  add_blocks(page, stats);
  add_pieces(page, tokenizer, stats);
  page.section("Use it");
  page.code(
      "from transformers import AutoTokenizer\nAutoTokenizer.from_pretrained(\"THIS FOLDER\")\n\n"
      "lmkor tokenize --tokenizer THIS_FOLDER --output-format tokens text.txt");
  page.write(path);
}

}  // namespace lmkor::vocab
