// lmkor model export, lmkor model import: a model folder from one container into others.
#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/hub/cache.h"
#include "lmkor/hub/convert.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::str;

struct ExportFlags {
  std::string model, output;
  std::vector<std::string> formats = {"safetensors"};
  double shard_gigabytes = 50;

  void fields(config::Fields& f) {
    f.add("model", model, "model folder, run, or hub name that is in the cache", config::required());
    f.add("output", output, "folder to write", config::required());
    f.add("formats", formats, str("containers to write, divided by commas: ", base::join(hub::export_formats(), ", ")),
          config::required());
    f.add("shard_gigabytes", shard_gigabytes, "largest safetensors file; more weights are divided",
          config::more_than(0));
  }
};

struct ImportFlags {
  std::string model, output, model_config, tokenizer;
  std::string electra_part = "discriminator";

  void fields(config::Fields& f) {
    f.add("model", model, "folder with any of the containers, or a TensorFlow 1 checkpoint (NAME.index)",
          config::required());
    f.add("output", output, "folder to write: config.json, model.safetensors, tokenizer files", config::required());
    f.add("model_config", model_config, "config.json for a source that has none");
    f.add("tokenizer", tokenizer, "tokenizer folder for a source that has none");
    f.add("electra_part", electra_part, "which network of a TensorFlow 1 checkpoint of ELECTRA",
          config::one_of({"discriminator", "generator"}));
  }
};

// Values divided by commas count like repeated ones.
std::vector<std::string> divided(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  for (const std::string& value : values) {
    for (size_t begin = 0; begin <= value.size();) {
      const size_t end = std::min(value.find(',', begin), value.size());
      if (end > begin) out.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return out;
}

}  // namespace

int run_model_export(Invocation& call) {
  ExportFlags flags;
  if (!call.parse(flags)) return 0;
  const fs::path model = hub::find_model(flags.model);
  hub::ExportOptions options;
  options.formats = divided(flags.formats);
  options.shard_bytes = static_cast<uint64_t>(flags.shard_gigabytes * 1e9);
  options.name = fs::absolute(model).lexically_normal().filename().string();
  OutputFolder partial(call, flags.output);
  const Json files = hub::export_model(model, partial.path(), options);
  call.write_run_files(partial.path(), {}, {model});
  partial.commit();
  std::string text = str(flags.output, ":\n");
  for (const Json& file : files) {
    text += str("  ", file["file"].get<std::string>());
    if (file["bytes"].is_number()) text += str("  ", base::human_bytes(file["bytes"].get<double>()));
    if (file.contains("weight_error")) {
      text += str(", weights off by at most ", base::fixed(100 * file["weight_error"].get<double>(), 2), " % (",
                  file["worst"].get<std::string>(), ")");
    }
    text += "\n";
  }
  call.result({{"output", flags.output}, {"files", files}}, text);
  return 0;
}

int run_model_import(Invocation& call) {
  ImportFlags flags;
  if (!call.parse(flags)) return 0;
  const fs::path source = fs::is_regular_file(flags.model) || fs::exists(flags.model + ".index")
                              ? fs::path(flags.model)
                              : hub::find_source(flags.model);
  hub::ImportOptions options{.config = flags.model_config, .tokenizer = flags.tokenizer};
  if (flags.electra_part == "generator") options.part = hub::ElectraPart::kGenerator;
  OutputFolder partial(call, flags.output);
  const hub::Imported imported = hub::import_model(source, partial.path(), options);
  call.write_run_files(partial.path(), {}, {source});
  partial.commit();
  if (!imported.unexpected.empty()) {
    base::log_warning(str(imported.architecture, " has no place for ", base::join(imported.unexpected, ", "),
                          "; they were kept, Transformers will not use them"));
  }
  call.result({{"output", flags.output},
               {"container", hub::info(imported.container).name},
               {"architecture", imported.architecture},
               {"tensors", imported.tensors},
               {"unexpected", imported.unexpected}},
              str(flags.output, ": ", imported.architecture, " with ", imported.tensors, " tensors, read from ",
                  hub::info(imported.container).name, "\n"));
  return 0;
}

}  // namespace lmkor::cli
