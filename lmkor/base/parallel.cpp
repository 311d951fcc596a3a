#include "lmkor/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <sched.h>

namespace lmkor::base {

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

int resolve_threads(long long requested) {
  return requested > 0 ? static_cast<int>(std::min<long long>(requested, 1024)) : available_threads();
}

void parallel_for(size_t count, int threads, const std::function<void(size_t index)>& body) {
  const size_t workers = std::min<size_t>(count, static_cast<size_t>(std::max(1, threads)));
  if (workers <= 1) {
    for (size_t index = 0; index < count; ++index) body(index);
    return;
  }
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t failed_index = count;
  std::exception_ptr failure;
  const auto work = [&] {
    for (size_t index = next++; index < count; index = next++) {
      try {
        body(index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (index < failed_index) {
          failed_index = index;
          failure = std::current_exception();
        }
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> pool;
    for (size_t i = 1; i < workers; ++i) pool.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
}

namespace {

struct Slot {
  void* in = nullptr;
  void* out = nullptr;
  std::exception_ptr failure;
  bool done = false;
};

}  // namespace

void ordered_pipeline_erased(int threads, const std::function<void*()>& produce, const std::function<void*(void*)>& map,
                             const std::function<void(void*)>& consume, const std::function<void(void*)>& drop_in,
                             const std::function<void(void*)>& drop_out) {
  const size_t workers = static_cast<size_t>(std::max(1, threads));
  const size_t limit = 4 * workers;
  std::mutex mutex;
  std::condition_variable work_ready, result_ready, room_ready;
  std::deque<std::shared_ptr<Slot>> order;    // slots not yet consumed, in order of production
  std::deque<std::shared_ptr<Slot>> waiting;  // slots not yet taken by a worker
  bool ended = false, stopped = false;

  const auto producer = [&] {
    while (true) {
      {
        std::unique_lock lock(mutex);
        room_ready.wait(lock, [&] { return order.size() < limit || stopped; });
        if (stopped) break;
      }
      auto slot = std::make_shared<Slot>();
      try {
        slot->in = produce();
      } catch (...) {
        slot->failure = std::current_exception();
        slot->done = true;
      }
      const std::lock_guard lock(mutex);
      if (slot->in == nullptr && !slot->failure) break;
      order.push_back(slot);
      if (!slot->done) waiting.push_back(slot);
      work_ready.notify_one();
      result_ready.notify_one();
      if (slot->done) break;
    }
    const std::lock_guard lock(mutex);
    ended = true;
    work_ready.notify_all();
    result_ready.notify_all();
  };
  const auto worker = [&] {
    while (true) {
      std::shared_ptr<Slot> slot;
      {
        std::unique_lock lock(mutex);
        work_ready.wait(lock, [&] { return !waiting.empty() || ended || stopped; });
        if (stopped || waiting.empty()) return;
        slot = waiting.front();
        waiting.pop_front();
      }
      void* out = nullptr;
      std::exception_ptr failure;
      try {
        out = map(slot->in);
      } catch (...) {
        failure = std::current_exception();
      }
      drop_in(slot->in);
      const std::lock_guard lock(mutex);
      slot->in = nullptr;
      slot->out = out;
      slot->failure = failure;
      slot->done = true;
      result_ready.notify_one();
    }
  };

  std::exception_ptr failure;
  {
    std::vector<std::jthread> pool;
    pool.emplace_back(producer);
    for (size_t i = 0; i < workers; ++i) pool.emplace_back(worker);
    while (!failure) {
      std::shared_ptr<Slot> slot;
      {
        std::unique_lock lock(mutex);
        result_ready.wait(lock, [&] { return (!order.empty() && order.front()->done) || (order.empty() && ended); });
        if (order.empty()) break;
        slot = order.front();
        order.pop_front();
        room_ready.notify_one();
      }
      if (slot->failure) {
        failure = slot->failure;
        break;
      }
      try {
        consume(slot->out);
      } catch (...) {
        failure = std::current_exception();
      }
      drop_out(slot->out);
      slot->out = nullptr;
    }
    const std::lock_guard lock(mutex);
    stopped = true;
    work_ready.notify_all();
    room_ready.notify_all();
  }
  for (const auto& slot : order) {
    if (slot->in != nullptr) drop_in(slot->in);
    if (slot->out != nullptr) drop_out(slot->out);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace lmkor::base
