// Scratches for work that moves between threads: taken for a stretch of work, given back with its warm cache.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::tokenizer {

class ScratchPool {
 public:
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
    if (idle_.empty()) return Tokenizer::Scratch();
    Tokenizer::Scratch scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  void give(Tokenizer::Scratch scratch) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }
  std::mutex mutex_;
  std::vector<Tokenizer::Scratch> idle_;
};

}  // namespace lmkor::tokenizer
