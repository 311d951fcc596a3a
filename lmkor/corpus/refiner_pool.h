// Refines the records of files on several threads, in order.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lmkor/corpus/refine.h"

namespace lmkor::corpus {

// Refiners for as many threads as come: each is taken, used and given back.
class RefinerPool {
 public:
  // `complete` adds to the tables what has to be looked for in the input; it is called before the first batch.
  RefinerPool(const RefineOptions& options, std::shared_ptr<RefineTables> tables,
              std::function<void(RefineTables&)> complete);
  // Calls `complete`, if that has not been done.
  void complete();
  RefinedBatch refine(const RecordBatch& batch);

 private:
  std::unique_ptr<Refiner> take();
  RefineOptions options_;
  std::shared_ptr<RefineTables> tables_;
  std::function<void(RefineTables&)> complete_;  // empty once it was called
  std::mutex mutex_;
  std::vector<std::unique_ptr<Refiner>> free_;
};

// Gives what `stream` still holds to `consume`, refined, in order, on the calling thread. Throws kInterrupted.
void refine_stream(RecordStream& stream, RefinerPool& refiners, int threads,
                   const std::function<void(RefinedBatch&&)>& consume);

}  // namespace lmkor::corpus
