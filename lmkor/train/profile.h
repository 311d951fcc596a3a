// A profile of some steps: what each operator of libtorch and each named stretch took, as a trace that ui.perfetto.dev
// opens and as a table. Loops of lmkor's own count to the stretch or the backward node that runs them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lmkor::train {

class Profile {
 public:
  // Records from here on, on all threads. One at a time.
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  void stop();

  struct Row {
    std::string name;
    uint64_t calls = 0;
    double seconds = 0, self_seconds = 0;  // with and without what was called inside; of all threads
    double flop = 0;                       // of products of matrices
  };
  // By self time, the longest first.
  std::vector<Row> table() const;
  // Trace Event Format (JSON), microseconds from the start. Throws kOutput.
  void write_trace(const std::filesystem::path& path) const;
  // The first `rows` rows as text, with FLOP/s and their share of what one thread reaches at most.
  std::string text(double peak_flops_of_a_thread, size_t rows) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace lmkor::train
