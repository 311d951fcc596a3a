// Whether the user asked to stop (SIGINT, SIGTERM). main() installs the handlers; loops of rooms call
// check_interrupt() where stopping is safe, or interrupted() where they first save.
#pragma once

namespace lmkor::base {

// The signal that arrived, 0 if none. Async-signal-safe to set, cheap to read.
int interrupted();
void set_interrupted(int signal);
// Throws Error{kInterrupted} if a signal arrived.
void check_interrupt();

}  // namespace lmkor::base
