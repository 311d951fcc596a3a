#include "lmkor/train/checkpoint.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/log.h"
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
constexpr const char* kHashKey = "values_xxh3";
constexpr size_t kMaxFaultsShown = 8;

std::string hash_of(const fs::path& file) {
  const base::MappedFile mapped(file);
  const base::Hash128 hash = base::hash128(mapped.bytes());
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high),
                static_cast<unsigned long long>(hash.low));
  return text;
}

// What is wrong with a checkpoint, empty where nothing is.
std::string fault_of(const fs::path& checkpoint) {
  try {
    const auto expected = base::json_get<std::string>(read_checkpoint_state(checkpoint), kHashKey, kStateFile);
    const std::string got = hash_of(checkpoint / kValuesFile);
    return got == expected ? "" : str(kValuesFile, ": got XXH3 ", got, ", expected ", expected);
  } catch (const Error& error) {
    return error.message();
  }
}

int64_t step_of(const fs::path& checkpoint) { return std::stoll(checkpoint.filename().string().substr(5)); }

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
                     const KeepRule& keep) {
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
  base::Json complete = state;
  complete[kHashKey] = hash_of(folder.path() / kValuesFile);
  base::write_json(folder.path() / kStateFile, complete);
  folder.commit();
  const std::vector<fs::path> all = checkpoints_of(run);
  std::error_code ignored;
  for (size_t i = 0; i + static_cast<size_t>(keep.newest) < all.size(); ++i) {
    const bool stays = keep.every_steps > 0 && step_of(all[i]) % keep.every_steps == 0;
    if (!stays) fs::remove_all(all[i], ignored);
  }
}

void CheckpointWriter::save(const base::Json& state, const std::vector<NamedTensor>& tensors) {
  wait();
  if (copies_.empty()) {
    for (const NamedTensor& named : tensors)
      copies_.push_back({named.name, at::empty(named.tensor.sizes(), at::TensorOptions(at::kFloat))});
  }
  {
    const at::NoGradGuard guard;
    for (size_t i = 0; i < tensors.size(); ++i) copies_[i].tensor.copy_(tensors[i].tensor.detach());
  }
  writing_ = std::async(std::launch::async, [this, state]() -> std::string {
    try {
      save_checkpoint(run_, state, copies_, keep_);
      return {};
    } catch (const std::exception& error) {
      return error.what();
    }
  });
}

std::string CheckpointWriter::wait() {
  if (!writing_.valid()) return {};
  std::string failure = writing_.get();
  if (!failure.empty()) {
    base::log_warning(str("a checkpoint could not be written: ", failure,
                          "; the run goes on, and the last good checkpoint stays. Make room on the disk"));
  }
  return failure;
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
  std::vector<fs::path> all = checkpoints_of(run);
  if (all.empty()) return std::nullopt;
  for (; !all.empty(); all.pop_back()) {
    const std::string fault = fault_of(all.back());
    if (fault.empty()) return all.back();
    const fs::path aside = run / kFolder / str("broken-", all.back().filename().string());
    base::log_warning(str(all.back().string(), ": this checkpoint is broken and is not used: ", fault,
                          "; it is kept as ", aside.filename().string(), ", and the one before it is taken"));
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    base::rename_path(all.back(), aside);
  }
  throw Error(ErrorKind::kData, str((run / kFolder).string(),
                                    ": every checkpoint is broken; check the disk, then begin "
                                    "again with --resume never --force"));
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
