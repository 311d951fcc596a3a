// Prepares items in the background, in order: next() returns make(first), make(first + 1), ... An exception of make()
// comes out of the next() whose turn it is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "lmkor/base/error.h"

namespace lmkor::data {

template <class Item>
class Prefetch {
 public:
  // make() is called on one thread of its own, for numbers in [first, end), at most `depth` items ahead.
  Prefetch(std::function<Item(uint64_t)> make, uint64_t first, uint64_t end, size_t depth)
      : make_(std::move(make)), next_(first), end_(end), depth_(depth > 0 ? depth : 1) {
    thread_ = std::jthread([this, first](std::stop_token stop) { run(stop, first); });
  }
  ~Prefetch() {
    thread_.request_stop();
    changed_.notify_all();
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  bool at_end() const { return next_ >= end_; }
  // Waits for the item. Must not be called at the end.
  Item next() {
    if (at_end()) throw base::Error(base::ErrorKind::kInternal, "prefetch: asked for an item after the last");
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !ready_.empty() || failure_; });
    if (ready_.empty()) std::rethrow_exception(failure_);
    Item item = std::move(ready_.front());
    ready_.pop_front();
    ++next_;
    changed_.notify_all();
    return item;
  }

 private:
  void run(const std::stop_token& stop, uint64_t first) {
    for (uint64_t number = first; number < end_; ++number) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, stop, [&] { return ready_.size() < depth_; });
        if (stop.stop_requested()) return;
      }
      try {
        Item item = make_(number);
        const std::lock_guard lock(mutex_);
        ready_.push_back(std::move(item));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
      }
      changed_.notify_all();
      if (failure_) return;
    }
  }

  std::function<Item(uint64_t)> make_;
  uint64_t next_, end_;
  size_t depth_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Item> ready_;
  std::exception_ptr failure_;
  std::jthread thread_;  // last: it ends before the members it uses
};

}  // namespace lmkor::data
