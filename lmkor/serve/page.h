// The page at / and what it reads beside the API: its own files, which lie in the program, and the reports and runs of
// a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "lmkor/serve/http.h"

namespace lmkor::serve {

// A file of page/, put into the program by cmake/embed.cmake.
struct Asset {
  const char* name;
  const char* content_type;
  std::string_view bytes;
};
std::span<const Asset> assets();

class Page {
 public:
  // `reports` may be empty: then there are none to show.
  explicit Page(const std::filesystem::path& reports);

  // Nothing where the request is none of the page's.
  std::optional<HttpResponse> answer(const HttpRequest& request) const;

 private:
  HttpResponse list() const;
  HttpResponse file(const std::string& name) const;
  std::filesystem::path reports_;
};

}  // namespace lmkor::serve
