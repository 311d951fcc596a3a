#include "lmkor/corpus/manifest.h"

#include <algorithm>
#include <cstdio>

#include "lmkor/base/hash.h"
#include "lmkor/text/block.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::Json;

namespace {

constexpr size_t kListedCharacters = 100;

Json amount_json(const Amount& amount, bool with_sentences) {
  Json json = {{"documents", amount.documents}, {"bytes", amount.bytes}};
  if (with_sentences) json["sentences"] = amount.sentences;
  return json;
}

// What a stage removed, by reason; reasons that never held are left out.
Json removed_json(const Funnel& funnel, int stage, bool with_sentences) {
  Json json = Json::object();
  for (size_t i = 0; i < kReasonCount; ++i) {
    const Amount& amount = funnel.removed[i];
    const bool is_empty = amount.documents == 0 && amount.bytes == 0 && amount.sentences == 0;
    if ((stage < 0 || reasons()[i].stage == stage) && !is_empty)
      json[std::string(reasons()[i].name)] = amount_json(amount, with_sentences);
  }
  return json;
}

Json stages_json(const Funnel& funnel) {
  Json stages = Json::array();
  for (int i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<Stage>(i);
    // Sentences are known once the text is clean.
    const bool with_sentences = stage != kCleanStage;
    stages.push_back({{"name", std::string(kStageNames[static_cast<size_t>(i)])},
                      {"in", amount_json(funnel.before(stage), with_sentences)},
                      {"out", amount_json(funnel.after(stage), with_sentences)},
                      {"removed", removed_json(funnel, i, with_sentences)}});
  }
  return stages;
}

Json groups_json(const std::vector<std::pair<std::string, Funnel>>& groups) {
  Json json = Json::object();
  for (const auto& [name, funnel] : groups) {
    json[name] = {{"in", amount_json(funnel.in, false)},
                  {"out", amount_json(funnel.out(), false)},
                  {"removed", removed_json(funnel, -1, false)}};
  }
  return json;
}

template <class Key>
std::vector<std::pair<std::string, Funnel>> grouped_by(const Tally& tally, Key&& key) {
  std::map<std::string, Funnel> sums;
  for (const auto& [names, funnel] : tally.groups) sums[key(names)] += funnel;
  return {sums.begin(), sums.end()};
}

template <class Pair>
void most_frequent_first(std::vector<Pair>& pairs) {
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.second > b.second; });
}

}  // namespace

std::vector<std::pair<std::string, Funnel>> by_source(const Tally& tally) {
  return grouped_by(tally, [](const auto& names) { return names.first; });
}

std::vector<std::pair<std::string, Funnel>> by_category(const Tally& tally) {
  return grouped_by(tally, [](const auto& names) { return names.second.empty() ? "(none)" : names.second; });
}

std::vector<std::pair<std::string, uint64_t>> deleted_blocks(const Tally& tally) {
  std::map<std::string, uint64_t> sums;
  for (const auto& [c, count] : tally.deleted) sums[std::string(text::block_name(c))] += count;
  std::vector<std::pair<std::string, uint64_t>> out(sums.begin(), sums.end());
  most_frequent_first(out);
  return out;
}

std::vector<std::pair<char32_t, uint64_t>> deleted_characters(const Tally& tally, size_t count) {
  std::vector<std::pair<char32_t, uint64_t>> out(tally.deleted.begin(), tally.deleted.end());
  most_frequent_first(out);
  if (out.size() > count) out.resize(count);
  return out;
}

Json make_manifest(const Tally& tally, const Json& inputs, const Json& settings) {
  const Amount out = tally.total.out();
  Json manifest = {{"kind", "corpus"},
                   {"format", 1},
                   {"documents", out.documents},
                   {"sentences", out.sentences},
                   {"bytes", out.bytes},
                   {"stages", stages_json(tally.total)},
                   {"sources", groups_json(by_source(tally))},
                   {"categories", groups_json(by_category(tally))},
                   {"read", tally.read.to_json()},
                   {"deleted_characters", {{"blocks", Json::object()}, {"characters", Json::array()}}},
                   {"details", Json::object()},
                   {"inputs", inputs},
                   {"settings", settings},
                   {"settings_sha256", base::sha256(settings.dump())}};
  for (const auto& [key, count] : tally.details) manifest["details"][key.first][key.second] = count;
  for (const auto& [name, count] : deleted_blocks(tally)) manifest["deleted_characters"]["blocks"][name] = count;
  for (const auto& [c, count] : deleted_characters(tally, kListedCharacters)) {
    char name[16];
    std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(c));
    std::string character;
    text::append_utf8(character, c);
    manifest["deleted_characters"]["characters"].push_back(
        {{"code_point", name}, {"character", character}, {"count", count}});
  }
  for (size_t i = 0; i < tally.records_of_input.size(); ++i) {
    manifest["inputs"][i].erase("changed");
    manifest["inputs"][i]["records"] = tally.records_of_input[i];
  }
  return manifest;
}

}  // namespace lmkor::corpus
