// Processes that add up on GPUs, over NCCL: nccl.cpp in a build with LMKOR_CUDA=ON, absent.cpp in any other.
#pragma once

#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

namespace lmkor::train {

// Throws kEnvironment where this build has no NCCL.
c10::intrusive_ptr<c10d::Backend> gpu_process_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);

}  // namespace lmkor::train
