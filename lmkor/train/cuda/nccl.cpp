#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include "lmkor/train/cuda/process_group.h"

namespace lmkor::train {

c10::intrusive_ptr<c10d::Backend> gpu_process_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size) {
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size);
}

}  // namespace lmkor::train
