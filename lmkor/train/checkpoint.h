// Checkpoints of a run: RUN/checkpoints/step-NNNNNNNN/, each complete or absent.
//   state.json          step, tokens, seconds, and what the trainer adds
//   values.safetensors  parameters and moments (Optimizer::state)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/train/optimizer.h"

namespace lmkor::train {

// Writes the checkpoint of `state["step"]` below `run` and removes all but the newest `keep`. Throws kOutput; what was
// there before stays.
void save_checkpoint(const std::filesystem::path& run, const base::Json& state, const std::vector<NamedTensor>& tensors,
                     int64_t keep);

// The newest complete checkpoint below `run`; remains of a save that was cut off are removed.
std::optional<std::filesystem::path> newest_checkpoint(const std::filesystem::path& run);

// state.json of a checkpoint.
base::Json read_checkpoint_state(const std::filesystem::path& checkpoint);

// Fills `tensors` in place. Throws kIncompatible with every tensor that is missing, left over or of another shape.
void load_checkpoint(const std::filesystem::path& checkpoint, const std::vector<NamedTensor>& tensors);

// The settings of `now` whose value in `saved` is another or none, a line each; empty where all agree.
std::string setting_differences(const base::Json& saved, const base::Json& now);

}  // namespace lmkor::train
