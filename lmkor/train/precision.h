// Devices and compute types by the names that users give them.
#pragma once

#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace lmkor::train {

// Names of compute types: "fp32", "bf16".
const std::vector<std::string>& precision_names();
at::ScalarType compute_type(const std::string& precision);
// "cpu", "cuda", "cuda:1". Throws kEnvironment where this build or this machine has no such device.
at::Device device_of(const std::string& name);
// Seeds everything that draws from libtorch's generators (dropout): a pure function of (seed, step, row), the first row
// of a micro-batch among those of the step.
void seed_generators(uint64_t seed, uint64_t step, uint64_t row);

}  // namespace lmkor::train
