#include "lmkor/train/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/partial_folder.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/safetensors.h"

namespace lmkor::train {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr const char* kFolder = "checkpoints";
constexpr const char* kStateFile = "state.json";
constexpr const char* kValuesFile = "values.safetensors";
constexpr size_t kMaxFaultsShown = 8;

// Complete checkpoints, oldest first.
std::vector<fs::path> checkpoints_of(const fs::path& run) {
  std::set<fs::path> found;  // eight digits: the order of names is that of steps
  if (fs::is_directory(run / kFolder)) {
    for (const auto& entry : fs::directory_iterator(run / kFolder)) {
      if (entry.is_directory() && entry.path().filename().string().starts_with("step-")) found.insert(entry.path());
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace

void save_checkpoint(const fs::path& run, const base::Json& state, const std::vector<NamedTensor>& tensors,
                     int64_t keep) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%08llu", static_cast<unsigned long long>(state.at("step").get<uint64_t>()));
  base::PartialFolder folder(run / kFolder / name);
  std::vector<at::Tensor> held;
  std::vector<hub::TensorView> views;
  for (const NamedTensor& named : tensors) {
    held.push_back(named.tensor.detach().to(at::kCPU, at::kFloat).contiguous());
    views.push_back({named.name,
                     "F32",
                     held.back().sizes().vec(),
                     {static_cast<const char*>(held.back().data_ptr()), held.back().nbytes()}});
  }
  hub::write_safetensors(folder.path() / kValuesFile, std::move(views));
  base::write_json(folder.path() / kStateFile, state);
  folder.commit();
  const std::vector<fs::path> all = checkpoints_of(run);
  std::error_code ignored;
  for (size_t i = 0; i + static_cast<size_t>(keep) < all.size(); ++i) fs::remove_all(all[i], ignored);
}

std::optional<fs::path> newest_checkpoint(const fs::path& run) {
  if (fs::is_directory(run / kFolder)) {
    std::vector<fs::path> remains;
    for (const auto& entry : fs::directory_iterator(run / kFolder)) {
      if (entry.path().filename().string().starts_with('.')) remains.push_back(entry.path());
    }
    std::error_code ignored;
    for (const fs::path& path : remains) fs::remove_all(path, ignored);
  }
  const std::vector<fs::path> all = checkpoints_of(run);
  if (all.empty()) return std::nullopt;
  return all.back();
}

base::Json read_checkpoint_state(const fs::path& checkpoint) { return base::read_json(checkpoint / kStateFile); }

void load_checkpoint(const fs::path& checkpoint, const std::vector<NamedTensor>& tensors) {
  const auto file = hub::SafetensorsFile::open(checkpoint / kValuesFile);
  std::vector<std::string> faults;
  std::set<std::string> wanted;
  for (const NamedTensor& named : tensors) {
    wanted.insert(named.name);
    const hub::TensorView* view = file.find(named.name);
    if (view == nullptr) {
      faults.push_back(str("tensor \"", named.name, "\" is missing"));
    } else if (view->dtype != "F32" || view->shape != named.tensor.sizes().vec()) {
      faults.push_back(str("tensor \"", named.name, "\": got ", view->dtype, " ", hub::shape_text(view->shape),
                           ", expected F32 ", hub::shape_text(named.tensor.sizes().vec())));
    }
  }
  for (const hub::TensorView& view : file.all()) {
    if (!wanted.contains(view.name)) faults.push_back(str("tensor \"", view.name, "\" is not of this network"));
  }
  if (!faults.empty()) {
    std::string text = str(checkpoint.string(), ": this checkpoint belongs to another network:");
    for (size_t i = 0; i < std::min(faults.size(), kMaxFaultsShown); ++i) text += "\n  " + faults[i];
    if (faults.size() > kMaxFaultsShown) text += str("\n  and ", faults.size() - kMaxFaultsShown, " more");
    throw Error(ErrorKind::kIncompatible,
                str(text, "\ngo on with the recipe it was made with, or choose another --output"));
  }
  const at::NoGradGuard guard;
  for (const NamedTensor& named : tensors) {
    const hub::TensorView& view = *file.find(named.name);
    at::Tensor source = at::empty(view.shape, at::kFloat);
    std::memcpy(source.data_ptr(), view.bytes.data(), view.bytes.size());
    at::Tensor target = named.tensor;
    target.copy_(source);
  }
}

std::string setting_differences(const base::Json& saved, const base::Json& now) {
  const auto text = [](const base::Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  std::string out;
  for (const auto& [key, value] : now.items()) {
    const base::Json before = saved.value(key, base::Json());
    if (before != value) out += str("\n  ", key, ": it has ", text(before), ", got ", text(value));
  }
  return out;
}

}  // namespace lmkor::train
