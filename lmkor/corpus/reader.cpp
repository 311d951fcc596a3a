#include "lmkor/corpus/reader.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/records.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr size_t kMaxSamples = 20;
// How often the share of broken records is looked at before the end.
constexpr uint64_t kCheckEvery = 65536;
constexpr std::string_view kOtherFiles[] = {"manifest.json", "run.json", "run.toml", "report.html"};

std::vector<std::string> format_names() {
  std::vector<std::string> names = {"auto"};
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace

void ReadOptions::fields(config::Fields& f) {
  f.add("format", format, "format of the input, auto for by name and first bytes", config::one_of(format_names()));
  f.add("map", map, "FIELD=NAME: the known field FIELD (text, id, source, ...) is called NAME in the input");
  f.add("quotes", quotes, "quotes of CSV and TSV: none if they are plain characters", config::one_of({"auto", "none"}));
  f.add("invalid_utf8", invalid_utf8, "broken UTF-8 becomes U+FFFD and is counted, or is an error",
        config::one_of({"replace", "error"}));
  f.add("max_bad_share", max_bad_share, "largest share of records that may be broken", config::share());
}

void ReadOptions::check(config::Faults& faults) const {
  std::vector<std::string> names;
  for (const KnownField& field : known_fields()) names.emplace_back(field.name);
  for (const std::string& entry : map) {
    const size_t equals = entry.find('=');
    const std::string field = entry.substr(0, equals);
    if (equals == std::string::npos || equals + 1 == entry.size()) {
      faults.add(str("map: got \"", entry, "\", expected FIELD=NAME, such as text=review"));
    } else if (find_known_field(field) == nullptr) {
      const std::string near = base::nearest(field, names);
      faults.add(str("map: got field \"", field, "\", expected one of ", base::join(names, ", "),
                     near.empty() ? "" : str("; did you mean \"", near, "\"?")));
    }
  }
}

std::string ReadOptions::mapped(std::string_view field) const {
  std::string name;
  for (const std::string& entry : map) {
    const size_t equals = entry.find('=');
    if (equals != std::string::npos && std::string_view(entry).substr(0, equals) == field)
      name = entry.substr(equals + 1);
  }
  return name;
}

void ReadStats::add_bad(const BadRecord& bad, bool repaired) {
  ++(repaired ? repaired_records : bad_records);
  if (bad_samples.size() < kMaxSamples)
    bad_samples.push_back(str(bad.place, ": broken record: got ", bad.got, ", expected ", bad.expected));
}

void ReadStats::check_share(double max_bad_share, bool at_end) const {
  const uint64_t records = documents + bad_records;
  const uint64_t broken = bad_records + repaired_records;
  if (static_cast<double>(broken) <= max_bad_share * static_cast<double>(records)) return;
  if (!at_end && records < kCheckEvery) return;
  throw base::Error(
      base::ErrorKind::kData,
      str(bad_samples.empty() ? "broken records" : bad_samples.front(), "; ",
          base::grouped(static_cast<long long>(broken)), " of ", base::grouped(static_cast<long long>(records)),
          " records are broken, more than --max-bad-share ", max_bad_share, "; mend the input or raise it"));
}

base::Json ReadStats::to_json() const {
  return {{"documents", documents},
          {"bytes", bytes},
          {"bad_records", bad_records},
          {"repaired_records", repaired_records},
          {"bad_samples", bad_samples}};
}

ReadStats ReadStats::from_json(const base::Json& json) {
  constexpr std::string_view origin = "statistics of reading";
  ReadStats stats;
  stats.documents = base::json_get<uint64_t>(json, "documents", origin);
  stats.bytes = base::json_get<uint64_t>(json, "bytes", origin);
  stats.bad_records = base::json_get<uint64_t>(json, "bad_records", origin);
  stats.repaired_records = base::json_get<uint64_t>(json, "repaired_records", origin);
  stats.bad_samples = base::json_get<std::vector<std::string>>(json, "bad_samples", origin);
  return stats;
}

std::vector<fs::path> list_text_inputs(const std::vector<std::string>& paths) {
  std::vector<fs::path> files = base::list_inputs(paths);
  // A file that the user names is read whatever it is called; those found in folders are not all text.
  std::erase_if(files, [&](const fs::path& file) {
    const bool named = std::find(paths.begin(), paths.end(), file.string()) != paths.end();
    return !named &&
           std::find(std::begin(kOtherFiles), std::end(kOtherFiles), file.filename().string()) != std::end(kOtherFiles);
  });
  if (files.empty()) fail_without_files(paths);
  for (const fs::path& file : files) {
    // Inputs are hashed for run.json and looked at again when a build goes on: a pipe can be read once.
    if (file != "-" && !fs::is_regular_file(file)) {
      throw base::Error(base::ErrorKind::kData, str(file.string(),
                                                    ": got a pipe or device, expected a file; send it to "
                                                    "standard input and name that with -"));
    }
  }
  return files;
}

void fail_without_files(const std::vector<std::string>& paths) {
  throw base::Error(base::ErrorKind::kData,
                    str(base::join(paths, ", "),
                        ": no file with text: got an empty folder, expected text, CSV, TSV, JSON or JSONL files"));
}

void fail_without_records(const std::vector<fs::path>& files) {
  throw base::Error(base::ErrorKind::kData, str(files.front().string(), files.size() > 1 ? " and others" : "",
                                                ": empty input: got no record, expected at least one document"));
}

struct Reader::State {
  State(std::vector<fs::path> files, ReadOptions options)
      : files(files), options(options), stream(std::move(files), std::move(options)) {}
  std::vector<fs::path> files;
  ReadOptions options;
  RecordStream stream;
  RecordBatch batch;
  BatchParser parser;
  size_t index = 0;
  ReadStats stats;
};

Reader::Reader(std::vector<fs::path> files, ReadOptions options)
    : state_(std::make_unique<State>(std::move(files), std::move(options))) {}
Reader::~Reader() = default;

bool Reader::next(Document& document) {
  State& s = *state_;
  while (true) {
    if (s.index == s.batch.records.size()) {
      s.stats.check_share(s.options.max_bad_share, false);
      s.index = 0;
      if (!s.stream.next(s.batch)) {
        if (s.stats.documents + s.stats.bad_records == 0) fail_without_records(s.files);
        s.stats.check_share(s.options.max_bad_share, true);
        return false;
      }
    }
    BadRecord bad;
    const auto outcome = s.parser.parse(s.batch, s.index++, document, bad);
    if (outcome != BatchParser::Outcome::kGood) s.stats.add_bad(bad, outcome == BatchParser::Outcome::kRepaired);
    if (outcome == BatchParser::Outcome::kBad) continue;
    ++s.stats.documents;
    s.stats.bytes += document.text.size();
    return true;
  }
}

const ReadStats& Reader::stats() const { return state_->stats; }
uint64_t Reader::stored_position() const { return state_->stream.stored_position(); }
uint64_t Reader::stored_total() const { return state_->stream.stored_total(); }

}  // namespace lmkor::corpus
