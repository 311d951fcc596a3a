// The weights in a model folder, whatever container they lie in: the one place that knows all of them.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "lmkor/hub/keras_names.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

enum class Container { kSafetensors, kTorch, kKeras, kTensorFlow1 };

struct ContainerInfo {
  Container container;
  const char* name;  // on the command line: "safetensors", "bin", "h5", "tf1"
  const char* file;  // in a model folder
};
std::span<const ContainerInfo> containers();
const ContainerInfo& info(Container container);

// The containers that `dir` holds, best first: those that tell the most and are read the fastest.
std::vector<Container> containers_in(const std::filesystem::path& dir);

// The tensors of `dir` in `container` under Hugging Face's names, row-major as PyTorch has them. Of a TensorFlow 1
// checkpoint of ELECTRA, those of `part`. Throws as the readers do.
Tensors read_container(const std::filesystem::path& dir, Container container, std::string_view family,
                       ElectraPart part = ElectraPart::kDiscriminator);

// The tensors of the best container of `dir`. Throws kNotFound where there is none.
Tensors read_weights(const std::filesystem::path& dir, std::string_view family);

}  // namespace lmkor::hub
