#include "lmkor/corpus/corpus_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "lmkor/base/str.h"
#include "lmkor/corpus/contamination_report.h"
#include "lmkor/corpus/decontaminate.h"
#include "lmkor/corpus/manifest.h"
#include "lmkor/report/report.h"
#include "lmkor/text/block.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kMaxGroupRows = 50;
constexpr size_t kMaxCharacterRows = 40;
constexpr size_t kMaxBlockRows = 30;

std::string count(int64_t value) { return base::grouped(value); }
std::string megabytes(int64_t bytes) { return base::human_bytes(static_cast<double>(bytes)); }
std::string percent(int64_t part, int64_t whole) {
  return whole == 0 ? "" : str(base::fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 1), " %");
}

report::Table funnel_table(const Funnel& funnel) {
  report::Table table{.headers = {"stage", "reason", "documents", "sentences", "bytes", "of bytes in"},
                      .rows = {},
                      .alignment = "llrrrr",
                      .caption =
                          "Sentences and bytes cut inside a document count too; a document counts as removed "
                          "where nothing of it is left.",
                      .last_row_is_total = true};
  const auto add = [&](std::string_view stage, std::string_view reason, const Amount& amount, bool sentences) {
    table.rows.push_back({std::string(stage), std::string(reason), count(amount.documents),
                          sentences ? count(amount.sentences) : "", megabytes(amount.bytes),
                          percent(amount.bytes, funnel.in.bytes)});
  };
  add("read", "", funnel.in, false);
  for (size_t i = 0; i < kReasonCount; ++i) {
    const ReasonInfo& info = reasons()[i];
    if (funnel.removed[i].bytes != 0 || funnel.removed[i].documents != 0)
      add(kStageNames[info.stage], info.name, funnel.removed[i], info.stage != kCleanStage);
  }
  add("left", "", funnel.out(), true);
  return table;
}

report::Table group_table(const std::vector<std::pair<std::string, Funnel>>& groups, const char* name) {
  report::Table table{.headers = {name, "documents in", "documents left", "bytes in", "bytes left", "share left"},
                      .rows = {},
                      .alignment = "lrrrrr"};
  auto sorted = groups;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.in.bytes > b.second.in.bytes; });
  for (const auto& [group, funnel] : sorted) {
    if (table.rows.size() == kMaxGroupRows) {
      table.caption = str("The largest ", kMaxGroupRows, " of ", sorted.size(), "; manifest.json holds all.");
      break;
    }
    table.rows.push_back({group, count(funnel.in.documents), count(funnel.out().documents), megabytes(funnel.in.bytes),
                          megabytes(funnel.out().bytes), percent(funnel.out().bytes, funnel.in.bytes)});
  }
  return table;
}

report::BarChart reason_chart(const Funnel& funnel) {
  int64_t most = 0;
  for (const Amount& amount : funnel.removed) most = std::max(most, amount.bytes);
  const auto [unit, name] = most >= 10'000'000 ? std::pair(1e6, "MB") : std::pair(1e3, "kB");
  report::BarChart chart{.title = "Bytes removed by reason", .label = "reason", .value_label = name};
  report::BarSeries series{.name = "removed"};
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (funnel.removed[i].bytes <= 0) continue;
    chart.categories.emplace_back(reasons()[i].name);
    series.values.push_back(std::round(static_cast<double>(funnel.removed[i].bytes) / unit * 100) / 100);
  }
  chart.series = {series};
  return chart;
}

report::BarChart length_chart(const Tally& tally) {
  report::BarChart chart{.title = "Lengths of documents that stay", .label = "characters", .value_label = "documents"};
  report::BarSeries series{.name = "documents"};
  size_t last = tally.lengths.size();
  while (last > 0 && tally.lengths[last - 1] == 0) --last;
  size_t first = 0;
  while (first < last && tally.lengths[first] == 0) ++first;
  for (size_t i = first; i < last; ++i) {
    chart.categories.push_back(str(uint64_t{1} << i));
    series.values.push_back(static_cast<double>(tally.lengths[i]));
  }
  chart.series = {series};
  chart.histogram = true;
  chart.note = "Each bin reaches to twice its lower bound.";
  return chart;
}

// How much of each source stood elsewhere before.
report::Table repeat_table(const std::vector<std::pair<std::string, Funnel>>& sources) {
  report::Table table{.headers = {"source"}, .rows = {}, .alignment = "l"};
  std::vector<size_t> shown;
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (reasons()[i].stage != kDedupStage) continue;
    shown.push_back(i);
    table.headers.emplace_back(reasons()[i].name);
    table.alignment += 'r';
  }
  for (const auto& [source, funnel] : sources) {
    const int64_t before = funnel.before(kDedupStage).bytes;
    if (before == funnel.after(kDedupStage).bytes || table.rows.size() == kMaxGroupRows) continue;
    std::vector<std::string> row = {source};
    for (const size_t i : shown) row.push_back(percent(funnel.removed[i].bytes, before));
    table.rows.push_back(std::move(row));
  }
  table.caption = "Share of the bytes that came to this stage.";
  return table;
}

report::BarChart character_chart(const Tally& tally) {
  report::BarChart chart{.title = "Characters that stay", .label = "kind", .value_label = "million characters"};
  report::BarSeries series{.name = "characters"};
  for (size_t i = 0; i < tally.characters.size(); ++i) {
    chart.categories.emplace_back(kCharacterClassNames[i]);
    series.values.push_back(static_cast<double>(tally.characters[i]) / 1e6);
  }
  chart.series = {series};
  return chart;
}

void write_contamination_section(const Tally& tally, const TaskExamples& examples, report::Report& page) {
  page.section("Tested texts");
  report::Table table{.headers = {"task", "examples", "found"}, .rows = {}, .alignment = "lrr"};
  for (const std::string_view kind : kContaminationNames) {
    table.headers.emplace_back(kind);
    table.alignment += 'r';
  }
  const base::Json json = contamination_json(tally, examples);
  for (const auto& [name, task] : json["tasks"].items()) {
    std::vector<std::string> row = {name, count(task["examples"]), count(task["found"])};
    for (const std::string_view kind : kContaminationNames) row.push_back(count(task[std::string(kind)]));
    table.rows.push_back(std::move(row));
  }
  table.caption =
      "Examples by the kinds of match; contamination.jsonl names each of them and where it was found first.";
  page.table(table);
}

void write_deleted(const Tally& tally, report::Report& page) {
  report::Table blocks{.headers = {"Unicode block", "characters deleted"}, .rows = {}, .alignment = "lr"};
  for (const auto& [name, n] : deleted_blocks(tally)) {
    if (blocks.rows.size() < kMaxBlockRows) blocks.rows.push_back({name, count(static_cast<int64_t>(n))});
  }
  page.table(blocks);
  report::Table characters{.headers = {"character", "code point", "block", "times"}, .rows = {}, .alignment = "lllr"};
  for (const auto& [c, n] : deleted_characters(tally, kMaxCharacterRows)) {
    std::string character;
    text::append_utf8(character, c < 0x20 ? U' ' : c);
    char name[16];
    std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(c));
    characters.rows.push_back({character, name, std::string(text::block_name(c)), count(static_cast<int64_t>(n))});
  }
  page.table(characters);
}

constexpr std::string_view kChangedDocuments = "changed documents", kChangedPlaces = "changed places";

// What each step of cleaning changed, in the order of the steps.
void write_steps(const Tally& tally, report::Report& page) {
  const auto detail = [&](std::string_view table, std::string_view row) {
    const auto found = tally.details.find({std::string(table), std::string(row)});
    return found != tally.details.end() ? static_cast<int64_t>(found->second) : 0;
  };
  report::Table table{.headers = {"step of cleaning", "documents changed", "of all", "places", "bytes"},
                      .rows = {},
                      .alignment = "lrrrr"};
  for (size_t i = 0; i < kReasonCount; ++i) {
    const std::string_view name = reasons()[i].name;
    const int64_t documents = detail(kChangedDocuments, name);
    if (documents == 0) continue;
    table.rows.push_back({std::string(name), count(documents), percent(documents, tally.total.in.documents),
                          count(detail(kChangedPlaces, name)), megabytes(tally.total.removed[i].bytes)});
  }
  if (!table.rows.empty()) page.table(table);
}

// One table for each other kind of detail: kinds of personal data, languages, categories.
void write_details(const Tally& tally, report::Report& page) {
  report::Table table;
  for (auto at = tally.details.begin(); at != tally.details.end(); ++at) {
    const auto& [key, n] = *at;
    if (key.first == kChangedDocuments || key.first == kChangedPlaces) continue;
    if (table.rows.empty()) table = {.headers = {key.first, "count"}, .rows = {}, .alignment = "lr"};
    if (table.rows.size() < kMaxGroupRows) table.rows.push_back({key.second, count(static_cast<int64_t>(n))});
    const auto next = std::next(at);
    if (next != tally.details.end() && next->first.first == key.first) continue;
    page.table(table);
    table.rows.clear();
  }
}

report::Table time_table(const std::vector<StageTime>& times, int64_t bytes) {
  report::Table table{.headers = {"stage", "tasks", "time", "of text read"}, .rows = {}, .alignment = "lrrr"};
  for (const StageTime& time : times) {
    const double rate = static_cast<double>(bytes) / std::max(time.seconds, 1e-3);
    table.rows.push_back({time.name, count(static_cast<int64_t>(time.tasks)), base::human_seconds(time.seconds),
                          str(base::human_bytes(rate), "/s")});
  }
  table.caption = "Tasks of a stage are counted one after another; as many as there are machines go at the same time.";
  return table;
}

}  // namespace

void write_report(const Tally& tally, const std::filesystem::path& path, const TaskExamples* examples,
                  const std::vector<StageTime>& times) {
  const Funnel& funnel = tally.total;
  const Amount out = funnel.out();
  report::Report page("Corpus", str(count(out.documents), " documents, ", megabytes(out.bytes)));
  page.figures({{"documents read", count(funnel.in.documents)},
                {"documents left", count(out.documents), percent(out.documents, funnel.in.documents)},
                {"text read", megabytes(funnel.in.bytes)},
                {"text left", megabytes(out.bytes), percent(out.bytes, funnel.in.bytes)}});
  page.section("From stage to stage");
  page.table(funnel_table(funnel));
  page.bar_chart(reason_chart(funnel));
  page.section("Sources");
  page.table(group_table(by_source(tally), "source"));
  page.section("Categories");
  page.table(group_table(by_category(tally), "category"));
  if (funnel.before(kDedupStage).bytes != funnel.after(kDedupStage).bytes) {
    page.section("Repeats by source");
    page.table(repeat_table(by_source(tally)));
  }
  if (examples != nullptr) write_contamination_section(tally, *examples, page);
  if (out.documents > 0) {
    page.section("Lengths and characters");
    page.bar_chart(length_chart(tally));
    page.bar_chart(character_chart(tally));
  }
  if (!tally.details.empty()) {
    page.section("What the steps did");
    write_steps(tally, page);
    write_details(tally, page);
  }
  if (!tally.deleted.empty()) {
    page.section("Deleted characters");
    write_deleted(tally, page);
  }
  page.section("Samples of what was removed");
  page.paragraph("All of it lies under removed/, with the record it came from.");
  std::vector<report::Sample> samples;
  for (size_t i = 0; i < kReasonCount; ++i) {
    for (const std::string& text : tally.samples[i]) samples.push_back({std::string(reasons()[i].name), text});
  }
  page.samples(samples);
  page.section("Broken records");
  page.facts({{"records left out", count(static_cast<int64_t>(tally.read.bad_records))},
              {"records with repaired UTF-8", count(static_cast<int64_t>(tally.read.repaired_records))}});
  std::vector<report::Sample> bad;
  for (const std::string& text : tally.read.bad_samples) bad.push_back({"broken record", text});
  if (!bad.empty()) page.samples(bad);
  page.section("Throughput");
  if (times.empty()) {
    page.paragraph("Not known: the build was stopped and went on.");
  } else {
    page.table(time_table(times, funnel.in.bytes));
  }
  page.write(path);
}

}  // namespace lmkor::corpus
