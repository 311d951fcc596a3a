#include "lmkor/tokenizer/hf_files.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <simdjson.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/text/bert_unicode.h"
#include "lmkor/text/utf8.h"

namespace lmkor::tokenizer {
namespace {

namespace fs = std::filesystem;
namespace json = simdjson::dom;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

constexpr const char* kVocabName = "vocab.txt";
constexpr const char* kTokenizerName = "tokenizer.json";
constexpr const char* kConfigName = "tokenizer_config.json";
constexpr const char* kMapName = "special_tokens_map.json";
constexpr std::array kNames = {kVocabName, kTokenizerName, kConfigName, kMapName};
constexpr int64_t kMaxId = 1 << 24;  // far above any vocabulary: a greater id is a broken file

// tokenizer.json is read with simdjson: its vocabulary is one object of tens of thousands of keys.
class TokenizerJson {
 public:
  explicit TokenizerJson(const fs::path& path) : name_(path.string()), bytes_(base::read_file(path)) {
    const auto result = parser_.parse(bytes_.data(), bytes_.size());
    if (result.error())
      fail(str("got broken JSON (", simdjson::error_message(result.error()), "), expected a tokenizer"));
    root_ = result.value_unsafe();
  }

  bool has(std::string_view pointer) const {
    json::element found;
    return !root_.at_pointer(pointer).get(found) && !found.is_null();
  }
  std::string text(std::string_view pointer, std::string otherwise) const {
    std::string_view found;
    return root_.at_pointer(pointer).get(found) ? otherwise : std::string(found);
  }
  bool flag(std::string_view pointer, bool otherwise) const {
    bool found = otherwise;
    return root_.at_pointer(pointer).get(found) ? otherwise : found;
  }
  int64_t number(std::string_view pointer, int64_t otherwise) const {
    int64_t found = otherwise;
    return root_.at_pointer(pointer).get(found) ? otherwise : found;
  }
  json::element root() const { return root_; }
  const std::string& name() const { return name_; }
  [[noreturn]] void fail(const std::string& text) const { throw Error(ErrorKind::kData, str(name_, ": ", text)); }
  [[noreturn]] void refuse(std::string_view got, std::string_view expected) const {
    throw Error(ErrorKind::kIncompatible,
                str(name_, ": got ", got, ", expected ", expected, "; lmkor reads BERT's WordPiece tokenizers only"));
  }

 private:
  std::string name_;
  std::string bytes_;
  json::parser parser_;
  json::element root_;
};

void put_token(std::vector<std::string>& tokens, int64_t id, std::string_view token, const std::string& origin) {
  if (id < 0 || id > kMaxId) {
    throw Error(ErrorKind::kData, str(origin, ": got the id ", id, " for token '", token, "', expected 0 to ", kMaxId,
                                      "; the file is broken"));
  }
  if (tokens.size() <= static_cast<size_t>(id)) tokens.resize(static_cast<size_t>(id) + 1);
  tokens[static_cast<size_t>(id)] = std::string(token);
}

void read_vocabulary(const TokenizerJson& file, std::vector<std::string>& tokens) {
  std::string type = file.text("/model/type", "");
  // Old files name no type; only WordPiece has this member.
  if (type.empty() && file.has("/model/max_input_chars_per_word")) type = "WordPiece";
  if (type.empty()) file.refuse("a model without a type", "WordPiece");
  if (type != "WordPiece") file.refuse(str("a ", type, " model"), "WordPiece");
  json::object vocab;
  if (file.root().at_pointer("/model/vocab").get(vocab)) file.fail("got no object model.vocab, expected token: id");
  for (const auto& [token, value] : vocab) {
    int64_t id = -1;
    if (value.get(id)) file.fail(str("got no number for token '", token, "' in model.vocab, expected its id"));
    put_token(tokens, id, token, file.name());
  }
}

// Anything but BERT's normaliser and pre-tokenizer is refused.
void check_pipeline(const TokenizerJson& file) {
  const std::string normalizer = file.has("/normalizer") ? file.text("/normalizer/type", "?") : "none";
  if (normalizer != "BertNormalizer") file.refuse(str("the normalizer ", normalizer), "BertNormalizer");
  const std::string splitter = file.has("/pre_tokenizer") ? file.text("/pre_tokenizer/type", "?") : "none";
  if (splitter != "BertPreTokenizer") file.refuse(str("the pre-tokenizer ", splitter), "BertPreTokenizer");
}

void read_normalizer(const TokenizerJson& file, Settings& settings) {
  settings.clean_text = file.flag("/normalizer/clean_text", true);
  settings.handle_chinese_chars = file.flag("/normalizer/handle_chinese_chars", true);
  settings.lowercase = file.flag("/normalizer/lowercase", true);
  settings.strip_accents.reset();
  if (file.has("/normalizer/strip_accents")) settings.strip_accents = file.flag("/normalizer/strip_accents", false);
}

void read_added(const TokenizerJson& file, HfFiles& out) {
  json::array added;
  if (file.root().at_pointer("/added_tokens").get(added)) return;
  for (const json::element entry : added) {
    std::string_view content;
    int64_t id = -1;
    if (entry.at_key("content").get(content) || entry.at_key("id").get(id)) {
      file.fail("got an added token without content or id, expected both");
    }
    for (const char* flag : {"lstrip", "rstrip", "single_word", "normalized"}) {
      bool on = false;
      if (entry.at_key(flag).get(on) || !on) continue;
      file.refuse(str("the added token '", content, "' with ", flag), "added tokens that are matched as they are");
    }
    put_token(out.tokens, id, content, file.name());
    bool special = false;
    if (entry.at_key("special").get(special)) special = false;
    out.added.push_back({std::string(content), special});
  }
}

// A token in a config is a string or an object with "content"; null and absent leave `value` as it is.
void read_name(const Json& config, const char* key, std::string& value) {
  const auto found = config.find(key);
  if (found == config.end()) return;
  if (found->is_string()) value = found->get<std::string>();
  if (found->is_object() && found->contains("content")) value = (*found)["content"].get<std::string>();
}

void read_names(const Json& config, Settings& settings) {
  read_name(config, "pad_token", settings.pad);
  read_name(config, "unk_token", settings.unk);
  read_name(config, "cls_token", settings.cls);
  read_name(config, "sep_token", settings.sep);
  read_name(config, "mask_token", settings.mask);
}

// Classes for which transformers takes tokenizer.json as it is; for all others it builds BERT's pipeline anew.
bool takes_tokenizer_json(const std::string& tokenizer_class) {
  return tokenizer_class == "PreTrainedTokenizerFast" || tokenizer_class == "TokenizersBackend";
}

bool json_flag(const Json& config, const char* key, bool otherwise) {
  const auto found = config.find(key);
  return found != config.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

void read_config(const Json& config, Settings& settings) {
  read_names(config, settings);
  if (config.contains("tokenizer_class") && config["tokenizer_class"].is_string()) {
    settings.tokenizer_class = config["tokenizer_class"].get<std::string>();
  }
  // Folders without a limit carry a huge number here, some as a float.
  if (config.contains("model_max_length") && config["model_max_length"].is_number()) {
    const double length = config["model_max_length"].get<double>();
    settings.model_max_length = length >= 1 && length < 1e9 ? static_cast<int64_t>(length) : 512;
  }
  if (takes_tokenizer_json(settings.tokenizer_class)) return;
  settings.clean_text = true;
  settings.max_input_chars_per_word = 100;
  settings.continuing_prefix = "##";
  settings.lowercase = json_flag(config, "do_lower_case", true);
  settings.handle_chinese_chars = json_flag(config, "tokenize_chinese_chars", true);
  settings.strip_accents.reset();
  if (config.contains("strip_accents") && config["strip_accents"].is_boolean()) {
    settings.strip_accents = config["strip_accents"].get<bool>();
  }
}

// For BERT's classes transformers builds the normaliser from tokenizer_config.json, whatever tokenizer.json says.
void warn_of_contradictions(const fs::path& dir, const Settings& in_json, const Settings& in_config) {
  const auto name_of = [](std::optional<bool> value) { return !value ? "null" : *value ? "true" : "false"; };
  const struct {
    const char *json, *config;
    std::optional<bool> in_json, in_config;
  } rows[] = {
      {"lowercase", "do_lower_case", in_json.lowercase, in_config.lowercase},
      {"strip_accents", "strip_accents", in_json.strip_accents, in_config.strip_accents},
      {"handle_chinese_chars", "tokenize_chinese_chars", in_json.handle_chinese_chars, in_config.handle_chinese_chars},
      {"clean_text", "clean_text", in_json.clean_text, in_config.clean_text},
  };
  for (const auto& row : rows) {
    if (row.in_json == row.in_config) continue;
    base::log_warning(str((dir / kConfigName).string(), ": ", row.config, " is ", name_of(row.in_config), " but ",
                          kTokenizerName, " says ", row.json, " ", name_of(row.in_json), "; ", kConfigName,
                          " wins, as in transformers, which builds a ", in_config.tokenizer_class, " from it"));
  }
}

// A folder without the files of a WordPiece tokenizer may have those of another one.
void refuse_other_kinds(const fs::path& dir) {
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {"spiece.model", "SentencePiece"},
      {"sentencepiece.bpe.model", "SentencePiece"},
      {"spm.model", "SentencePiece"},
      {"tokenizer.model", "SentencePiece"},
      {"tokenizer_78b3253a26.model", "SentencePiece"},
      {"merges.txt", "BPE"},
  };
  for (const auto& [name, kind] : kOthers) {
    if (!fs::exists(dir / name)) continue;
    throw Error(ErrorKind::kIncompatible,
                str((dir / name).string(), ": got a ", kind,
                    " model, expected WordPiece; lmkor reads BERT's WordPiece tokenizers only"));
  }
}

void warn_of_missing_tokens(const HfFiles& files, const fs::path& path) {
  const Settings& names = files.settings;
  const auto lacks = [&](const std::string& name) {
    return std::find(files.tokens.begin(), files.tokens.end(), name) == files.tokens.end();
  };
  std::vector<std::string> missing;
  for (const std::string& name : {names.pad, names.cls, names.sep, names.mask}) {
    if (lacks(name)) missing.push_back(name);
  }
  if (missing.empty() || lacks(names.unk)) return;  // without an unknown token it is no tokenizer at all
  base::log_warning(str(path.string(), ": got ", files.tokens.size(), " tokens without ", base::join(missing, ", "),
                        "; text can be encoded, but nothing that needs ", missing.size() == 1 ? "it" : "them",
                        ": pairs, padding, training"));
}

// Of a repeated line the last id counts and the earlier one has no token, as in `tokenizers`; both are slips.
std::vector<std::string> tokens_of_lines(const std::vector<std::string>& lines, const fs::path& path) {
  std::unordered_map<std::string_view, size_t> last;
  for (size_t id = 0; id < lines.size(); ++id) last[lines[id]] = id;
  std::vector<std::string> tokens(lines.size());
  size_t slips = 0;
  std::string first_slip;
  for (size_t id = 0; id < lines.size(); ++id) {
    const size_t counts = last[lines[id]];
    if (counts == id && !lines[id].empty()) {
      tokens[id] = lines[id];
    } else if (slips++ == 0) {
      first_slip = lines[id].empty()
                       ? str("line ", id + 1, " is empty")
                       : str("line ", id + 1, " holds '", lines[id], "' like line ", counts + 1, ", which counts");
    }
  }
  if (slips > 0) {
    base::log_warning(str(path.string(), ": ", first_slip,
                          slips == 1 ? "" : str(", and ", slips - 1, " more such lines"),
                          "; an id without a token is never used"));
  }
  return tokens;
}

void warn_of_broken_hangul(const HfFiles& files, const fs::path& path) {
  if (!files.settings.strips_accents()) return;
  for (const std::string& token : files.tokens) {
    if (token.size() < 3 || token.compare(token.size() - 3, 3, "가") < 0 ||
        token.compare(token.size() - 3, 3, "힣") > 0)
      continue;
    base::log_warning(str(path.string(), ": strip_accents is ", files.settings.strip_accents ? "on" : "unset and so on",
                          ", as in Hugging Face; it divides Hangul into jamo, and words like '", token, "' become ",
                          files.settings.unk, ". Set \"strip_accents\": false in ", kConfigName));
    return;
  }
}

}  // namespace

std::string vocab_text(const std::vector<std::string>& tokens) {
  std::string out;
  for (const std::string& token : tokens) {
    out += token;
    out += '\n';
  }
  return out;
}

std::vector<std::string> parse_vocab_text(std::string_view text) {
  std::vector<std::string> tokens;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty()) {
      size_t last = line.size() - 1;
      while (last > 0 && (static_cast<unsigned char>(line[last]) & 0xC0) == 0x80) --last;
      if ((text::bert_properties()[text::decode_one(line.substr(last)).code_point] & text::kBertSpace) == 0) break;
      line = line.substr(0, last);
    }
    tokens.emplace_back(line);
  }
  return tokens;
}

HfFiles read_hf_files(const fs::path& path) {
  HfFiles out;
  const bool is_folder = fs::is_directory(path);
  const fs::path dir = is_folder ? path : path.parent_path();
  if (is_folder && fs::exists(dir / kTokenizerName)) {
    const TokenizerJson file(dir / kTokenizerName);
    read_vocabulary(file, out.tokens);
    out.settings.unk = file.text("/model/unk_token", "[UNK]");
    out.settings.continuing_prefix = file.text("/model/continuing_subword_prefix", "##");
    out.settings.max_input_chars_per_word = file.number("/model/max_input_chars_per_word", 100);
    read_added(file, out);
    Json config;
    if (fs::exists(dir / kConfigName)) config = base::read_json(dir / kConfigName);
    const std::string tokenizer_class = config.is_object() ? config.value("tokenizer_class", "BertTokenizer") : "";
    if (!config.is_object() || takes_tokenizer_json(tokenizer_class)) check_pipeline(file);
    const bool has_normalizer = file.text("/normalizer/type", "") == "BertNormalizer";
    if (has_normalizer) read_normalizer(file, out.settings);
    if (config.is_object()) {
      const Settings in_json = out.settings;
      read_config(config, out.settings);
      if (has_normalizer) warn_of_contradictions(dir, in_json, out.settings);
    }
  } else {
    const fs::path vocab = is_folder ? dir / kVocabName : path;
    if (!fs::exists(vocab)) {
      if (is_folder) refuse_other_kinds(dir);
      throw Error(ErrorKind::kNotFound, is_folder ? str(path.string(), ": no ", kTokenizerName, " and no ", kVocabName,
                                                        " in this folder; give the folder of a tokenizer")
                                                  : str(path.string(), ": no such file or folder"));
    }
    const std::string text = base::read_file(vocab);
    if (text::find_invalid(text) != std::string_view::npos) {
      throw Error(ErrorKind::kData, str(vocab.string(), ": got broken UTF-8 at byte ", text::find_invalid(text),
                                        ", expected a text file with a token a line"));
    }
    out.tokens = tokens_of_lines(parse_vocab_text(text), vocab);
    if (is_folder && fs::exists(dir / kConfigName)) read_config(base::read_json(dir / kConfigName), out.settings);
  }
  if (is_folder && fs::exists(dir / kMapName) && !fs::exists(dir / kConfigName)) {
    read_names(base::read_json(dir / kMapName), out.settings);
  }
  warn_of_missing_tokens(out, path);
  warn_of_broken_hangul(out, path);
  return out;
}

void write_folder(const fs::path& dir, const std::vector<std::string>& tokens, const Settings& settings) {
  std::unordered_map<std::string_view, size_t> ids;
  for (size_t id = 0; id < tokens.size(); ++id) ids[tokens[id]] = id;
  const std::array<std::pair<const char*, const std::string*>, 5> specials = {{{"pad_token", &settings.pad},
                                                                               {"unk_token", &settings.unk},
                                                                               {"cls_token", &settings.cls},
                                                                               {"sep_token", &settings.sep},
                                                                               {"mask_token", &settings.mask}}};
  std::vector<std::pair<size_t, std::string>> added;
  Json names = Json::object();
  for (const auto& [key, token] : specials) {
    const auto found = ids.find(*token);
    if (found == ids.end()) {
      throw Error(ErrorKind::kInternal, str("the vocabulary for ", dir.string(), " has no ", *token, " (", key, ")"));
    }
    added.emplace_back(found->second, *token);
    names[key] = *token;
  }
  std::sort(added.begin(), added.end());

  Json config = names;
  config["tokenizer_class"] = settings.tokenizer_class;
  config["do_lower_case"] = settings.lowercase;
  config["strip_accents"] = settings.strips_accents();
  config["tokenize_chinese_chars"] = settings.handle_chinese_chars;
  config["model_max_length"] = settings.model_max_length;

  const auto special_piece = [&](const std::string& token, int type) {
    return Json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
  };
  const auto sequence = [](const char* which, int type) {
    return Json{{"Sequence", {{"id", which}, {"type_id", type}}}};
  };
  const auto special_ids = [&](const std::string& token) {
    return Json{{"id", token}, {"ids", Json::array({ids.at(token)})}, {"tokens", Json::array({token})}};
  };
  Json head = {{"version", "1.0"}, {"truncation", nullptr}, {"padding", nullptr}, {"added_tokens", Json::array()}};
  for (const auto& [id, token] : added) {
    head["added_tokens"].push_back({{"id", id},
                                    {"content", token},
                                    {"single_word", false},
                                    {"lstrip", false},
                                    {"rstrip", false},
                                    {"normalized", false},
                                    {"special", true}});
  }
  head["normalizer"] = {{"type", "BertNormalizer"},
                        {"clean_text", settings.clean_text},
                        {"handle_chinese_chars", settings.handle_chinese_chars},
                        {"strip_accents", settings.strips_accents()},
                        {"lowercase", settings.lowercase}};
  head["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
  head["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single", Json::array({special_piece(settings.cls, 0), sequence("A", 0), special_piece(settings.sep, 0)})},
      {"pair", Json::array({special_piece(settings.cls, 0), sequence("A", 0), special_piece(settings.sep, 0),
                            sequence("B", 1), special_piece(settings.sep, 1)})},
      {"special_tokens", {{settings.cls, special_ids(settings.cls)}, {settings.sep, special_ids(settings.sep)}}}};
  head["decoder"] = {{"type", "WordPiece"}, {"prefix", settings.continuing_prefix}, {"cleanup", true}};
  // The vocabulary is written by hand: an ordered Json object looks every key up among all before it.
  std::string text = head.dump(2);
  text.resize(text.size() - 2);  // the closing line
  text += str(",\n  \"model\": {\n    \"type\": \"WordPiece\",\n    \"unk_token\": ", Json(settings.unk).dump(),
              ",\n    \"continuing_subword_prefix\": ", Json(settings.continuing_prefix).dump(),
              ",\n    \"max_input_chars_per_word\": ", settings.max_input_chars_per_word, ",\n    \"vocab\": {");
  bool first = true;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) continue;
    text += str(first ? "\n" : ",\n", "      ", Json(tokens[id]).dump(), ": ", id);
    first = false;
  }
  text += "\n    }\n  }\n}\n";

  base::make_directories(dir);
  base::write_file_atomic(dir / kVocabName, vocab_text(tokens));
  base::write_file_atomic(dir / kTokenizerName, text);
  base::write_json(dir / kConfigName, config);
  base::write_json(dir / kMapName, names);
}

void copy_folder(const fs::path& from, const fs::path& to) {
  base::make_directories(to);
  bool any = false;
  for (const char* name : kNames) {
    if (!fs::exists(from / name)) continue;
    base::write_file_atomic(to / name, base::read_file(from / name));
    any = true;
  }
  if (!any) throw Error(ErrorKind::kNotFound, str(from.string(), ": no tokenizer in this folder"));
}

}  // namespace lmkor::tokenizer
