// Temporary folders and safetensors files made by hand, also broken ones.
#pragma once

#include <cstring>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "temporary_folder.h"

namespace lmkor::hub {

class Folder : public testing::Test {
 protected:
  std::filesystem::path write(std::string_view name, std::string_view bytes) const {
    return folder_.write(name, bytes);
  }

  const TemporaryFolder folder_;
  const std::filesystem::path& dir_ = folder_.path();
};

// A safetensors file: the length of `header`, `header`, `data`.
inline std::string container(const std::string& header, const std::string& data = "") {
  const uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + data;
}

// The text of the Error that `f` throws, with `dir` written as DIR.
template <class F>
std::string error_text(const std::filesystem::path& dir, F f) {
  try {
    f();
  } catch (const base::Error& error) {
    std::string out = error.what();
    for (size_t at; (at = out.find(dir.string())) != std::string::npos;) out.replace(at, dir.string().size(), "DIR");
    return out;
  }
  return "no error";
}

}  // namespace lmkor::hub
