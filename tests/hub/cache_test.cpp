// Names, settings and the reading side of the cache. Against a server: tests/e2e/hub_test.py.
#include "lmkor/hub/cache.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "hub/sample.h"
#include "lmkor/hub/download.h"
#include "lmkor/hub/http.h"

namespace lmkor::hub {
namespace {

TEST(RepoNames, AreRead) {
  const auto repo = parse_repo_name("kykim/bert-kor-base");
  ASSERT_TRUE(repo);
  EXPECT_EQ(repo->id, "kykim/bert-kor-base");
  EXPECT_EQ(repo->revision, "main");
  EXPECT_EQ(parse_repo_name("a/b@refs/pr/1")->revision, "refs/pr/1");
  for (const char* text :
       {"", "bert", "/bert", "a/", "a/b/c", "../b", "a/..", "./model", "a/b@", "a/b@../x", "a/b@/x", "a b/c", "-a/b"}) {
    EXPECT_FALSE(parse_repo_name(text)) << text;
  }
}

TEST(Patterns, StarsAndQuestionMarks) {
  EXPECT_TRUE(fits_pattern("model.safetensors", "*.safetensors"));
  EXPECT_TRUE(fits_pattern("onnx/model.onnx", "onnx/*"));
  EXPECT_TRUE(fits_pattern("abcabc", "a*?bc"));
  EXPECT_TRUE(fits_pattern("", "*"));
  EXPECT_FALSE(fits_pattern("model.safetensors.index", "*.safetensors"));
  EXPECT_FALSE(fits_pattern("a", "?a"));
  EXPECT_FALSE(fits_pattern("a", ""));
}

TEST(Urls, OriginsDecideAboutTheToken) {
  EXPECT_EQ(origin_of("https://Hub.example:8080/a?b"), "https://hub.example:8080");
  EXPECT_EQ(origin_of("https://hub.example@evil.example/"), "https://evil.example");
  EXPECT_EQ(origin_of("https://hub.example?@evil.example/"), "https://hub.example");
  EXPECT_EQ(origin_of("nothing"), "");
  EXPECT_EQ(redirected("https://h/a/b", "/c"), "https://h/c");
  EXPECT_EQ(redirected("https://h/a/b", "c"), "https://h/a/c");
  EXPECT_EQ(redirected("https://h/a/b", "//cdn/c"), "https://cdn/c");
  EXPECT_EQ(redirected("https://h/a/b", "http://cdn/c"), "http://cdn/c");
  EXPECT_EQ(url_escaped("이 a/b+c", true), "%EC%9D%B4%20a/b%2Bc");
  EXPECT_EQ(url_escaped("refs/pr/1", false), "refs%2Fpr%2F1");
}

class Cache : public Folder {
 protected:
  HubSettings settings() const {
    HubSettings out;
    out.cache = dir_;
    return out;
  }
};

TEST_F(Cache, SnapshotsAreFoundByTheirRevision) {
  const std::string commit(40, 'a');
  const std::filesystem::path folder = dir_ / "models--a--b";
  EXPECT_FALSE(cached_snapshot(settings(), {"a/b"}));
  std::filesystem::create_directories(folder / "refs");
  write("models--a--b/refs/main", commit);
  EXPECT_FALSE(cached_snapshot(settings(), {"a/b"}));
  std::filesystem::create_directories(folder / "snapshots" / commit);
  EXPECT_EQ(cached_snapshot(settings(), {"a/b"}), folder / "snapshots" / commit);
  EXPECT_EQ(cached_snapshot(settings(), {"a/b", commit}), folder / "snapshots" / commit);
  EXPECT_FALSE(cached_snapshot(settings(), {"a/b", "other"}));
  write("models--a--b/refs/main", "half");
  EXPECT_EQ(error_text(dir_, [&] { cached_snapshot(settings(), {"a/b"}); }),
            "DIR/models--a--b/refs/main: got \"half\", expected a commit of 40 digits");
}

TEST_F(Cache, LinksThroughTheSharedStoreAreFollowed) {
  // huggingface_hub 2.4 may keep a blob once for all repositories: a link to a link
  const std::string commit(40, 'b');
  const std::filesystem::path folder = dir_ / "models--a--b";
  std::filesystem::create_directories(dir_ / "blobs/ab");
  std::filesystem::create_directories(folder / "blobs");
  std::filesystem::create_directories(folder / "snapshots" / commit);
  write("blobs/ab/abc", "bytes");
  std::filesystem::create_symlink("../../blobs/ab/abc", folder / "blobs/etag");
  std::filesystem::create_symlink("../../blobs/etag", folder / "snapshots" / commit / "config.json");
  EXPECT_EQ(base::read_file(*cached_snapshot(settings(), {"a/b", commit}) / "config.json"), "bytes");
}

TEST_F(Cache, TreesRoundTrip) {
  const Tree tree = {{"a/b.txt", {.size = 3, .blob_id = "1"}}, {"c", {.size = 5, .blob_id = "2", .lfs_sha256 = "3"}}};
  write_tree(dir_, "commit", tree);
  const auto got = read_tree(dir_, "commit");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 2u);
  EXPECT_EQ(got->at("c").lfs_sha256, "3");
  EXPECT_EQ(got->at("a/b.txt").size, 3u);
  write("trees/newer.json", R"({"format_version": 2, "files": {}})");
  EXPECT_FALSE(read_tree(dir_, "newer"));
  EXPECT_FALSE(read_tree(dir_, "none"));
}

TEST_F(Cache, EnvironmentNamesEverything) {
  for (const char* name :
       {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH",
        "HF_ENDPOINT", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "XDG_CACHE_HOME"}) {
    ::unsetenv(name);
  }
  ::setenv("XDG_CACHE_HOME", dir_.c_str(), 1);
  EXPECT_EQ(read_hub_settings().cache, dir_ / "huggingface/hub");
  EXPECT_EQ(read_hub_settings().endpoint, "https://huggingface.co");
  ::setenv("HF_HOME", (dir_ / "home").c_str(), 1);
  std::filesystem::create_directories(dir_ / "home");
  write("home/token", "from the file\n");
  EXPECT_EQ(read_hub_settings().cache, dir_ / "home/hub");
  EXPECT_EQ(read_hub_settings().token, "from the file");
  ::setenv("HF_TOKEN", " given ", 1);
  EXPECT_EQ(read_hub_settings().token, "given");
  ::setenv("HF_ENDPOINT", "http://localhost:1/", 1);
  EXPECT_EQ(read_hub_settings().endpoint, "http://localhost:1");
  ::setenv("TRANSFORMERS_OFFLINE", "yes", 1);
  EXPECT_TRUE(read_hub_settings().offline);
  ::setenv("TRANSFORMERS_OFFLINE", "0", 1);
  EXPECT_FALSE(read_hub_settings().offline);
}

}  // namespace
}  // namespace lmkor::hub
