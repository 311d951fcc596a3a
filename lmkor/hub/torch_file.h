// pytorch_model.bin: torch.save of a dictionary of tensors, as a zip archive (since torch 1.6) or as the stream before
// it. Only tensors are read, never code.
#pragma once

#include <filesystem>
#include <span>

#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

enum class TorchFormat { kZip, kLegacy };

// Either format. Tensors that lie in a row are mapped, others (transposed, deflated) are copied. Throws kNotFound, or
// kData naming what is wrong: cut off, a call of anything that makes no tensor, values outside their storage, entries
// that are no tensors.
Tensors read_torch_file(const std::filesystem::path& path);

// Complete or absent. kLegacy is for torch before 1.6. Throws kIncompatible for a dtype that torch lacks, kOutput.
void write_torch_file(const std::filesystem::path& path, std::span<const TensorView> tensors, TorchFormat format);

}  // namespace lmkor::hub
