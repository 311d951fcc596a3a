#include "lmkor/train/precision.h"

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using base::str;

const std::vector<std::string>& precision_names() {
  static const std::vector<std::string> names = {"fp32", "bf16"};
  return names;
}

at::ScalarType compute_type(const std::string& precision) { return precision == "bf16" ? at::kBFloat16 : at::kFloat; }

at::Device device_of(const std::string& name) {
  const at::Device device(name);
  if (device.is_cpu()) return device;
  const int count = at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  const int index = device.has_index() ? device.index() : 0;
  if (index >= count) {
    throw base::Error(base::ErrorKind::kEnvironment,
                      str("--device ", name, ": this ", at::hasCUDA() ? "machine" : "build of libtorch", " has ", count,
                          " CUDA devices; use --device cpu, or see lmkor doctor"));
  }
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

void seed_generators(uint64_t seed, uint64_t step, uint64_t row) {
  at::manual_seed(base::Random(seed, base::RandomUse::kDropout, row).bits(step));
}

}  // namespace lmkor::train
