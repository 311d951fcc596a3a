#include "lmkor/base/interrupt.h"

#include <atomic>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::base {
namespace {

std::atomic<int> signal_{0};

}  // namespace

int interrupted() { return signal_.load(std::memory_order_relaxed); }
void set_interrupted(int signal) { signal_.store(signal, std::memory_order_relaxed); }
void check_interrupt() {
  if (interrupted() != 0) {
    throw Error(ErrorKind::kInterrupted, str("stopped by signal ", interrupted(), "; run the same command to go on"));
  }
}

}  // namespace lmkor::base
