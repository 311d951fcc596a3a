#include "lmkor/corpus/refiner_pool.h"

#include <optional>
#include <utility>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"

namespace lmkor::corpus {

RefinerPool::RefinerPool(const RefineOptions& options, std::shared_ptr<RefineTables> tables,
                         std::function<void(RefineTables&)> complete)
    : options_(options), tables_(std::move(tables)), complete_(std::move(complete)) {}

void RefinerPool::complete() {
  const std::lock_guard lock(mutex_);
  if (!complete_) return;
  complete_(*tables_);
  complete_ = nullptr;
}

RefinedBatch RefinerPool::refine(const RecordBatch& batch) {
  std::unique_ptr<Refiner> refiner = take();
  RefinedBatch out = refiner->refine(batch);
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(refiner));
  return out;
}

std::unique_ptr<Refiner> RefinerPool::take() {
  complete();
  {
    const std::lock_guard lock(mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Refiner> refiner = std::move(free_.back());
      free_.pop_back();
      return refiner;
    }
  }
  return std::make_unique<Refiner>(options_, tables_);
}

void refine_stream(RecordStream& stream, RefinerPool& refiners, int threads,
                   const std::function<void(RefinedBatch&&)>& consume) {
  base::ordered_pipeline<RecordBatch, RefinedBatch>(
      threads,
      [&]() -> std::optional<RecordBatch> {
        RecordBatch batch;
        if (base::interrupted() != 0 || !stream.next(batch)) return std::nullopt;
        return batch;
      },
      [&](RecordBatch&& batch) { return refiners.refine(batch); },
      [&](RefinedBatch&& batch) {
        base::check_interrupt();
        consume(std::move(batch));
      });
  base::check_interrupt();
}

}  // namespace lmkor::corpus
