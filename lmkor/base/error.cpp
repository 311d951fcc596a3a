#include "lmkor/base/error.h"

#include <utility>

namespace lmkor::base {
namespace {

constexpr ErrorKindInfo kKinds[] = {
    {ErrorKind::kUsage, "usage", 2, 400},
    {ErrorKind::kConfig, "config", 2, 400},
    {ErrorKind::kData, "data", 65, 422},
    {ErrorKind::kNotFound, "not_found", 66, 404},
    {ErrorKind::kIncompatible, "incompatible", 65, 422},
    {ErrorKind::kEnvironment, "environment", 69, 503},
    {ErrorKind::kOutput, "output", 73, 500},
    {ErrorKind::kNumeric, "numeric", 75, 500},
    {ErrorKind::kInterrupted, "interrupted", 130, 503},
    {ErrorKind::kInternal, "internal", 70, 500},
};

}  // namespace

const ErrorKindInfo& info(ErrorKind kind) {
  for (const ErrorKindInfo& row : kKinds) {
    if (row.kind == kind) return row;
  }
  return kKinds[std::size(kKinds) - 1];
}

Error::Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)), text_(message_) {}

Error& Error::within(std::string_view doing) {
  text_.append("\n  while ").append(doing);
  return *this;
}

}  // namespace lmkor::base
