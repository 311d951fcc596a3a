#include "lmkor/train/profile.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>

#include <ATen/record_function.h>

#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using Clock = std::chrono::steady_clock;

namespace {

struct Event {
  std::string name;
  uint64_t thread;
  double begin, seconds, self_seconds;  // from the start of the profile
  double flop;
};

}  // namespace

struct Profile::State {
  Clock::time_point began = Clock::now();
  at::CallbackHandle handle = 0;
  std::mutex mutex;
  std::vector<Event> events;

  double now() const { return std::chrono::duration<double>(Clock::now() - began).count(); }
};

namespace {

// libtorch calls back plain functions, so what they write to has to be found from nowhere.
std::atomic<void*> active{nullptr};

struct Begun : at::ObserverContext {
  double begin = 0, flop = 0;
  double inside = 0;         // seconds of what was called inside
  Begun* outside = nullptr;  // what called it, on the same thread
};
thread_local Begun* innermost = nullptr;

// 2 for each multiplication of the products among libtorch's operators, from the shapes of their inputs.
double flop_of(const at::RecordFunction& function) {
  struct Product {
    const char* name;
    size_t left;  // its place among the inputs; the right one follows
  };
  constexpr Product kProducts[] = {{"aten::mm", 0}, {"aten::bmm", 0}, {"aten::addmm", 1}, {"aten::baddbmm", 1}};
  for (const Product& product : kProducts) {
    if (std::string_view(function.name()) != product.name) continue;
    const auto inputs = function.inputs();
    if (inputs.size() < product.left + 2 || !inputs[product.left].isTensor() || !inputs[product.left + 1].isTensor())
      return 0;
    const at::Tensor left = inputs[product.left].toTensor(), right = inputs[product.left + 1].toTensor();
    if (!left.defined() || !right.defined()) return 0;
    return 2.0 * static_cast<double>(left.numel()) * static_cast<double>(right.size(-1));
  }
  return 0;
}

template <class State>
std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  auto* state = static_cast<State*>(active.load());
  if (state == nullptr) return nullptr;
  auto begun = std::make_unique<Begun>();
  begun->flop = flop_of(function);
  begun->outside = innermost;
  innermost = begun.get();
  begun->begin = state->now();
  return begun;
}

template <class State>
void end(const at::RecordFunction& function, at::ObserverContext* context) {
  auto* begun = static_cast<Begun*>(context);
  if (begun == nullptr) return;
  innermost = begun->outside;
  auto* state = static_cast<State*>(active.load());
  if (state == nullptr) return;
  const double seconds = state->now() - begun->begin;
  if (innermost != nullptr) innermost->inside += seconds;
  const std::lock_guard lock(state->mutex);
  state->events.push_back({function.name(), at::RecordFunction::currentThreadId(), begun->begin, seconds,
                           seconds - begun->inside, begun->flop});
}

}  // namespace

Profile::Profile() : state_(std::make_shared<State>()) {
  active = state_.get();
  state_->handle = at::addGlobalCallback(
      at::RecordFunctionCallback(begin<State>, end<State>)
          .needsInputs(true)
          .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION, at::RecordScope::USER_SCOPE}));
}

Profile::~Profile() { stop(); }

void Profile::stop() {
  if (active.exchange(nullptr) != nullptr) at::removeCallback(state_->handle);
}

std::vector<Profile::Row> Profile::table() const {
  std::map<std::string, Row> rows;
  for (const Event& event : state_->events) {
    Row& row = rows[event.name];
    ++row.calls;
    row.seconds += event.seconds;
    row.self_seconds += event.self_seconds;
    row.flop += event.flop;
  }
  std::vector<Row> out;
  for (auto& [name, row] : rows) {
    row.name = name;
    out.push_back(row);
  }
  std::ranges::stable_sort(out, [](const Row& a, const Row& b) { return a.self_seconds > b.self_seconds; });
  return out;
}

void Profile::write_trace(const std::filesystem::path& path) const {
  base::Json events = base::Json::array();
  for (const Event& event : state_->events) {
    events.push_back({{"name", event.name},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", event.thread},
                      {"ts", 1e6 * event.begin},
                      {"dur", 1e6 * event.seconds}});
  }
  base::write_file_atomic(path, base::Json{{"traceEvents", std::move(events)}}.dump());
}

std::string Profile::text(double peak_flops_of_a_thread, size_t rows) const {
  const std::vector<Row> all = table();
  double total = 0;
  for (const Row& row : all) total += row.self_seconds;
  std::string out = "  self s  share   calls  GFLOP/s  of peak  operator\n";
  for (size_t i = 0; i < std::min(rows, all.size()); ++i) {
    const Row& row = all[i];
    const double speed = row.flop / std::max(1e-9, row.self_seconds);
    char line[64];
    std::snprintf(line, sizeof line, "%8.3f %5.1f %% %7llu", row.self_seconds, 100 * row.self_seconds / total,
                  static_cast<unsigned long long>(row.calls));
    out += line;
    if (row.flop > 0) {
      std::snprintf(line, sizeof line, " %8.1f %6.0f %%", speed / 1e9, 100 * speed / peak_flops_of_a_thread);
      out += line;
    } else {
      out += "        -        -";
    }
    out += base::str("  ", row.name, "\n");
  }
  return out;
}

}  // namespace lmkor::train
