// Tasks over the threads that libtorch computes with. A task is the unit of work and of order: what it writes must not
// depend on which thread runs it, and how work is cut into tasks never on the number of threads. So no result shows it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace lmkor::kernels::cpu {

// Calls body(task, worker) for every task in [0, tasks) on up to `threads` threads; worker < threads numbers the thread
// that runs it, for scratch memory. The body must not throw; libraries that it calls see one thread.
void parallel_tasks(int64_t tasks, int threads, const std::function<void(int64_t task, int worker)>& body);

// The same over [0, size) in pieces of `grain`: body(begin, end).
inline void parallel_ranges(int64_t size, int64_t grain, int threads,
                            const std::function<void(int64_t begin, int64_t end)>& body) {
  parallel_tasks((size + grain - 1) / grain, threads,
                 [&](int64_t task, int) { body(task * grain, std::min(size, (task + 1) * grain)); });
}

}  // namespace lmkor::kernels::cpu
