#include "lmkor/hub/convert.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/fit.h"
#include "lmkor/hub/gguf.h"
#include "lmkor/hub/hdf5.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/hub/names.h"
#include "lmkor/hub/onnx_export.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/hub/tf1_checkpoint.h"
#include "lmkor/hub/torch_file.h"
#include "lmkor/tokenizer/hf_files.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

namespace {

// What every format is written from.
struct Source {
  fs::path from, to;
  ModelInfo info;
  Tensors weights;  // canonical
  const ExportOptions& options;
};

// With the repeats of tied tensors, as a state_dict holds them.
std::vector<TensorView> with_ties(const Source& source) {
  std::vector<TensorView> out = source.weights.views;
  const auto has_head = source.weights.find(hugging_face_name(source.info.family, "masked_lm.bias"));
  for (const auto& [name, twin] : ties(source.info.family)) {
    const TensorView* value = has_head ? source.weights.find(twin) : nullptr;
    if (!value) continue;
    out.push_back(*value);
    out.back().name = name;
  }
  return out;
}

Json write_torch(const Source& source, TorchFormat format) {
  write_torch_file(source.to / "pytorch_model.bin", with_ties(source), format);
  return {};
}

Json export_gguf(const Source& source) {
  GgufModel model{source.info, source.options.name, tokenizer::read_hf_files(source.from).tokens};
  write_gguf(source.to / "model.gguf", model, source.weights);
  return {};
}

Json export_onnx(const Source& source, const char* file, bool is_int8) {
  base::make_directories(source.to / "onnx");
  const OnnxReport report = write_onnx(source.to / file, source.info, source.weights, is_int8);
  return is_int8 ? Json{{"weight_error", report.weight_error}, {"worst", report.worst}} : Json();
}

struct Format {
  const char* name;
  const char* file;
  Json (*write)(const Source& source);
};
constexpr const char* kOnnx = "onnx/model.onnx";  // where Transformers.js and Optimum look
constexpr const char* kOnnxInt8 = "onnx/model_quantized.onnx";
const Format kFormats[] = {
    {"safetensors", kWeightsFile,
     [](const Source& s) {
       write_safetensors_shards(s.to, s.weights.views, s.options.shard_bytes, s.weights.metadata);
       return Json();
     }},
    {"bin", "pytorch_model.bin", [](const Source& s) { return write_torch(s, TorchFormat::kZip); }},
    {"bin-legacy", "pytorch_model.bin", [](const Source& s) { return write_torch(s, TorchFormat::kLegacy); }},
    {"h5", "tf_model.h5",
     [](const Source& s) {
       Tensors memory;
       write_keras_h5(s.to / "tf_model.h5", keras_layers(s.info.family, s.info.architecture, s.weights.views, memory));
       return Json();
     }},
    {"onnx", kOnnx, [](const Source& s) { return export_onnx(s, kOnnx, false); }},
    {"onnx-int8", kOnnxInt8, [](const Source& s) { return export_onnx(s, kOnnxInt8, true); }},
    {"gguf", "model.gguf", export_gguf},
};

void copy_if_there(const fs::path& from, const fs::path& to, const char* name) {
  if (fs::exists(from / name)) base::write_file_atomic(to / name, base::MappedFile(from / name).bytes());
}

void raise(const std::vector<std::string>& faults, const fs::path& dir, const ModelInfo& info) {
  if (faults.empty()) return;
  throw Error(ErrorKind::kIncompatible, str(dir.string(), ": the weights do not fit ", info.architecture,
                                            " as config.json describes it\n  ", base::join(faults, "\n  ")));
}

// config.json of a source: its own, or Google's, which lacks what names the family.
Json read_config(const fs::path& dir, const fs::path& given, std::string& origin) {
  std::vector<fs::path> candidates = {given};
  if (given.empty()) candidates = {dir / kConfigFile, dir / "bert_config.json", dir / "albert_config.json"};
  for (const fs::path& path : candidates) {
    if (!fs::exists(path) && given.empty()) continue;
    origin = path.string();
    Json config = base::read_json(path);
    if (!config.contains("model_type")) {
      const bool is_albert = config.contains("num_hidden_groups");
      config["model_type"] = is_albert ? "albert" : config.contains("embedding_size") ? "electra" : "bert";
    }
    return config;
  }
  throw Error(ErrorKind::kNotFound, str(dir.string(),
                                        ": no config.json, bert_config.json or albert_config.json there; "
                                        "give one with --model-config"));
}

// The architecture whose heads the tensors hold, for a source that does not say.
std::string architecture_of(const std::string& family, const Tensors& tensors) {
  const auto has = [&](const char* neutral) { return tensors.find(hugging_face_name(family, neutral)) != nullptr; };
  const std::string class_name = family == "bert" ? "Bert" : family == "albert" ? "Albert" : "Electra";
  const bool masked = has("masked_lm.bias");
  const bool other = family == "electra" ? has("replaced_token.output.weight") : masked && has("pair.weight");
  if (other) return class_name + "ForPreTraining";
  return class_name + (masked ? "ForMaskedLM" : has("sequence.output.weight") ? "ForSequenceClassification" : "Model");
}

}  // namespace

std::vector<std::string> export_formats() {
  std::vector<std::string> out;
  for (const Format& format : kFormats) out.emplace_back(format.name);
  return out;
}

Json export_model(const fs::path& from, const fs::path& to, const ExportOptions& options) {
  ModelInfo info = read_model_info(from);
  Tensors weights = canonical(read_weights(from, info.family), info.family, from.string());
  const Source source{from, to, std::move(info), std::move(weights), options};
  raise(compare(source.info, source.weights).faults, from, source.info);
  base::make_directories(to);
  Json out = Json::array();
  for (const std::string& name : options.formats) {
    const auto format =
        std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& f) { return f.name == name; });
    if (format == std::end(kFormats)) {
      throw Error(ErrorKind::kUsage,
                  str("formats: got \"", name, "\", expected some of ", base::join(export_formats(), ", ")));
    }
    Json row = {{"format", name}, {"file", format->file}};
    const Json facts = format->write(source);
    if (facts.is_object()) row.update(facts);
    row["bytes"] = fs::exists(to / format->file) ? Json(fs::file_size(to / format->file)) : Json();
    out.push_back(row);
  }
  for (const char* name : {kConfigFile, "README.md", "generation_config.json"}) copy_if_there(from, to, name);
  if (!look_into(from).tokenizer_files.empty()) copy_tokenizer_files(from, to);
  return out;
}

Imported import_model(const fs::path& from, const fs::path& to, const ImportOptions& options) {
  const bool is_folder = fs::is_directory(from);
  const fs::path dir = is_folder ? from : from.parent_path();
  std::string origin;
  Json config = read_config(dir, options.config, origin);
  const auto family = base::json_get<std::string>(config, "model_type", origin);
  Imported out;
  const std::vector<Container> found = is_folder ? containers_in(from) : std::vector{Container::kTensorFlow1};
  if (found.empty()) read_weights(from, family);  // says what it looked for
  out.container = found[0];
  const Tensors weights = canonical(read_container(from, out.container, family, options.part), family, from.string());
  if (!config.contains("architectures")) config["architectures"] = {architecture_of(family, weights)};
  if (!config.contains("transformers_version")) config["tie_word_embeddings"] = true;
  const ModelInfo info = model_info(config, origin);
  Fit fit = compare(info, weights);
  for (const std::string& fault : not_finite(weights)) fit.faults.push_back(fault);
  raise(fit.faults, from, info);
  base::make_directories(to);
  write_safetensors(to / kWeightsFile, weights.views, weights.metadata);
  base::write_json(to / kConfigFile, config);
  copy_if_there(dir, to, "README.md");
  const fs::path tokenizer = options.tokenizer.empty() ? dir : options.tokenizer;
  if (!options.tokenizer.empty() || !look_into(dir).tokenizer_files.empty()) copy_tokenizer_files(tokenizer, to);
  out.architecture = info.architecture;
  out.tensors = weights.views.size();
  out.unexpected = std::move(fit.unexpected);
  return out;
}

}  // namespace lmkor::hub
