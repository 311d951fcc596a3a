// Files in a folder of their own, read by a Reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/corpus/reader.h"
#include "temporary_folder.h"

namespace lmkor::corpus {

class ReaderTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, std::string_view bytes) {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    base::OutputFile file(dir_.path() / name);
    file.write(bytes);
    file.commit();
    return dir_.path() / name;
  }
  std::vector<Document> read(const std::vector<std::filesystem::path>& files, ReadOptions options = {}) {
    Reader reader(files, options);
    std::vector<Document> out;
    Document document;
    while (reader.next(document)) out.push_back(document);
    stats_ = reader.stats();
    return out;
  }
  // The text of the only document.
  std::string text_of(const std::filesystem::path& file, ReadOptions options = {}) {
    const std::vector<Document> documents = read({file}, options);
    EXPECT_EQ(documents.size(), 1u);
    return documents.empty() ? "" : documents.front().text;
  }
  std::string error_of(const std::vector<std::filesystem::path>& files, ReadOptions options = {},
                       base::ErrorKind kind = base::ErrorKind::kData) {
    return error_text(kind, [&] { read(files, options); });
  }
  static ReadOptions tolerant() {
    ReadOptions options;
    options.max_bad_share = 1;
    return options;
  }

  TemporaryFolder dir_;
  ReadStats stats_;
};

}  // namespace lmkor::corpus
