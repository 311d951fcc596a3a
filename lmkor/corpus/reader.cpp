#include "lmkor/corpus/reader.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/encoding.h"
#include "lmkor/corpus/records.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr size_t kMaxSamples = 20;
constexpr size_t kMaxNotes = 100;
// How often the share of broken records is looked at before the end.
constexpr uint64_t kCheckEvery = 65536;
constexpr std::string_view kOtherFiles[] = {"manifest.json", "run.json",  "run.toml",
                                            "report.html",   "README.md", "contamination.jsonl"};

std::vector<std::string> format_names() {
  std::vector<std::string> names = {"auto"};
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

std::vector<std::string> encoding_names() {
  std::vector<std::string> names = {"auto"};
  for (const Encoding& encoding : encodings()) names.emplace_back(encoding.name);
  return names;
}

// FIELD=VALUE or PATH:FIELD=VALUE. A colon in the value is its own: the path ends before the last one before "=".
struct Fill {
  std::string path, field, value;
};
Fill split_fill(const std::string& entry) {
  const size_t equals = entry.find('=');
  if (equals == std::string::npos) return {};
  const size_t colon = entry.rfind(':', equals);
  if (colon == std::string::npos) return {"", entry.substr(0, equals), entry.substr(equals + 1)};
  return {entry.substr(0, colon), entry.substr(colon + 1, equals - colon - 1), entry.substr(equals + 1)};
}

}  // namespace

void ReadOptions::fields(config::Fields& f) {
  f.add("format", format, "format of the input, auto for by name and first bytes", config::one_of(format_names()));
  f.add("encoding", encoding, "encoding of text, auto for by byte order mark and first characters",
        config::one_of(encoding_names()));
  f.add("map", map, "FIELD=NAME: the known field FIELD (text, id, source, ...) is called NAME in the input");
  f.add("fill", fill, "FIELD=VALUE or PATH:FIELD=VALUE: documents (of files under PATH) without FIELD get VALUE");
  f.add("quotes", quotes, "quotes of CSV and TSV: none if they are plain characters", config::one_of({"auto", "none"}));
  f.add("invalid_utf8", invalid_utf8, "broken UTF-8 becomes U+FFFD and is counted, or is an error",
        config::one_of({"replace", "error"}));
  f.add("namespaces", namespaces, "namespaces of wiki pages that are documents; 0 holds the articles");
  f.add("max_bad_share", max_bad_share, "largest share of records that may be broken", config::share());
  f.add("max_record_bytes", max_record_bytes, "longer records are broken; memory stays bounded",
        config::between(1 << 10, 1 << 30));
  f.add("max_expansion", max_expansion, "a packed file that grows to more times its size is refused as a bomb",
        config::at_least(2));
}

void ReadOptions::check(config::Faults& faults) const {
  std::vector<std::string> names;
  for (const KnownField& field : known_fields()) names.emplace_back(field.name);
  const auto check_field = [&](std::string_view option, std::string_view entry, std::string_view field) {
    if (find_known_field(field) != nullptr) return;
    const std::string near = base::nearest(field, names);
    faults.add(str(option, ": got field \"", field, "\" in \"", entry, "\", expected one of ", base::join(names, ", "),
                   near.empty() ? "" : str("; did you mean \"", near, "\"?")));
  };
  for (const std::string& entry : map) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos || equals + 1 == entry.size()) {
      faults.add(str("map: got \"", entry, "\", expected FIELD=NAME, such as text=review"));
    } else {
      check_field("map", entry, std::string_view(entry).substr(0, equals));
    }
  }
  for (const std::string& entry : fill) {
    const Fill parts = split_fill(entry);
    if (parts.field.empty() || parts.value.empty()) {
      faults.add(str("fill: got \"", entry, "\", expected FIELD=VALUE or PATH:FIELD=VALUE, such as donor=kim"));
    } else {
      check_field("fill", entry, parts.field);
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

bool ReadStats::add(Outcome outcome, const BadRecord& bad, const Document& document) {
  if (outcome == Outcome::kSkipped) {
    ++skipped[bad.got];
    return false;
  }
  if (outcome != Outcome::kGood) {
    ++(outcome == Outcome::kRepaired ? repaired_records : bad_records);
    if (bad_samples.size() < kMaxSamples)
      bad_samples.push_back(str(bad.place, ": broken record: got ", bad.got, ", expected ", bad.expected));
  }
  if (outcome == Outcome::kBad) return false;
  ++documents;
  bytes += document.text.size();
  return true;
}

void ReadStats::note(std::string text) {
  if (notes.size() < kMaxNotes) notes.push_back(std::move(text));
}

void ReadStats::merge(const ReadStats& later) {
  documents += later.documents;
  bytes += later.bytes;
  bad_records += later.bad_records;
  repaired_records += later.repaired_records;
  for (const auto& [reason, count] : later.skipped) skipped[reason] += count;
  for (const std::string& sample : later.bad_samples) {
    if (bad_samples.size() < kMaxSamples) bad_samples.push_back(sample);
  }
  for (const std::string& text : later.notes) note(text);
}

std::vector<std::pair<std::string, std::string>> ReadOptions::fills(const fs::path& file) const {
  std::vector<std::pair<std::string, std::string>> out;
  const fs::path normal = file.lexically_normal();
  for (const std::string& entry : fill) {
    Fill parts = split_fill(entry);
    const fs::path under = fs::path(parts.path).lexically_normal();
    const auto [end, rest] = std::mismatch(under.begin(), under.end(), normal.begin(), normal.end());
    // "folder/" ends in an empty name.
    if (end == under.end() || (end->empty() && std::next(end) == under.end()))
      out.emplace_back(std::move(parts.field), std::move(parts.value));
  }
  return out;
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
          {"skipped", skipped},
          {"bad_samples", bad_samples},
          {"notes", notes}};
}

ReadStats ReadStats::from_json(const base::Json& json) {
  constexpr std::string_view origin = "statistics of reading";
  ReadStats stats;
  stats.documents = base::json_get<uint64_t>(json, "documents", origin);
  stats.bytes = base::json_get<uint64_t>(json, "bytes", origin);
  stats.bad_records = base::json_get<uint64_t>(json, "bad_records", origin);
  stats.repaired_records = base::json_get<uint64_t>(json, "repaired_records", origin);
  stats.skipped = base::json_get<std::map<std::string, uint64_t>>(json, "skipped", origin);
  stats.bad_samples = base::json_get<std::vector<std::string>>(json, "bad_samples", origin);
  stats.notes = base::json_get<std::vector<std::string>>(json, "notes", origin);
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
                    str(base::join(paths, ", "), ": no file with text: got an empty folder, expected files to read"));
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
    while (s.index == s.batch.records.size()) {
      s.stats.check_share(s.options.max_bad_share, false);
      s.index = 0;
      if (!s.stream.next(s.batch)) {
        if (s.stats.documents + s.stats.bad_records == 0) fail_without_records(s.files);
        s.stats.check_share(s.options.max_bad_share, true);
        return false;
      }
      s.stats.merge(s.batch.read);
    }
    BadRecord bad;
    const auto outcome = s.parser.parse(s.batch, s.index++, document, bad);
    if (s.stats.add(outcome, bad, document)) return true;
  }
}

const ReadStats& Reader::stats() const { return state_->stats; }
uint64_t Reader::stored_position() const { return state_->stream.stored_position(); }
uint64_t Reader::stored_total() const { return state_->stream.stored_total(); }

}  // namespace lmkor::corpus
