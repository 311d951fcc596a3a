#include "lmkor/vocab/count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <unistd.h>

#include "lmkor/base/compress.h"
#include "lmkor/base/str.h"

namespace lmkor::vocab {
namespace {

Counts count(std::vector<std::string> texts, int threads = 1, const tokenizer::Settings& settings = {}) {
  size_t at = 0;
  return count_words(
      [&](std::string& text) {
        if (at == texts.size()) return false;
        text = texts[at++];
        return true;
      },
      settings, threads);
}

std::string written(const Counts& counts) {
  std::string out;
  for (const WordCount& word : counts.words) out += base::str(word.word, "=", word.count, " ");
  return out;
}

TEST(Count, WordsAreThoseOfTheTokenizer) {
  const Counts counts = count({"한국어, ABC abc! 漢字", "한국어\u200B는\u3000가"});
  EXPECT_EQ(written(counts), "abc=2 !=1 ,=1 字=1 漢=1 가=1 한국어=1 한국어는=1 ");
  EXPECT_EQ(counts.texts, 2u);
  EXPECT_EQ(counts.eojeols, 5u);
  EXPECT_EQ(counts.total, 9u);
}

TEST(Count, NeitherThreadsNorOrderMatter) {
  std::vector<std::string> texts;
  for (int i = 0; i < 60000; ++i) texts.push_back(base::str("가", i % 977, " 나다라마바사 ABC-", i, " ㅋㅋ"));
  const Counts one = count(texts, 1);
  const Counts four = count(texts, 4);
  std::reverse(texts.begin(), texts.end());
  const Counts turned = count(texts, 3);
  EXPECT_EQ(written(one), written(four));
  EXPECT_EQ(written(one), written(turned));
  EXPECT_EQ(one.bytes, turned.bytes);
  EXPECT_EQ(one.total, turned.total);
}

TEST(Count, BrokenUtf8IsDeletedLikeItsReplacement) { EXPECT_EQ(written(count({"가\xFF나"})), "가나=1 "); }

TEST(Count, FileOfCounts) {
  const auto path = std::filesystem::temp_directory_path() / base::str("lmkor_counts_", ::getpid(), ".zst");
  write_counts(path, count({"나 가 나"}));
  EXPECT_EQ(base::decompress_file(path), "2\t나\n1\t가\n");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace lmkor::vocab
