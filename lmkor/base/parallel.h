// Threads whose number never shows in a result: work is divided by index, results are taken in order.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace lmkor::base {

// Number of processors this process may use.
int available_threads();
// `requested` if positive, else available_threads().
int resolve_threads(long long requested);

// Calls body(index) for every index in [0, count), on up to `threads` threads, in any order; an index is the unit of
// work, so body must not depend on which thread runs it. The first exception by index is rethrown after all ended.
void parallel_for(size_t count, int threads, const std::function<void(size_t index)>& body);

// A pipeline in order: produce() is called on one thread until it returns nothing, map() runs on up to `threads`
// threads, consume() gets the results on the calling thread in the order of production. At most 4 * threads items are
// under way, so memory is bounded. Stops at the first exception (by order) and rethrows it.
template <class In, class Out>
void ordered_pipeline(int threads, const std::function<std::optional<In>()>& produce,
                      const std::function<Out(In&&)>& map, const std::function<void(Out&&)>& consume);

// Type-erased core of ordered_pipeline; items are owned pointers handed from one function to the next.
void ordered_pipeline_erased(int threads, const std::function<void*()>& produce, const std::function<void*(void*)>& map,
                             const std::function<void(void*)>& consume, const std::function<void(void*)>& drop_in,
                             const std::function<void(void*)>& drop_out);

template <class In, class Out>
void ordered_pipeline(int threads, const std::function<std::optional<In>()>& produce,
                      const std::function<Out(In&&)>& map, const std::function<void(Out&&)>& consume) {
  ordered_pipeline_erased(
      threads,
      [&]() -> void* {
        std::optional<In> item = produce();
        return item ? new In(std::move(*item)) : nullptr;
      },
      [&](void* in) -> void* { return new Out(map(std::move(*static_cast<In*>(in)))); },
      [&](void* out) { consume(std::move(*static_cast<Out*>(out))); }, [](void* in) { delete static_cast<In*>(in); },
      [](void* out) { delete static_cast<Out*>(out); });
}

}  // namespace lmkor::base
