#include "lmkor/base/error.h"

#include <set>

#include <gtest/gtest.h>

#include "lmkor/base/interrupt.h"

namespace lmkor::base {
namespace {

// Scripts rely on these numbers (BSD's sysexits.h where it has one).
TEST(Error, EachKindHasItsNameAndCodes) {
  const struct {
    ErrorKind kind;
    const char* name;
    int exit_code, http_status;
  } expected[] = {
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
  for (const auto& row : expected) {
    EXPECT_STREQ(info(row.kind).name, row.name);
    EXPECT_EQ(info(row.kind).exit_code, row.exit_code) << row.name;
    EXPECT_EQ(info(row.kind).http_status, row.http_status) << row.name;
  }
}

TEST(Error, CollectsWhatWasBeingDone) {
  try {
    try {
      throw Error(ErrorKind::kData, "a.txt:3: broken");
    } catch (Error& error) {
      throw error.within("reading the corpus").within("making shards");
    }
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "a.txt:3: broken\n  while reading the corpus\n  while making shards");
    EXPECT_EQ(error.message(), "a.txt:3: broken");
    EXPECT_EQ(error.kind(), ErrorKind::kData);
  }
}

TEST(Interrupt, ThrowsOnceASignalArrived) {
  EXPECT_NO_THROW(check_interrupt());
  set_interrupted(15);
  EXPECT_EQ(interrupted(), 15);
  try {
    check_interrupt();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
    EXPECT_STREQ(error.what(), "stopped by signal 15; run the same command to go on");
  }
  set_interrupted(0);
}

}  // namespace
}  // namespace lmkor::base
