// A folder that is complete or absent: filled under a working name beside its place, then renamed.
#pragma once

#include <filesystem>

namespace lmkor::base {

class PartialFolder {
 public:
  // Makes the working folder (.NAME.partial, beside `place`) at once, so that a place that cannot be written is known
  // before the work; what an earlier attempt left there goes away. Throws kOutput.
  explicit PartialFolder(const std::filesystem::path& place);
  // Removes the working folder unless commit() was reached.
  ~PartialFolder();
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;

  const std::filesystem::path& path() const { return partial_; }
  // Renames into place; a folder that is there already stays until then. Throws kOutput.
  void commit();

 private:
  std::filesystem::path place_, partial_;
};

}  // namespace lmkor::base
