#include "lmkor/base/file.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "expect_error.h"
#include "lmkor/base/str.h"
#include "temporary_folder.h"

namespace lmkor::base {
namespace {

std::vector<std::string> names_in(const fs::path& dir) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST(AtomicFile, IsCompleteOrAbsent) {
  const TemporaryFolder folder;
  const fs::path path = folder.write("x", "old");
  {
    AtomicFile file(path);
    file.write(std::string(1 << 20, 'n'));
    EXPECT_EQ(file.written(), 1u << 20);
    EXPECT_EQ(read_file(path), "old");
  }
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>({"x"}));
  AtomicFile file(path);
  file.write("new");
  file.commit();
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>({"x"}));
}

TEST(AtomicFile, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  folder.write("file", "x");
  EXPECT_EQ(error_text(ErrorKind::kOutput, [&] { write_file_atomic(dir + "/none/x", "y"); }),
            dir + "/none/x: cannot create: No such file or directory");
  EXPECT_EQ(error_text(ErrorKind::kOutput, [&] { write_file_atomic(dir + "/file/x", "y"); }),
            dir + "/file/x: cannot create: Not a directory");
  EXPECT_EQ(error_text(ErrorKind::kOutput, [&] { make_directories(dir + "/file/x"); }),
            dir + "/file/x: cannot create the folder: Not a directory");
  fs::create_directories(dir + "/taken/below");
  EXPECT_EQ(error_text(ErrorKind::kOutput, [&] { write_file_atomic(dir + "/taken", "y"); }),
            dir + "/taken: cannot rename into place: Is a directory");
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>({"file", "taken"}));
}

TEST(AtomicFile, OverALimitNothingIsLeft) {
  const TemporaryFolder folder;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string text =
      error_text(ErrorKind::kOutput, [&] { write_file_atomic(folder.path() / "x", std::string(500000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(text, str((folder.path() / "x").string(),
                      ": cannot write: File too large; raise the limit of file sizes (ulimit -f) and run the same "
                      "command again"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(MappedFile, ReadsFilesOnly) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  EXPECT_EQ(MappedFile(folder.write("x", "text")).bytes(), "text");
  EXPECT_EQ(MappedFile(folder.write("empty", "")).bytes(), "");
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { read_file(dir + "/none"); }),
            dir + "/none: cannot read: No such file or directory");
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { read_file(dir); }), dir + ": expected a file, got a folder or device");
}

class ListInputs : public testing::Test {
 protected:
  ListInputs() {
    for (const char* name : {"b.txt", "a.txt", "sub/c.txt", "sub/.hidden", ".git/d.txt", "removed/e.txt"})
      folder_.write(name, "x");
  }
  // The names found, relative to the folder.
  std::vector<std::string> list(std::vector<std::string> arguments) const {
    for (std::string& argument : arguments) {
      if (argument != "-") argument = (folder_.path() / argument).string();
    }
    std::vector<std::string> names;
    for (const fs::path& path : list_inputs(arguments))
      names.push_back(path == "-" ? "-" : path.lexically_relative(folder_.path()).string());
    return names;
  }
  using Names = std::vector<std::string>;
  TemporaryFolder folder_;
};

TEST_F(ListInputs, FoldersFilesAndPatterns) {
  EXPECT_EQ(list({""}), Names({"a.txt", "b.txt", "sub/c.txt"}));
  EXPECT_EQ(list({"b.txt", "a.txt"}), Names({"b.txt", "a.txt"}));
  EXPECT_EQ(list({"?.txt"}), Names({"a.txt", "b.txt"}));
  EXPECT_EQ(list({"s*", "[ab].txt"}), Names({"sub/c.txt", "a.txt", "b.txt"}));
  EXPECT_EQ(list({"-", "removed"}), Names({"-", "removed/e.txt"})) << "a folder named outright is taken";
}

TEST_F(ListInputs, NoFileTwice) {
  EXPECT_EQ(list({"a.txt", "", "sub/../a.txt", "*.txt"}), Names({"a.txt", "b.txt", "sub/c.txt"}));
}

TEST_F(ListInputs, AFileWhoseNameLooksLikeAPatternIsAFile) {
  folder_.write("[1].txt", "x");
  folder_.write("1.txt", "x");
  EXPECT_EQ(list({"[1].txt"}), Names({"[1].txt"}));
}

TEST_F(ListInputs, LinksAreFollowedButNotForEver) {
  const TemporaryFolder elsewhere;
  elsewhere.write("far.txt", "x");
  fs::create_directory_symlink(elsewhere.path(), folder_.path() / "far");
  fs::create_directory_symlink("..", folder_.path() / "sub/loop");
  fs::create_symlink("nowhere", folder_.path() / "dangling.txt");
  EXPECT_EQ(list({""}), Names({"a.txt", "b.txt", "far/far.txt", "sub/c.txt"}));
}

TEST_F(ListInputs, WhatIsNotThereIsNamed) {
  const std::string dir = folder_.path().string();
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { list({"a.txt", "none"}); }), dir + "/none: no such file or folder");
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { list({"*.csv"}); }), dir + "/*.csv: no file matches this pattern");
}

}  // namespace
}  // namespace lmkor::base
