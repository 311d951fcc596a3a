// Checkpoints of a run: RUN/checkpoints/step-NNNNNNNN/, each complete or absent.
//   state.json          step, tokens, seconds, what the trainer adds, and "values_xxh3", the hash of the file below
//   values.safetensors  parameters and moments (Optimizer::state)
#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/train/optimizer.h"

namespace lmkor::train {

struct KeepRule {
  int64_t newest = 2;       // so many of the newest stay
  int64_t every_steps = 0;  // and those whose step this divides, 0 for none
};

// Writes the checkpoint of `state["step"]` below `run` and removes those that `keep` does not name. Throws kOutput;
// what was there before stays.
void save_checkpoint(const std::filesystem::path& run, const base::Json& state, const std::vector<NamedTensor>& tensors,
                     const KeepRule& keep);

// Saves in the background: the step waits only while the values are copied. A save that fails is a warning, and the run
// goes on with the checkpoints there are.
class CheckpointWriter {
 public:
  CheckpointWriter(std::filesystem::path run, const KeepRule& keep) : run_(std::move(run)), keep_(keep) {}
  ~CheckpointWriter() { wait(); }
  CheckpointWriter(const CheckpointWriter&) = delete;
  CheckpointWriter& operator=(const CheckpointWriter&) = delete;

  // Waits for the save before, copies `state` and `tensors`, and returns while they are written.
  void save(const base::Json& state, const std::vector<NamedTensor>& tensors);
  // Waits for the last save. Returns why it failed, empty where it did not.
  std::string wait();

 private:
  std::filesystem::path run_;
  KeepRule keep_;
  std::vector<NamedTensor> copies_;  // kept, so that memory is asked for once
  std::future<std::string> writing_;
};

// The newest checkpoint below `run` whose hash is right. Remains of a save that was cut off are removed; a broken
// checkpoint is set aside under the name broken-step-NNNNNNNN with a warning, and the one before it is taken. Throws
// kData where there are checkpoints and all are broken.
std::optional<std::filesystem::path> newest_checkpoint(const std::filesystem::path& run);

// state.json of a checkpoint.
base::Json read_checkpoint_state(const std::filesystem::path& checkpoint);

// Fills `tensors` in place. Throws kIncompatible with every tensor that is missing, left over or of another shape.
void load_checkpoint(const std::filesystem::path& checkpoint, const std::vector<NamedTensor>& tensors);

// The settings of `now` whose value in `saved` is another or none, a line each; empty where all agree.
std::string setting_differences(const base::Json& saved, const base::Json& now);

}  // namespace lmkor::train
