#include "lmkor/model/weights.h"

#include <cstring>
#include <map>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/checkpoint.h"
#include "lmkor/hub/fit.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/hub/names.h"
#include "lmkor/hub/safetensors.h"

namespace lmkor::model {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

bool is_body(const std::string& neutral) {
  return neutral.starts_with("embeddings.") || neutral.starts_with("encoder.");
}

struct Dtype {
  const char* name;
  at::ScalarType type;
};
constexpr Dtype kDtypes[] = {{"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"F64", at::kDouble}};

// The numbers of a tensor: in its own memory where that may be had and it holds floats, otherwise copied into `tensor`.
// Returns what is wrong with them, or nothing.
std::string take_values(at::Tensor& tensor, const hub::TensorView& view, const hub::Tensors& all, bool read_only) {
  for (const Dtype& row : kDtypes) {
    if (view.dtype != row.name) continue;
    const at::NoGradGuard guard;
    if (read_only && row.type == at::kFloat && reinterpret_cast<uintptr_t>(view.bytes.data()) % alignof(float) == 0) {
      // at::Tensor knows no read-only memory; writing would end the process, since the file is mapped so.
      tensor.set_data(at::from_blob(const_cast<char*>(view.bytes.data()), view.shape, [memory = all.memory](void*) {}));
    } else {
      // Data behind an unaligned header may be unaligned for its type, so it passes through bytes.
      at::Tensor source = row.type == at::kFloat ? tensor.detach() : at::empty(view.shape, row.type);
      std::memcpy(source.data_ptr(), view.bytes.data(), view.bytes.size());
      if (row.type != at::kFloat) tensor.copy_(source);
    }
    return hub::not_finite(view);
  }
  return str("got dtype ", view.dtype, ", expected F32, F16, BF16 or F64");
}

// The tensors of a checkpoint that nobody has taken yet, and what is wrong with them.
struct Checkpoint {
  explicit Checkpoint(hub::Tensors read) : tensors(std::move(read)) {
    for (const hub::TensorView& view : tensors.views) unused.emplace(view.name, &view);
  }
  // Takes the tensor out; nullptr if there is none. The encoder's prefix may be absent.
  const hub::TensorView* take(const std::string& name, const std::string& prefix) {
    auto found = unused.find(name);
    if (found == unused.end() && name.starts_with(prefix)) found = unused.find(name.substr(prefix.size()));
    if (found == unused.end()) return nullptr;
    const hub::TensorView* view = found->second;
    unused.erase(found);
    return view;
  }
  void fault(const std::string& name, const std::string& what) { faults += str("\n  ", name, ": ", what); }

  hub::Tensors tensors;
  std::map<std::string_view, const hub::TensorView*> unused;
  std::string faults;
};

std::vector<std::string> label_names(const Network& network) {
  if (!network.label_names.empty() || network.num_labels == 0) return network.label_names;
  std::vector<std::string> out;
  for (int64_t i = 0; i < network.num_labels; ++i) out.push_back(str("LABEL_", i));
  return out;
}

std::string problem_type(const Network& network) {
  if (network.head != Head::kSequence) return "";
  if (network.multi_label) return "multi_label_classification";
  return network.num_labels == 1 ? "regression" : "single_label_classification";
}

}  // namespace

std::string saved_name(const Network& network, const std::string& parameter) {
  const std::string name = hub::hugging_face_name(network.config.family, parameter);
  const std::string prefix = hub::body_prefix(network.config.family);
  return network.head == Head::kNone && name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

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
    views.push_back({.name = saved_name(network, parameter.name),
                     .dtype = "F32",
                     .shape = tensor.sizes().vec(),
                     .bytes = {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()}});
  }
  hub::write_safetensors(dir / hub::kWeightsFile, std::move(views), extras);
}

namespace {

// As load_pretrained; `untouched` gets our names of the parameters that the folder does not hold.
LoadReport fill(const fs::path& dir, Network& network, const LoadOptions& options,
                std::vector<std::string>& untouched) {
  const std::string& family_name = network.config.family;
  const std::string prefix = hub::body_prefix(family_name);
  const bool has_output = network.masked_lm.bias_V.defined();
  Checkpoint checkpoint(hub::canonical(hub::read_weights(dir, family_name), family_name, dir.string(),
                                       has_output ? hub::Repeats::kMustAgree : hub::Repeats::kDoNotMatter));
  LoadReport report;
  for (Parameter& parameter : parameters(network)) {
    const std::string name = hub::hugging_face_name(family_name, parameter.name);
    const hub::TensorView* view = checkpoint.take(name, prefix);
    const std::vector<int64_t> shape = parameter.tensor.sizes().vec();
    const bool fits = view && view->shape == shape;
    if (fits) {
      const std::string wrong = take_values(parameter.tensor, *view, checkpoint.tensors, options.read_only);
      if (!wrong.empty()) checkpoint.fault(name, wrong);
      continue;
    }
    untouched.push_back(parameter.name);
    if (!view) {
      if (is_body(parameter.name)) checkpoint.fault(name, str("missing, expected ", hub::shape_text(shape)));
      report.missing.push_back(name);
    } else if (options.keep_mismatched_head && !is_body(parameter.name)) {
      report.mismatched.push_back(name);
    } else {
      checkpoint.fault(view->name, str("got ", hub::shape_text(view->shape), ", expected ", hub::shape_text(shape)));
    }
  }
  for (const auto& [name, view] : checkpoint.unused) {
    if (hub::is_encoder(family_name, name)) {
      checkpoint.fault(view->name, str("got ", hub::shape_text(view->shape), ", expected no such tensor"));
    } else {
      report.unexpected.push_back(view->name);
    }
  }
  if (!checkpoint.faults.empty()) {
    throw Error(ErrorKind::kIncompatible,
                str(dir.string(), ": the weights do not fit ", family_name, " with the head ", head_name(network.head),
                    " as config.json describes it", checkpoint.faults));
  }
  return report;
}

}  // namespace

LoadReport load_pretrained(const fs::path& dir, Network& network, const LoadOptions& options) {
  std::vector<std::string> untouched;
  return fill(dir, network, options, untouched);
}

LoadedNetwork load_network(const fs::path& dir, Head head, int64_t num_labels, uint64_t seed,
                           const LoadOptions& options) {
  LoadedNetwork out{empty_network(read_config(dir), head, num_labels), {}};
  std::vector<std::string> untouched;
  out.report = fill(dir, out.network, options, untouched);
  initialise(out.network, seed, untouched);
  const ConfigExtras extras = read_config_extras(dir);
  if (static_cast<int64_t>(extras.labels.size()) == out.network.num_labels) out.network.label_names = extras.labels;
  return out;
}

}  // namespace lmkor::model
