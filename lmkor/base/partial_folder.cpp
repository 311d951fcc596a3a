#include "lmkor/base/partial_folder.h"

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::base {

namespace {

fs::path beside(const fs::path& place, const char* ending) {
  return place.parent_path() / str(".", place.filename().string(), ending);
}

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

PartialFolder::PartialFolder(const fs::path& place)
    : place_(place.has_filename() ? place : place.parent_path()), partial_(beside(place_, ".partial")) {
  remove_quietly(partial_);
  make_directories(partial_);
}

PartialFolder::~PartialFolder() { remove_quietly(partial_); }

void PartialFolder::commit() {
  sync_directory(partial_);
  const fs::path replaced = beside(place_, ".replaced");
  remove_quietly(replaced);
  if (fs::exists(place_)) rename_path(place_, replaced);
  rename_path(partial_, place_);
  remove_quietly(replaced);
}

}  // namespace lmkor::base
