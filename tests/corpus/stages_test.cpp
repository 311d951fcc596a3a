#include "lmkor/corpus/stages.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/boilerplate.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/pipeline.h"
#include "temporary_folder.h"

namespace lmkor::corpus {
namespace {

namespace fs = std::filesystem;
using base::str;

class StagesTest : public testing::Test {
 protected:
  // Texts of planted likeness: new ones, copies, and copies in which some words are others.
  static std::vector<std::string> texts(size_t count) {
    const base::Random random(8, base::RandomUse::kGenerate);
    uint64_t at = 0;
    const auto word = [&] { return str("낱말", random.below(at++, 4000)); };
    std::vector<std::string> out;
    for (size_t i = 0; i < count; ++i) {
      const uint64_t kind = i < 10 ? 9 : random.below(at++, 10);
      std::vector<std::string> words;
      if (kind < 4) {
        std::string text = out[random.below(at++, out.size())];
        for (size_t begin = 0, end; begin < text.size(); begin = end + 1) {
          end = std::min(text.find(' ', begin), text.size());
          words.push_back(text.substr(begin, end - begin));
        }
        for (uint64_t k = 0; kind > 0 && k < kind; ++k) words[random.below(at++, words.size())] = word();
      } else {
        for (uint64_t k = 0; k < 22 + random.below(at, 60); ++k) words.push_back(word());
        ++at;
      }
      out.push_back(base::join(words, " "));
    }
    return out;
  }

  void write(const std::vector<std::string>& texts, size_t files) {
    for (size_t f = 0; f < files; ++f) {
      std::string lines;
      for (size_t i = f; i < texts.size(); i += files) lines += texts[i] + "\n";
      base::write_file_atomic(folder_.path() / str("in", f, ".txt"), lines);
      options_.input.push_back((folder_.path() / str("in", f, ".txt")).string());
    }
    options_.part_bytes = 20000;
    options_.filter = {};
  }

  std::map<std::string, std::string> build_to(const std::string& name, int threads = 1) {
    options_.output = (folder_.path() / name).string();
    result_ = build(options_, threads);
    finish(options_);
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(options_.output)) {
      if (entry.is_regular_file())
        files[entry.path().lexically_relative(options_.output).string()] = base::read_file(entry.path());
    }
    // What it took is not the same in any two runs.
    std::string& report = files.at("report.html");
    const size_t throughput = report.find("Throughput</h2>");
    EXPECT_NE(throughput, std::string::npos);
    report.resize(throughput);
    return files;
  }

  std::vector<std::string> kept(const std::string& name) {
    std::vector<std::string> out;
    Reader reader(list_text_inputs({(folder_.path() / name).string()}), {});
    Document document;
    while (reader.next(document)) out.push_back(document.text);
    return out;
  }

  TemporaryFolder folder_;
  BuildOptions options_;
  BuildResult result_;
};

TEST_F(StagesTest, LittleMemoryGivesTheSameBytesAsStreaming) {
  write(texts(600), 3);
  options_.dedup.documents = true;
  const auto streamed = build_to("streamed");
  options_.run.memory = "50KB";
  EXPECT_EQ(build_to("staged", 2), streamed);
  options_.run.temporary = (folder_.path() / "temporary").string();
  EXPECT_EQ(build_to("elsewhere"), streamed);
  EXPECT_TRUE(fs::is_empty(folder_.path() / "temporary"));
}

TEST_F(StagesTest, BoilerplateIsThatOfTheFirstDocumentsOfASource) {
  const auto record = [](std::string_view source, std::string_view text) {
    return str("{\"source\":\"", source, "\",\"text\":\"", text, "\"}\n");
  };
  const auto notice = [&](std::string_view source, int i, std::string_view last) {
    return record(source,
                  str("오늘의 소식 하나를 전해 드립니다 ", i, "\\n둘째 줄에는 다른 이야기가 있다 ", i, "\\n", last));
  };
  std::string first, second;
  // The sample of "many" ends in the second file, ten of these notices before.
  for (uint64_t i = 0; i < kBoilerplateSample - 40; ++i) first += record("many", "짧다");
  for (int i = 0; i < 30; ++i) first += notice("many", i, "이 줄은 첫 파일에서 서른 번 나온다");
  for (int i = 0; i < 20; ++i) first += notice("few", i, "두 파일에 나뉘어 서른 번 나오는 줄이다");
  for (int i = 0; i < 30; ++i) second += notice("many", 100 + i, "앞의 열 번만 세는 줄이라서 남게 된다");
  for (int i = 0; i < 10; ++i) second += notice("few", 100 + i, "두 파일에 나뉘어 서른 번 나오는 줄이다");
  base::write_file_atomic(folder_.path() / "a.jsonl", first);
  base::write_file_atomic(folder_.path() / "b.jsonl", second);
  options_.input = {(folder_.path() / "a.jsonl").string(), (folder_.path() / "b.jsonl").string()};
  options_.filter.boilerplate_documents = 30;
  options_.dedup.exact = false;
  options_.part_bytes = 1000;
  const auto streamed = build_to("streamed", 2);
  EXPECT_EQ(result_.tally.total.removed[kBoilerplate].sentences, 60);
  options_.run.memory = "50KB";
  EXPECT_EQ(build_to("staged", 2), streamed);
}

// With so many bands that nothing above the threshold is missed, what goes is what a look at all pairs says.
TEST_F(StagesTest, NearDuplicatesAreThoseOfAllPairs) {
  const auto all = texts(400);
  write(all, 3);
  options_.dedup.near = true;
  options_.dedup.exact = false;
  options_.minhash.bands = 128;
  options_.minhash.rows = 2;
  options_.minhash.threshold = 0.6;
  build_to("near");

  std::set<std::string> different(all.begin(), all.end());
  Minhasher hasher(options_.minhash);
  struct Item {
    uint64_t characters;
    uint64_t hash;
    std::string text;
    std::vector<uint32_t> shingles;
  };
  std::vector<Item> items;
  for (const std::string& text : different) {
    const auto shingles = hasher.shingles(text);
    std::set<uint32_t> set(shingles.begin(), shingles.end());
    items.push_back({code_points(text), sentence_hash(text).low, text, {set.begin(), set.end()}});
  }
  std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    return std::pair(b.characters, a.hash) < std::pair(a.characters, b.hash);
  });
  std::vector<Item> stay;
  size_t gone = 0;
  for (const Item& item : items) {
    const bool near = std::any_of(stay.begin(), stay.end(), [&](const Item& other) {
      return jaccard(item.shingles, other.shingles) >= options_.minhash.threshold;
    });
    near ? void(++gone) : stay.push_back(item);
  }
  std::multiset<std::string> expected;
  for (const Item& item : stay) expected.insert(item.text);
  const auto left = kept("near");
  EXPECT_EQ(std::multiset<std::string>(left.begin(), left.end()), expected);
  EXPECT_GT(gone, 30u);
  EXPECT_EQ(result_.tally.total.removed[kNearDuplicate].documents, static_cast<int64_t>(gone));
  EXPECT_EQ(result_.tally.total.removed[kRepeatedDocument].documents,
            static_cast<int64_t>(all.size() - different.size()));
}

TEST_F(StagesTest, WhichNearDuplicateStaysDependsOnNoOrder) {
  auto all = texts(500);
  write(all, 2);
  options_.dedup.near = true;
  build_to("one");
  const auto one = kept("one");
  std::reverse(all.begin(), all.end());
  options_.input.clear();
  write(all, 5);
  build_to("other");
  const auto other = kept("other");
  EXPECT_EQ(std::multiset<std::string>(one.begin(), one.end()), std::multiset<std::string>(other.begin(), other.end()));
}

TEST_F(StagesTest, RunsOfWordsThatCameBeforeAreCut) {
  base::write_file_atomic(folder_.path() / "a.txt",
                          "앞쪽 말씀과 하나 둘 셋 넷 다섯 뒤쪽 말씀이다\n"
                          "다른 앞말 하나 둘 셋 넷 다섯 다른 뒷말이다\n"
                          "하나 둘 셋 넷 다섯\n"
                          "둘 셋 넷 말고도 더 있다고 한다\n"
                          "하하 하하 하하 하하 하하 하하 하하\n");
  options_.input = {(folder_.path() / "a.txt").string()};
  options_.filter = {};
  options_.filter.min_characters = 1;
  options_.filter.min_distinct = 1;
  options_.dedup.repeated_words = 4;
  const auto files = build_to("cut");
  EXPECT_EQ(kept("cut"),
            (std::vector<std::string>{"앞쪽 말씀과 하나 둘 셋 넷 다섯 뒤쪽 말씀이다", "다른 앞말 다른 뒷말이다",
                                      "둘 셋 넷 말고도 더 있다고 한다", "하하 하하 하하 하하 하하 하하 하하"}));
  EXPECT_EQ(result_.tally.total.removed[kRepeatedWords].documents, 1);
  EXPECT_EQ(result_.tally.total.removed[kRepeatedWords].sentences, 1);
  EXPECT_EQ(files.count("removed/repeated_words-00000.jsonl.zst"), 1u);
}

}  // namespace
}  // namespace lmkor::corpus
