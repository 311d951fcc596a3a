// Errors of users are tested by kind and by their whole text.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "lmkor/base/error.h"

namespace lmkor {

// The text of the error that `run` throws; fails where it throws none or one of another kind.
template <class Run>
std::string error_text(base::ErrorKind kind, const Run& run) {
  try {
    run();
  } catch (const base::Error& error) {
    EXPECT_STREQ(base::info(error.kind()).name, base::info(kind).name) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown, expected an error of kind " << base::info(kind).name;
  return "";
}

}  // namespace lmkor
