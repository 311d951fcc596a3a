// The one exception type of lmkor and the table of its kinds (exit code, HTTP status).
// Thrown anywhere, caught in two places only: the programs' main() and serve/routes.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace lmkor::base {

enum class ErrorKind {
  kUsage,         // the command line cannot be understood
  kConfig,        // a setting is unknown or impossible
  kData,          // the user's data is broken
  kNotFound,      // an input does not exist
  kIncompatible,  // two artefacts do not belong together
  kEnvironment,   // something outside (device, hub, library) is unavailable
  kOutput,        // an output cannot be written or exists already
  kNumeric,       // training diverged
  kInterrupted,   // SIGINT or SIGTERM; state is saved
  kInternal,      // a fault of lmkor itself
};

struct ErrorKindInfo {
  ErrorKind kind;
  const char* name;
  int exit_code;
  int http_status;
};

// The row of `kind` in the table of kinds.
const ErrorKindInfo& info(ErrorKind kind);

// what() is "message", then one line per context added on the way up ("while ...").
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  ErrorKind kind() const { return kind_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return text_.c_str(); }

  // Adds what was being done when the error passed by; returns *this so that `throw error.within(...)` reads well.
  Error& within(std::string_view doing);

 private:
  ErrorKind kind_;
  std::string message_;
  std::string text_;
};

}  // namespace lmkor::base
