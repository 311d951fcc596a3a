#include "lmkor/audit/audit.h"

#include <algorithm>

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/report/report.h"

namespace lmkor::audit {

using base::fixed;
using base::Json;
using base::str;

namespace {

constexpr size_t kShown = 40;

struct KindText {
  const char* kind;
  const char* title;
};
constexpr KindText kKinds[] = {{"label_error", "Labels in doubt, the likeliest errors first"},
                               {"contradiction", "Equal inputs with different labels"},
                               {"ambiguous", "Ambiguous: torn between two labels"},
                               {"near_duplicate", "Near copies"},
                               {"duplicate", "Copies"},
                               {"leakage", "Known from the corpus"}};

// TSV has no way to write TAB and line breaks.
std::string cell(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string percent(double value) { return str(fixed(100 * value, 2), "\u00a0%"); }
// With blanks that do not break, so that it stays on one line.
std::string interval(double low, double high) { return str(fixed(100 * low, 2), "\u00a0to\u00a0", percent(high)); }

std::string issues_tsv(const Audit& found) {
  std::string out = "split\tid\trow\tkind\tscore\tgiven\tsuggested\ttext\taction\n";
  for (const Finding& row : found.findings) {
    out += str(row.split, "\t", cell(row.id), "\t", row.row, "\t", row.kind, "\t", fixed(row.score, 6), "\t",
               cell(row.given), "\t", cell(row.suggested), "\t", cell(row.text), "\t\n");
  }
  return out;
}

Json audit_json(const Audit& found, const AuditJob& job) {
  Json findings = Json::array();
  for (const Finding& row : found.findings) {
    findings.push_back({{"kind", row.kind},
                        {"split", row.split},
                        {"id", row.id},
                        {"row", row.row},
                        {"score", row.score},
                        {"given", row.given},
                        {"suggested", row.suggested},
                        {"text", row.text}});
  }
  return {{"task", job.task.name}, {"data", job.data.string()}, {"summary", found.summary}, {"findings", findings}};
}

}  // namespace

void write_audit(const Audit& found, const AuditJob& job, const std::filesystem::path& output) {
  base::make_directories(output);
  base::write_file_atomic(output / "issues.tsv", issues_tsv(found));
  report::Report page(str("Audit: ", job.task.name), str(job.task.summary, ", ", job.data.string()));
  page.section("Figures");
  report::Table figures{.headers = {"figure", "value", "95 % interval", "what it is"}, .alignment = "lrll"};
  for (const auto& [name, figure] : found.summary.items()) {
    if (!figure.at("value").is_number()) continue;
    const double value = figure.at("value");
    const bool is_share = name != "examples";
    figures.rows.push_back(
        {name, is_share ? percent(value) : base::grouped(static_cast<long long>(value)),
         figure.contains("interval") ? interval(figure.at("interval")[0], figure.at("interval")[1]) : "",
         figure.at("definition").get<std::string>()});
  }
  page.table(figures);
  for (const KindText& kind : kKinds) {
    std::vector<report::Sample> samples;
    size_t count = 0;
    for (const Finding& row : found.findings) {
      if (row.kind != kind.kind || ++count > kShown) continue;
      samples.push_back({str(row.split, " row ", row.row, ", given ", row.given,
                             row.suggested.empty() ? "" : str(" → ", row.suggested), ", score ", fixed(row.score, 3)),
                         row.text});
    }
    if (samples.empty()) continue;
    page.section(str(kind.title, " (", base::grouped(static_cast<long long>(count)), ")"));
    page.samples(samples);
  }
  if (found.summary.contains("artefacts") && !found.summary["artefacts"]["value"].empty()) {
    page.section("Words that give a label away");
    report::Table words{.headers = {"word", "label", "examples", "share", "z"}, .alignment = "llrrr"};
    for (const Json& row : found.summary["artefacts"]["value"]) {
      words.rows.push_back({row.at("word").get<std::string>(), row.at("label").get<std::string>(),
                            base::grouped(row.at("examples").get<int64_t>()), percent(row.at("share")),
                            fixed(row.at("z").get<double>(), 1)});
    }
    page.table(words);
  }
  page.write(output / "report.html");
  base::write_json(output / "audit.json", audit_json(found, job));
}

}  // namespace lmkor::audit
