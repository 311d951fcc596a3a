#include "lmkor/base/error.h"
#include "lmkor/train/cuda/process_group.h"

namespace lmkor::train {

c10::intrusive_ptr<c10d::Backend> gpu_process_group(const c10::intrusive_ptr<c10d::Store>&, int, int) {
  throw base::Error(base::ErrorKind::kEnvironment,
                    "several processes on GPUs need a build with LMKOR_CUDA=ON; use --device cpu");
}

}  // namespace lmkor::train
