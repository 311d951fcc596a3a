// One pass over the records of files by several threads, with results in the order of the input.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/corpus/records.h"

namespace lmkor::corpus {

// map() is called for every batch on any of `threads` threads, consume() with its results on the calling thread, in
// order. Progress is shown in stored bytes under `name`. Throws kInterrupted after a signal.
template <class Part>
void map_batches(std::string name, const std::vector<std::filesystem::path>& files, const ReadOptions& options,
                 int threads, const std::function<Part(RecordBatch&&)>& map,
                 const std::function<void(Part&&)>& consume) {
  RecordStream stream(files, options);
  base::Progress progress(std::move(name), "bytes", stream.stored_total());
  using Placed = std::pair<Part, uint64_t>;  // the stored position after it
  base::ordered_pipeline<RecordBatch, Placed>(
      threads,
      [&]() -> std::optional<RecordBatch> {
        base::check_interrupt();
        RecordBatch batch;
        if (!stream.next(batch)) return std::nullopt;
        return batch;
      },
      [&](RecordBatch&& batch) {
        const uint64_t position = batch.stored_position;
        return Placed(map(std::move(batch)), position);
      },
      [&](Placed&& part) {
        consume(std::move(part.first));
        progress.update(part.second);
      });
}

}  // namespace lmkor::corpus
