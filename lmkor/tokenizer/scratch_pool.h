// Scratches for work that moves between threads: taken for a stretch of work, given back with its warm cache.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::tokenizer {

class ScratchPool {
 public:
  // The scratches it makes are Scratch(cache_bytes, kernel).
  explicit ScratchPool(size_t cache_bytes = Tokenizer::Scratch::kCacheBytes, const cpu::Kernel* kernel = nullptr)
      : cache_bytes_(cache_bytes), kernel_(kernel) {}

  // Gives its scratch back when it goes.
  class Lease {
   public:
    explicit Lease(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    ~Lease() { pool_.give(std::move(scratch_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Tokenizer::Scratch& operator*() { return scratch_; }

   private:
    ScratchPool& pool_;
    Tokenizer::Scratch scratch_;
  };
  Lease lease() { return Lease(*this); }

 private:
  Tokenizer::Scratch take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return Tokenizer::Scratch(cache_bytes_, kernel_);
    Tokenizer::Scratch scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  void give(Tokenizer::Scratch scratch) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }
  size_t cache_bytes_;
  const cpu::Kernel* kernel_;
  std::mutex mutex_;
  std::vector<Tokenizer::Scratch> idle_;
};

}  // namespace lmkor::tokenizer
