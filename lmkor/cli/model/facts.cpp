// What libtorch says of itself.
#include <ATen/ATen.h>
#include <torch/version.h>

#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {

base::Json model_facts() {
  base::Json devices = {"cpu"};
  if (at::hasCUDA()) {
    const int count = at::detail::getCUDAHooks().deviceCount();
    for (int i = 0; i < count; ++i) devices.push_back("cuda:" + std::to_string(i));
  }
  return {{"libtorch", TORCH_VERSION}, {"devices", devices}};
}

}  // namespace lmkor::cli
