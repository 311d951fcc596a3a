#include "lmkor/model/weights.h"

#include <cstring>
#include <map>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/hub/names.h"

namespace lmkor::model {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

bool is_body(const std::string& neutral) {
  return neutral.starts_with("embeddings.") || neutral.starts_with("encoder.");
}

at::ScalarType scalar_type(const hub::TensorView& view, const fs::path& dir) {
  if (view.dtype == "F32") return at::kFloat;
  if (view.dtype == "F16") return at::kHalf;
  if (view.dtype == "BF16") return at::kBFloat16;
  if (view.dtype == "F64") return at::kDouble;
  throw Error(ErrorKind::kIncompatible, str(dir.string(), ": tensor \"", view.name, "\": got dtype ", view.dtype,
                                            ", expected F32, F16, BF16 or F64"));
}

void copy_into(at::Tensor& tensor, const hub::TensorView& view, const fs::path& dir) {
  const at::NoGradGuard guard;
  // Data of a hole-free file with an unaligned header may be unaligned for its type, so it passes through bytes.
  at::Tensor source = at::empty(view.shape, scalar_type(view, dir));
  std::memcpy(source.data_ptr(), view.bytes.data(), view.bytes.size());
  tensor.copy_(source);
}

std::vector<std::string> label_names(const Network& network) {
  if (!network.label_names.empty() || network.num_labels == 0) return network.label_names;
  std::vector<std::string> out;
  for (int64_t i = 0; i < network.num_labels; ++i) out.push_back(str("LABEL_", i));
  return out;
}

std::string problem_type(const Network& network) {
  if (network.head != Head::kSequence) return "";
  return network.num_labels == 1 ? "regression" : "single_label_classification";
}

}  // namespace

void save_pretrained(const Network& network, const fs::path& dir, const hub::Metadata& extras) {
  base::make_directories(dir);
  base::write_json(dir / hub::kConfigFile,
                   config_json(network.config, {.architecture = architecture(network.config.family, network.head),
                                                .labels = label_names(network),
                                                .problem_type = problem_type(network)}));
  Network handles = network;  // the same tensors
  std::vector<at::Tensor> keep;
  std::vector<hub::TensorView> views;
  for (const Parameter& parameter : parameters(handles)) {
    keep.push_back(parameter.tensor.detach().to(at::kCPU, at::kFloat).contiguous());
    const at::Tensor& tensor = keep.back();
    views.push_back({.name = hub::hugging_face_name(network.config.family, parameter.name),
                     .dtype = "F32",
                     .shape = tensor.sizes().vec(),
                     .bytes = {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()}});
  }
  hub::write_safetensors(dir / hub::kWeightsFile, std::move(views), extras);
}

LoadReport load_pretrained(const fs::path& dir, Network& network, const LoadOptions& options) {
  const hub::SafetensorsSet file = hub::SafetensorsSet::open(dir);
  const std::string& family_name = network.config.family;
  const std::string prefix = hub::body_prefix(family_name);
  std::map<std::string, const hub::TensorView*> unused;
  for (const hub::TensorView* view : file.all()) {
    if (!hub::is_redundant(family_name, view->name)) unused[hub::modern_name(view->name)] = view;
  }
  LoadReport report;
  for (Parameter& parameter : parameters(network)) {
    const std::string name = hub::hugging_face_name(family_name, parameter.name);
    auto found = unused.find(name);
    if (found == unused.end() && name.starts_with(prefix)) found = unused.find(name.substr(prefix.size()));
    if (found == unused.end()) {
      if (is_body(parameter.name)) {
        throw Error(ErrorKind::kIncompatible, str(dir.string(), ": tensor \"", name,
                                                  "\" is missing; the weights do not belong to this config.json"));
      }
      report.missing.push_back(name);
      continue;
    }
    const hub::TensorView& view = *found->second;
    unused.erase(found);
    if (view.shape != parameter.tensor.sizes().vec()) {
      if (options.keep_mismatched_head && !is_body(parameter.name)) {
        report.mismatched.push_back(name);
        continue;
      }
      throw Error(ErrorKind::kIncompatible,
                  str(dir.string(), ": tensor \"", view.name, "\": got shape ", hub::shape_text(view.shape),
                      ", expected ", hub::shape_text(parameter.tensor.sizes().vec())));
    }
    copy_into(parameter.tensor, view, dir);
  }
  for (const auto& [name, view] : unused) report.unexpected.push_back(view->name);
  return report;
}

LoadedNetwork load_network(const fs::path& dir, Head head, int64_t num_labels, uint64_t seed,
                           const LoadOptions& options) {
  LoadedNetwork out{make_network(read_config(dir), head, num_labels, seed), {}};
  out.report = load_pretrained(dir, out.network, options);
  const ConfigExtras extras = read_config_extras(dir);
  if (static_cast<int64_t>(extras.labels.size()) == out.network.num_labels) out.network.label_names = extras.labels;
  return out;
}

}  // namespace lmkor::model
