// The files of an extended vocabulary. They are changed as text, so that whatever another program wrote into them
// stays.
#include <algorithm>
#include <unordered_map>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/tokenizer/hf_files.h"
#include "lmkor/vocab/extend.h"

namespace lmkor::vocab {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

constexpr const char* kBefore = "before-extension";
constexpr const char* kExtension = "extension.json";
constexpr std::string_view kSlotHead = "[unused";

using Names = std::unordered_map<std::string_view, const std::string*>;  // slot -> term

std::string changed_vocab(const std::string& text, const Names& names) {
  std::string out;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const std::string_view token = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    const auto found = names.find(token);
    out += found == names.end() ? std::string_view(line) : std::string_view(*found->second);
    if (found != names.end()) out += line.substr(token.size());
    if (end < text.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

// Keys "[unusedN]": of a JSON text.
std::string changed_json(const std::string& text, const Names& names) {
  const std::string head = str('"', kSlotHead);
  std::string out;
  size_t done = 0;
  for (size_t at = 0; (at = text.find(head, at)) != std::string::npos;) {
    const size_t end = text.find('"', at + 1);
    const auto found = names.find(std::string_view(text).substr(at + 1, end - at - 1));
    const size_t colon = text.find_first_not_of(" \t\r\n", end + 1);
    if (found != names.end() && colon != std::string::npos && text[colon] == ':') {
      out += str(std::string_view(text).substr(done, at - done), Json(*found->second).dump());
      done = end + 1;
    }
    at = end + 1;
  }
  return out + text.substr(done);
}

// The files of a tokenizer and of extensions before this one.
void copy_all(const fs::path& from, const fs::path& to) {
  tokenizer::copy_folder(from, to);
  if (fs::exists(from / kExtension)) base::write_file_atomic(to / kExtension, base::read_file(from / kExtension));
  if (fs::exists(from / kBefore)) copy_all(from / kBefore, to / kBefore);
}

void verify(const fs::path& dir, const tokenizer::Tokenizer& before, const std::vector<Term>& terms,
            const std::vector<int32_t>& slots) {
  const auto after = tokenizer::Tokenizer::load(dir);
  std::vector<std::string> expected = before.tokens();
  for (size_t i = 0; i < terms.size(); ++i) expected[static_cast<size_t>(slots[i])] = terms[i].text;
  tokenizer::Tokenizer::Scratch scratch;
  for (size_t id = 0; id < expected.size(); ++id) {
    if (id < after.tokens().size() && after.tokens()[id] == expected[id]) continue;
    throw Error(ErrorKind::kData, str(dir.string(), ": id ", id, ": got the token \"",
                                      id < after.tokens().size() ? after.tokens()[id] : "",
                                      "\" after the extension, "
                                      "expected \"",
                                      expected[id], "\"; is its tokenizer.json written in another way?"));
  }
  for (size_t i = 0; i < terms.size(); ++i) {
    std::vector<int32_t> ids;
    after.encode(terms[i].text, scratch, ids);
    if (ids == std::vector<int32_t>{slots[i]}) continue;
    throw Error(ErrorKind::kInternal, str(dir.string(), ": the term \"", terms[i].text, "\" takes ", ids.size(),
                                          " pieces after the extension, expected one"));
  }
}

}  // namespace

std::vector<int32_t> free_slots(const tokenizer::HfFiles& files, const tokenizer::Tokenizer& tokenizer) {
  std::vector<int32_t> slots;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (!tokenizer.is_unused(id) || tokenizer.is_special(id)) continue;
    const bool matched = std::any_of(files.added.begin(), files.added.end(),
                                     [&](const auto& added) { return added.content == tokenizer.token(id); });
    if (!matched) slots.push_back(id);
  }
  return slots;
}

void write_extension(const fs::path& from, const fs::path& to, const tokenizer::Tokenizer& tokenizer,
                     const std::vector<Term>& terms, const std::vector<int32_t>& slots,
                     const std::vector<uint64_t>& uses, const Json& facts) {
  Names names;
  for (size_t i = 0; i < terms.size(); ++i) names[tokenizer.token(slots[i])] = &terms[i].text;
  copy_all(from, to / kBefore);
  tokenizer::copy_folder(from, to);
  const auto change = [&](const char* name, const auto& changed) {
    if (fs::exists(to / name)) base::write_file_atomic(to / name, changed(base::read_file(to / name), names));
  };
  change("vocab.txt", changed_vocab);
  change("tokenizer.json", changed_json);
  verify(to, tokenizer, terms, slots);

  Json json = {{"kind", "extension"},
               {"version", 1},
               {"vocab_size", tokenizer.size()},
               {"vocab_sha256_before", tokenizer.vocab_sha256()},
               {"vocab_sha256", tokenizer::Tokenizer::load(to).vocab_sha256()}};
  json.update(facts);
  json["terms"] = Json::array();
  for (size_t i = 0; i < terms.size(); ++i) {
    const Term& term = terms[i];
    Json old = Json::array();
    for (const std::string& piece : term.old_pieces) {
      const int32_t id = tokenizer.id(piece);
      old.push_back({{"piece", piece}, {"id", id}, {"count", uses[static_cast<size_t>(id)]}});
    }
    json["terms"].push_back({{"term", term.text},
                             {"slot", tokenizer.token(slots[i])},
                             {"id", slots[i]},
                             {"old_pieces", old},
                             {"domain_count", term.domain_count},
                             {"general_count", term.general_count},
                             {"documents", term.documents},
                             {"log_odds", term.log_odds},
                             {"z", term.z}});
  }
  base::write_json(to / kExtension, json);
}

void undo_extension(const fs::path& extended, const fs::path& to) {
  if (!fs::is_directory(extended / kBefore)) {
    throw Error(ErrorKind::kNotFound, str(extended.string(), ": no folder ", kBefore,
                                          " in it; give the folder that lmkor vocab extend has written"));
  }
  copy_all(extended / kBefore, to);
}

}  // namespace lmkor::vocab
