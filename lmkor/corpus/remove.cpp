#include "lmkor/corpus/remove.h"

#include <algorithm>
#include <set>
#include <vector>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/journal.h"
#include "lmkor/corpus/json_record.h"
#include "lmkor/text/sentence.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

constexpr const char* kStage = "withdraw";
constexpr const char* kReason = "donor_withdrew";
constexpr std::string_view kRecordsEnding = ".jsonl.zst";
constexpr size_t kListedDonors = 20;

struct Amounts {
  uint64_t documents = 0, bytes = 0, sentences = 0;
  void add(std::string_view text) {
    ++documents;
    bytes += text.size();
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      sentences += text::split_sentences(text.substr(at, end - at)).size();
      at = end + 1;
    }
  }
};

struct Withdrawn {
  Amounts total;
  std::map<std::string, Amounts> sources, categories;
};

class Sieve {
 public:
  explicit Sieve(const std::string& donor) : donor_(donor) {}

  // Writes `from` without the donor's records to `to`; false, and nothing is written, if there is none. `withdrawn`
  // counts them unless it is nullptr.
  bool pass(const fs::path& from, const fs::path& to, Withdrawn* withdrawn, uint64_t& records) {
    base::OutputFile out(to);
    base::LineReader lines(base::open_input(from));
    std::string_view line;
    bool found = false;
    while (lines.next(line)) {
      base::check_interrupt();
      simdjson::dom::object object;
      BadRecord bad;
      if (!record_.parse(line, object, bad)) {
        throw base::Error(base::ErrorKind::kData, str(from.string(), ":", lines.line_number(), ": broken record: got ",
                                                      bad.got, ", expected ", bad.expected));
      }
      const std::string_view donor = text_of(object, "donor");
      if (donor != donor_) {
        if (!donor.empty() && donors_.size() < kListedDonors) donors_.emplace(donor);
        out.write(line);
        out.write("\n");
        continue;
      }
      found = true;
      ++records;
      if (withdrawn == nullptr) continue;
      const std::string_view text = text_of(object, "text"), category = text_of(object, "category");
      withdrawn->total.add(text);
      withdrawn->sources[std::string(text_of(object, "source"))].add(text);
      withdrawn->categories[category.empty() ? "(none)" : std::string(category)].add(text);
    }
    if (found) out.commit();
    return found;
  }
  const std::set<std::string>& other_donors() const { return donors_; }

 private:
  static std::string_view text_of(const simdjson::dom::object& object, std::string_view name) {
    std::string_view text;
    return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
  }

  std::string donor_;
  std::set<std::string> donors_;
  JsonRecord record_;
};

void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
  if (error) throw base::Error(base::ErrorKind::kOutput, str(to.string(), ": cannot be written: ", error.message()));
}

void subtract(Json& amount, const Amounts& less) {
  amount["documents"] = amount["documents"].get<uint64_t>() - less.documents;
  amount["bytes"] = amount["bytes"].get<uint64_t>() - less.bytes;
  if (amount.contains("sentences")) {
    const auto sentences = amount["sentences"].get<uint64_t>();
    amount["sentences"] = sentences - std::min(sentences, less.sentences);
  }
}

Json amount_json(const Amounts& amounts, bool with_sentences) {
  Json json = {{"documents", amounts.documents}, {"bytes", amounts.bytes}};
  if (with_sentences) json["sentences"] = amounts.sentences;
  return json;
}

// Groups beyond a limit are counted together as "(other)".
void subtract_groups(Json& groups, const std::map<std::string, Amounts>& less) {
  for (const auto& [name, amounts] : less) {
    const std::string key = groups.contains(name) ? name : "(other)";
    if (!groups.contains(key)) continue;
    subtract(groups[key]["out"], amounts);
    Json& removed = groups[key]["removed"][kReason];
    if (removed.is_null()) removed = Json::object();
    const Json amount = amount_json(amounts, false);
    for (const auto& [unit, value] : amount.items())
      removed[unit] = removed.value(unit, uint64_t{0}) + value.get<uint64_t>();
  }
}

void update_manifest(Json& manifest, const Withdrawn& withdrawn) {
  Json stage = {{"name", kStage}, {"in", manifest["stages"].back()["out"]}, {"out", manifest["stages"].back()["out"]}};
  subtract(stage["out"], withdrawn.total);
  // What the funnel counted as sentences, so that in = out + removed.
  Amounts removed = withdrawn.total;
  if (stage["in"].contains("sentences"))
    removed.sentences = stage["in"]["sentences"].get<uint64_t>() - stage["out"]["sentences"].get<uint64_t>();
  stage["removed"] = {{kReason, amount_json(removed, stage["in"].contains("sentences"))}};
  for (const char* unit : {"documents", "sentences", "bytes"}) {
    if (stage["out"].contains(unit)) manifest[unit] = stage["out"][unit];
  }
  manifest["stages"].push_back(std::move(stage));
  subtract_groups(manifest["sources"], withdrawn.sources);
  subtract_groups(manifest["categories"], withdrawn.categories);
}

// What artefacts that were made from the corpus remember it by.
Json hashes_of(const fs::path& corpus) {
  Json hashes = Json::object();
  for (const char* name : {"manifest.json", "run.json"}) {
    if (fs::is_regular_file(corpus / name)) hashes[name] = base::sha256_file(corpus / name);
  }
  return hashes;
}

}  // namespace

DonorRemoval remove_donor(const fs::path& from, const fs::path& to, const std::string& donor) {
  if (!fs::is_regular_file(from / "manifest.json")) {
    throw base::Error(base::ErrorKind::kNotFound, str(from.string(), ": no manifest.json, expected a finished corpus"));
  }
  if (Journal::exists(from)) {
    throw base::Error(base::ErrorKind::kIncompatible,
                      str(from.string(), ": the corpus is unfinished; let lmkor corpus build finish it first"));
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(from));
  }
  std::sort(files.begin(), files.end());
  DonorRemoval result;
  Withdrawn withdrawn;
  Sieve sieve(donor);
  uint64_t documents = 0;
  for (const fs::path& file : files) {
    if (file == "report.html" || file == "manifest.json") continue;
    base::make_directories((to / file).parent_path());
    const bool is_document = !file.has_parent_path() && file.filename().string().starts_with("docs-");
    const bool changed = file.string().ends_with(kRecordsEnding) &&
                         sieve.pass(from / file, to / file, is_document ? &withdrawn : nullptr,
                                    is_document ? documents : result.removed_records);
    if (!changed) link_or_copy(from / file, to / file);
    result.changed_files += changed;
  }
  if (result.changed_files == 0) {
    const auto& donors = sieve.other_donors();
    throw base::Error(base::ErrorKind::kData,
                      str(from.string(), ": got no record of donor \"", donor, "\", expected one of ",
                          donors.empty() ? "none: no record names a donor" : base::join(donors, ", ")));
  }
  Json manifest = base::read_json(from / "manifest.json");
  update_manifest(manifest, withdrawn);
  Json& rows = manifest["withdrawals"];
  if (rows.is_null()) rows = Json::array();
  rows.push_back({{"donor", donor},
                  {"documents", withdrawn.total.documents},
                  {"bytes", withdrawn.total.bytes},
                  {"removed_records", result.removed_records},
                  {"before", hashes_of(from)}});
  base::write_json(to / "manifest.json", manifest);
  result.documents = withdrawn.total.documents;
  result.sentences = withdrawn.total.sentences;
  result.bytes = withdrawn.total.bytes;
  result.manifest = std::move(manifest);
  return result;
}

}  // namespace lmkor::corpus
