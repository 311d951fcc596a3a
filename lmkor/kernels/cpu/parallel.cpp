// The one file compiled with OpenMP: libtorch's threads are those of its OpenMP runtime, and a pool of our own beside
// them would fight for the cores with its spinning workers.
#include "lmkor/kernels/cpu/parallel.h"

#include <omp.h>

namespace lmkor::kernels::cpu {

void parallel_tasks(int64_t tasks, int threads, const std::function<void(int64_t task, int worker)>& body) {
  // A team of two even for one task: inside it libraries use one thread, as they do with more tasks.
  const int team = static_cast<int>(std::min<int64_t>(threads, std::max<int64_t>(tasks, 2)));
  if (team <= 1 || tasks == 0 || omp_in_parallel()) {
    for (int64_t task = 0; task < tasks; ++task) body(task, 0);
    return;
  }
#pragma omp parallel for num_threads(team) schedule(dynamic, 1)
  for (int64_t task = 0; task < tasks; ++task) body(task, omp_get_thread_num());
}

}  // namespace lmkor::kernels::cpu
