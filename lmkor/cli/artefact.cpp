#include "lmkor/cli/artefact.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"
#include "lmkor/data/shard.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

bool has(const fs::path& dir, const char* name) { return fs::is_regular_file(dir / name); }

Json read_if_there(const fs::path& path) { return fs::is_regular_file(path) ? base::read_json(path) : Json(); }

// The member `key`, or null.
Json member(const Json& object, const char* key) { return object.is_object() ? object.value(key, Json()) : Json(); }

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string count_of(const Json& value, const char* unit) {
  const std::string count = value.is_number_integer() ? base::grouped(value.get<int64_t>()) : text_of(value);
  return *unit == '\0' ? count : str(count, " ", unit);
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// ---- facts of each kind: they fill `out` and return the summary.

Json tensors_of(const std::vector<const hub::TensorView*>& tensors) {
  uint64_t parameters = 0, bytes = 0;
  std::map<std::string, uint64_t> dtypes;
  Json list = Json::array();
  for (const hub::TensorView* tensor : tensors) {
    uint64_t elements = 1;
    for (const int64_t size : tensor->shape) elements *= static_cast<uint64_t>(size);
    parameters += elements;
    bytes += tensor->bytes.size();
    dtypes[tensor->dtype] += elements;
    list.push_back({{"name", tensor->name}, {"dtype", tensor->dtype}, {"shape", tensor->shape}});
  }
  return {{"count", tensors.size()}, {"parameters", parameters}, {"bytes", bytes}, {"dtypes", dtypes}, {"list", list}};
}

std::string describe_safetensors(const fs::path& path, Json& out) {
  const auto file = hub::SafetensorsFile::open(path);
  std::vector<const hub::TensorView*> tensors;
  for (const hub::TensorView& tensor : file.all()) tensors.push_back(&tensor);
  out["metadata"] = file.metadata();
  out["tensors"] = tensors_of(tensors);
  return str("safetensors file: ", count_of(out["tensors"]["count"], "tensors"), ", ",
             count_of(out["tensors"]["parameters"], "parameters"));
}

std::string describe_file(const fs::path& path, Json& out) {
  const base::MappedFile file(path);
  const auto compression = base::compression_of(file.bytes().substr(0, 16));
  out["compression"] = compression;
  return str("file: ", base::human_bytes(static_cast<double>(file.bytes().size())), ", ", compression);
}

void add_tokenizer(const fs::path& path, Json& out) {
  const auto tokenizer = tokenizer::Tokenizer::load(path);
  int64_t continuations = 0, unused = 0;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    continuations += tokenizer.is_continuation(id);
    unused += tokenizer.is_unused(id);
  }
  out["tokenizer"] = {{"vocab_size", tokenizer.size()},
                      {"vocab_sha256", tokenizer.vocab_sha256()},
                      {"continuations", continuations},
                      {"unused", unused},
                      {"lowercase", tokenizer.settings().lowercase},
                      {"strip_accents", tokenizer.settings().strips_accents()}};
}

std::string describe_tokenizer(const fs::path& path, Json& out) {
  add_tokenizer(path, out);
  return str("tokenizer: WordPiece, ", count_of(out["tokenizer"]["vocab_size"], "tokens"), ", ",
             count_of(out["tokenizer"]["unused"], "unused"));
}

std::string describe_model(const fs::path& dir, Json& out) {
  const Json config = base::read_json(dir / "config.json");
  out["config"] = config;
  std::string summary = str("model: ", upper(text_of(member(config, "model_type"))));
  const Json architectures = member(config, "architectures");
  if (architectures.is_array() && !architectures.empty()) summary += str(" (", text_of(architectures[0]), ")");
  for (const char* key : {"num_hidden_layers", "hidden_size", "vocab_size"}) {
    if (config.contains(key)) summary += str(", ", key, " ", text_of(config[key]));
  }
  if (has(dir, "model.safetensors") || has(dir, "model.safetensors.index.json")) {
    out["tensors"] = tensors_of(hub::SafetensorsSet::open(dir).all());
    summary += str(", ", count_of(out["tensors"]["parameters"], "parameters"));
  }
  if (has(dir, "tokenizer.json") || has(dir, "vocab.txt")) add_tokenizer(dir, out);
  return summary;
}

std::string describe_checkpoint(const fs::path& dir, Json& out) {
  const auto file = hub::SafetensorsFile::open(dir / "values.safetensors");
  std::vector<const hub::TensorView*> tensors;
  for (const hub::TensorView& tensor : file.all()) tensors.push_back(&tensor);
  out["state"] = base::read_json(dir / "state.json");
  out["tensors"] = tensors_of(tensors);
  return str("checkpoint: ", dir.filename().string(), ", ", count_of(out["tensors"]["parameters"], "parameters"));
}

std::string describe_shards(const fs::path& dir, Json& out) {
  const Json manifest = base::read_json(dir / "manifest.json");
  for (const auto split : {data::Split::kTrain, data::Split::kValidation}) data::ShardSet::open(dir, split);
  out["shards"] = manifest;
  const auto documents = [&manifest](const char* split) { return manifest["splits"][split]["documents"]; };
  return str("shards: ", count_of(manifest["tokens"], "tokens"), " of ", count_of(manifest["documents"], "documents"),
             " (", count_of(documents("validation"), "held out"), "), vocabulary of ",
             count_of(manifest["vocab_size"], ""));
}

std::string describe_corpus(const fs::path& dir, Json& out) {
  const Json manifest = base::read_json(dir / "manifest.json");
  out["corpus"] = manifest;
  std::string summary = str("corpus: ", count_of(member(manifest, "documents"), "documents"));
  const Json stages = member(manifest, "stages");
  if (stages.is_array() && !stages.empty()) {
    summary += str(" kept of ", count_of(member(member(stages.front(), "in"), "documents"), "read"));
  }
  const Json bytes = member(manifest, "bytes");
  return bytes.is_number() ? str(summary, ", ", base::human_bytes(bytes.get<double>()), " of text") : summary;
}

// The last line of a JSON-lines file.
Json last_line(const fs::path& path) {
  if (!fs::is_regular_file(path)) return {};
  const base::MappedFile file(path);
  std::string_view bytes = file.bytes();
  while (!bytes.empty() && bytes.back() == '\n') bytes.remove_suffix(1);
  if (bytes.empty()) return {};
  const size_t before = bytes.rfind('\n');
  return base::parse_json(before == std::string_view::npos ? bytes : bytes.substr(before + 1), path.string());
}

std::string describe_run(const fs::path& dir, Json& out) {
  const std::string command = text_of(member(read_if_there(dir / "run.json"), "command"));
  std::string summary = command == "finetune" ? "fine-tuning run" : "pretraining run";
  const Json config = read_if_there(dir / "model/config.json");
  if (config.is_object()) summary += str(": ", upper(text_of(member(config, "model_type"))));
  out["model_config"] = config;
  out["last_metrics"] = last_line(dir / "metrics.jsonl");
  out["results"] = read_if_there(dir / "results.json");
  out["checkpoints"] = Json::array();
  if (fs::is_directory(dir / "checkpoints")) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir / "checkpoints")) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() && !name.starts_with(".")) names.insert(name);
    }
    out["checkpoints"] = names;
  }
  if (out["last_metrics"].contains("step")) summary += str(", step ", count_of(out["last_metrics"]["step"], ""));
  if (out["results"].is_object()) {
    const Json mean = member(member(out["results"], "test"), "mean");
    summary += str(", ", text_of(member(out["results"], "task")), " ", text_of(member(out["results"], "metric")), " ",
                   mean.is_number() ? base::fixed(mean.get<double>(), 4) : text_of(mean), " on test");
  }
  return summary + (fs::is_directory(dir / "model") ? ", finished" : ", not finished");
}

std::string describe_other(const fs::path& dir, Json&) {
  return str("output of lmkor ", text_of(member(base::read_json(dir / "run.json"), "command")));
}

struct Kind {
  const char* name;
  bool (*matches)(const fs::path& path);
  std::string (*describe)(const fs::path& path, Json& out);
};

bool manifest_is(const fs::path& dir, const char* kind) {
  return has(dir, "manifest.json") && member(base::read_json(dir / "manifest.json"), "kind") == kind;
}

// The first row that matches counts.
constexpr Kind kKinds[] = {
    {"safetensors",
     [](const fs::path& path) { return fs::is_regular_file(path) && path.extension() == ".safetensors"; },
     describe_safetensors},
    {"tokenizer", [](const fs::path& path) { return fs::is_regular_file(path) && path.filename() == "vocab.txt"; },
     describe_tokenizer},
    {"file", [](const fs::path& path) { return fs::is_regular_file(path); }, describe_file},
    {"checkpoint", [](const fs::path& dir) { return has(dir, "state.json") && has(dir, "values.safetensors"); },
     describe_checkpoint},
    {"shards", [](const fs::path& dir) { return manifest_is(dir, "shards"); }, describe_shards},
    {"corpus", [](const fs::path& dir) { return manifest_is(dir, "corpus"); }, describe_corpus},
    {"model", [](const fs::path& dir) { return has(dir, "config.json"); }, describe_model},
    {"run",
     [](const fs::path& dir) {
       return has(dir, "run.json") && (has(dir, "metrics.jsonl") || has(dir, "results.json") ||
                                       fs::is_directory(dir / "checkpoints") || fs::is_directory(dir / "model"));
     },
     describe_run},
    {"tokenizer", [](const fs::path& dir) { return has(dir, "tokenizer.json") || has(dir, "vocab.txt"); },
     describe_tokenizer},
    {"output", [](const fs::path& dir) { return has(dir, "run.json"); }, describe_other},
};

// Size and hash of each file. Hashes of shards are the manifest's (lmkor inspect --verify reads them again); those of
// checkpoints are left out, because a run has many and each is three times the model.
Json files_of(const fs::path& path, const Json& out, int threads, uint64_t& bytes) {
  std::vector<fs::path> files;
  if (fs::is_regular_file(path)) {
    files.push_back(path);
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  }
  std::map<std::string, std::string> known;
  if (out.contains("shards")) {
    for (const auto& split : out["shards"]["splits"]) {
      for (const auto& file : split["files"]) {
        known[str(text_of(file["name"]), ".tokens")] = file["tokens_sha256"];
        known[str(text_of(file["name"]), ".index")] = file["index_sha256"];
      }
    }
  }
  std::vector<Json> rows(files.size());
  base::parallel_for(files.size(), threads, [&](size_t i) {
    const fs::path name = files[i] == path ? path.filename() : files[i].lexically_relative(path);
    Json hash;
    if (const auto found = known.find(name.string()); found != known.end()) {
      hash = found->second;
    } else if (*name.begin() != "checkpoints") {
      hash = base::sha256_file(files[i]);
    }
    rows[i] = {{"name", name.string()}, {"bytes", fs::file_size(files[i])}, {"sha256", hash}};
  });
  Json list = Json::array();
  for (Json& row : rows) {
    bytes += row["bytes"].get<uint64_t>();
    list.push_back(std::move(row));
  }
  return list;
}

// run.json of the artefact: in it, or above the parts of an artefact that have none of their own.
Json origin_of(const fs::path& path) {
  static const std::set<std::string> kParts = {"model", "generator", "tokenizer", "checkpoints"};
  fs::path dir = fs::weakly_canonical(path);
  if (!fs::is_directory(dir)) dir = dir.parent_path();
  while (true) {
    if (has(dir, "run.json")) {
      Json run = base::read_json(dir / "run.json");
      run["run_json"] = (dir / "run.json").string();
      return run;
    }
    const std::string name = dir.filename().string();
    if (kParts.count(name) == 0 && !name.starts_with("step-")) return {};
    dir = dir.parent_path();
  }
}

}  // namespace

Json explain_artefact(const fs::path& path, int threads) {
  if (!fs::exists(path)) {
    throw base::Error(base::ErrorKind::kNotFound, str(path.string(), ": no such file or folder"));
  }
  for (const Kind& kind : kKinds) {
    if (!kind.matches(path)) continue;
    Json facts = Json::object();
    std::string summary = kind.describe(path, facts);
    Json origin = origin_of(path);
    if (origin.is_object()) {
      summary += str(", made by lmkor ", text_of(member(origin, "version")));
      std::vector<std::string> from;
      for (const Json& parent : origin.value("parents", Json::array())) from.push_back(text_of(member(parent, "path")));
      if (!from.empty()) summary += str(" from ", base::join(from, ", "));
    }
    uint64_t bytes = 0;
    Json files = files_of(path, facts, threads, bytes);
    Json out = {{"path", path.string()}, {"kind", kind.name}, {"summary", summary},
                {"bytes", bytes},        {"origin", origin},  {"parents", member(origin, "parents")},
                {"files", files}};
    if (out["parents"].is_null()) out["parents"] = Json::array();
    out.update(facts);
    return out;
  }
  throw base::Error(base::ErrorKind::kData,
                    str(path.string(),
                        ": is no artefact that is known here: no manifest.json, run.json, config.json, "
                        "tokenizer.json or vocab.txt in it"));
}

std::string artefact_text(const Json& artefact) {
  std::string out = str(text_of(artefact["summary"]), "\n");
  const auto line = [&out](std::string_view name, const std::string& value) {
    out += str("  ", name, std::string(name.size() < 14 ? 14 - name.size() : 1, ' '), value, "\n");
  };
  line("path", text_of(artefact["path"]));
  line("size", str(base::human_bytes(artefact["bytes"].get<double>()), " in ", artefact["files"].size(), " files"));
  if (artefact["origin"].is_object()) {
    const Json& origin = artefact["origin"];
    line("made by", str("lmkor ", text_of(member(origin, "command")), ", version ", text_of(member(origin, "version")),
                        " (", text_of(member(origin, "commit")), ") on ", text_of(member(origin, "time"))));
    std::vector<std::string> words;
    for (const Json& word : origin.value("argv", Json::array())) words.push_back(text_of(word));
    line("command line", base::join(words, " "));
  }
  for (const Json& parent : artefact["parents"]) line("parent", text_of(member(parent, "path")));
  for (const Json& file : artefact["files"]) {
    line("file", str(text_of(file["name"]), "  ", base::human_bytes(file["bytes"].get<double>()), "  ",
                     file["sha256"].is_null() ? "not hashed" : text_of(file["sha256"]).substr(0, 16)));
  }
  return out;
}

}  // namespace lmkor::cli
