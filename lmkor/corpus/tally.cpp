#include "lmkor/corpus/tally.h"

#include <algorithm>

#include "lmkor/base/str.h"

namespace lmkor::corpus {

using base::Json;

namespace {

constexpr size_t kMaxGroups = 2000;
constexpr size_t kMaxSampleBytes = 240;
constexpr size_t kMaxSamples = 24;  // of a reason, over all units
constexpr std::string_view kOrigin = "the journal of an unfinished corpus";

constexpr ReasonInfo kReasons[kReasonCount] = {
    {kCleanStage, "html", true},
    {kCleanStage, "unicode_form", false},
    {kCleanStage, "jamo", false},
    {kCleanStage, "controls", true},
    {kCleanStage, "characters", true},
    {kCleanStage, "blanks", false},
    {kCleanStage, "personal_data", true},
    {kCleanStage, "repeats", true},
    {kCleanStage, "empty", false},
    {kFilterStage, "language", true},
    {kFilterStage, "boilerplate", true},
    {kFilterStage, "too_short", true},
    {kFilterStage, "useless", true},
    {kFilterStage, "few_letters", true},
    {kFilterStage, "symbols", true},
    {kFilterStage, "repetitive", true},
    {kFilterStage, "profanity", true},
    {kFilterStage, "spam", true},
    {kFilterStage, "repetitive_document", true},
    {kFilterStage, "list", true},
    {kDedupStage, "repeated_document", true},
    {kDedupStage, "near_duplicate", true},
    {kDedupStage, "repeated", true},
    {kDedupStage, "repeated_words", true},
    {kDecontaminateStage, "contaminated", true},
};

Json amount_json(const Amount& amount) { return {amount.documents, amount.sentences, amount.bytes}; }

Amount amount_from(const Json& json) {
  const auto values = json.get<std::array<int64_t, 3>>();
  return {values[0], values[1], values[2]};
}

Json funnel_json(const Funnel& funnel) {
  Json json = Json::array({amount_json(funnel.in)});
  for (const Amount& amount : funnel.removed) json.push_back(amount_json(amount));
  return json;
}

Funnel funnel_from(const Json& json) {
  Funnel funnel;
  funnel.in = amount_from(json.at(0));
  for (size_t i = 0; i < kReasonCount; ++i) funnel.removed[i] = amount_from(json.at(i + 1));
  return funnel;
}

bool is_power_of_four(uint64_t n) { return (n & (n - 1)) == 0 && (n & 0x5555555555555555) != 0; }

}  // namespace

std::span<const ReasonInfo, kReasonCount> reasons() { return kReasons; }

Amount& Amount::operator+=(const Amount& other) {
  documents += other.documents;
  sentences += other.sentences;
  bytes += other.bytes;
  return *this;
}

Amount& Amount::operator-=(const Amount& other) {
  documents -= other.documents;
  sentences -= other.sentences;
  bytes -= other.bytes;
  return *this;
}

Amount Funnel::before(Stage stage) const {
  Amount amount = in;
  for (size_t i = 0; i < kReasonCount; ++i) {
    if (kReasons[i].stage < stage) amount -= removed[i];
  }
  return amount;
}

Amount Funnel::after(Stage stage) const { return before(static_cast<Stage>(stage + 1)); }

Funnel& Funnel::operator+=(const Funnel& other) {
  in += other.in;
  for (size_t i = 0; i < kReasonCount; ++i) removed[i] += other.removed[i];
  return *this;
}

Funnel& Tally::group(const std::string& source, const std::string& category) {
  auto key = std::pair(source, category);
  const auto found = groups.find(key);
  if (found != groups.end()) return found->second;
  if (groups.size() >= kMaxGroups) key = {"(other)", "(other)"};
  return groups[key];
}

void Tally::add_removed(Reason reason, std::string_view text) {
  if (!is_power_of_four(++removed_records[reason])) return;
  size_t size = std::min(text.size(), kMaxSampleBytes);
  while (size < text.size() && size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  samples[reason].push_back(base::str(text.substr(0, size), size < text.size() ? "..." : ""));
}

Tally& Tally::operator+=(const Tally& next) {
  read.merge(next.read);
  total += next.total;
  for (const auto& [key, funnel] : next.groups) group(key.first, key.second) += funnel;
  for (const auto& [c, count] : next.deleted) deleted[c] += count;
  for (const auto& [name, count] : next.details) details[name] += count;
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] += next.lengths[i];
  for (size_t i = 0; i < characters.size(); ++i) characters[i] += next.characters[i];
  for (size_t i = 0; i < kReasonCount; ++i) {
    auto& to = samples[i];
    to.insert(to.end(), next.samples[i].begin(), next.samples[i].end());
    // Thinned by halves, so that what stays is spread over all units.
    while (to.size() > kMaxSamples) {
      for (size_t k = 0; 2 * k < to.size(); ++k) std::swap(to[k], to[2 * k]);
      to.resize((to.size() + 1) / 2);
    }
    removed_records[i] += next.removed_records[i];
  }
  records_of_input.resize(std::max(records_of_input.size(), next.records_of_input.size()));
  for (size_t i = 0; i < next.records_of_input.size(); ++i) records_of_input[i] += next.records_of_input[i];
  for (const auto& [example, hits] : next.contamination) {
    ExampleHits& to = contamination[example];
    if (to.first_id.empty()) to.first_id = hits.first_id;
    for (size_t i = 0; i < to.places.size(); ++i) to.places[i] += hits.places[i];
  }
  return *this;
}

Json Tally::to_json() const {
  Json json = {{"read", read.to_json()},
               {"total", funnel_json(total)},
               {"groups", Json::array()},
               {"deleted", Json::array()},
               {"details", Json::array()},
               {"lengths", lengths},
               {"characters", characters},
               {"samples", samples},
               {"removed_records", removed_records},
               {"records_of_input", records_of_input},
               {"contamination", Json::array()}};
  for (const auto& [key, funnel] : groups) json["groups"].push_back({key.first, key.second, funnel_json(funnel)});
  for (const auto& [c, count] : deleted) json["deleted"].push_back({static_cast<uint32_t>(c), count});
  for (const auto& [key, count] : details) json["details"].push_back({key.first, key.second, count});
  for (const auto& [example, hits] : contamination) {
    json["contamination"].push_back({example, hits.places, hits.first_id});
  }
  return json;
}

Tally Tally::from_json(const Json& json) {
  Tally tally;
  tally.read = ReadStats::from_json(base::json_get<Json>(json, "read", kOrigin));
  tally.total = funnel_from(base::json_get<Json>(json, "total", kOrigin));
  for (const Json& row : base::json_get<Json>(json, "groups", kOrigin)) {
    tally.groups[{row.at(0).get<std::string>(), row.at(1).get<std::string>()}] = funnel_from(row.at(2));
  }
  for (const Json& row : base::json_get<Json>(json, "deleted", kOrigin)) {
    tally.deleted[row.at(0).get<uint32_t>()] = row.at(1).get<uint64_t>();
  }
  for (const Json& row : base::json_get<Json>(json, "details", kOrigin)) {
    tally.details[{row.at(0).get<std::string>(), row.at(1).get<std::string>()}] = row.at(2).get<uint64_t>();
  }
  tally.lengths = base::json_get<decltype(tally.lengths)>(json, "lengths", kOrigin);
  tally.characters = base::json_get<CharacterClasses>(json, "characters", kOrigin);
  tally.samples = base::json_get<decltype(tally.samples)>(json, "samples", kOrigin);
  tally.removed_records = base::json_get<decltype(tally.removed_records)>(json, "removed_records", kOrigin);
  tally.records_of_input = base::json_get<std::vector<uint64_t>>(json, "records_of_input", kOrigin);
  for (const Json& row : base::json_get<Json>(json, "contamination", kOrigin)) {
    tally.contamination[row.at(0).get<uint32_t>()] = {row.at(1).get<std::array<uint64_t, 3>>(),
                                                      row.at(2).get<std::string>()};
  }
  return tally;
}

}  // namespace lmkor::corpus
