#include "lmkor/vocab/count.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "lmkor/base/compress.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/vocab/count_inputs.h"
#include "vocab/sample.h"

namespace lmkor::vocab {
namespace {

namespace fs = std::filesystem;
using base::str;

std::string written(const Counts& counts) {
  std::string out;
  for (const auto& [word, seen] : words_of(counts)) out += str(word, "=", seen, " ");
  return out;
}

std::vector<WeightedText> many_texts() {
  std::vector<WeightedText> texts;
  for (int i = 0; i < 60000; ++i) texts.push_back({str("가", i % 977, " 나다라마바사 ABC-", i, " ㅋㅋ")});
  return texts;
}

std::string bytes_of(const Counts& counts, const fs::path& dir) {
  const std::string lines = counts.file.empty() ? counts.info.header() + counts.lines : "";
  const std::string file = base::decompress_file(dir / "counts.zst");
  EXPECT_TRUE(lines.empty() || lines == file);
  return file;
}

TEST(Count, WordsAreThoseOfTheTokenizer) {
  const TemporaryFolder dir;
  const Counts counts = count({{"한국어, ABC abc! 漢字"}, {"한국어\u200B는\u3000가"}}, dir.path());
  EXPECT_EQ(written(counts), "!=1 ,=1 abc=2 字=1 漢=1 가=1 한국어=1 한국어는=1 ");
  EXPECT_EQ(counts.info.texts, 2u);
  EXPECT_EQ(counts.info.eojeols, 5u);
  EXPECT_EQ(counts.info.total, 9u);
  EXPECT_EQ(counts.different, 8u);
}

TEST(Count, NeitherLanesNorOrderNorMemoryMatter) {
  const TemporaryFolder dir;
  std::vector<WeightedText> texts = many_texts();
  const std::string one = bytes_of(count(texts, dir.path()), dir.path());
  EXPECT_EQ(one, bytes_of(count(texts, dir.path(), 4), dir.path()));
  std::reverse(texts.begin(), texts.end());
  EXPECT_EQ(one, bytes_of(count(texts, dir.path(), 3), dir.path()));
  // 30,000 bytes: a run after nearly every batch of words, more than 64 runs
  const Counts spilled = count(texts, dir.path(), 2, 30000);
  EXPECT_FALSE(spilled.file.empty());
  EXPECT_EQ(one, bytes_of(spilled, dir.path()));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1) << "runs are left behind";
}

TEST(Count, StretchesThatLeaveTheFrontCountToo) {
  // More different stretches than a lane holds, each seen several times, some longer than it holds.
  const TemporaryFolder dir;
  std::vector<WeightedText> texts;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40000; ++i) texts.push_back({str("word", i, i % 7 == 0 ? "길고긴낱말이라자리가없는것" : "")});
  }
  const auto words = words_of(count(texts, dir.path(), 2));
  EXPECT_EQ(words.size(), 40000u);
  EXPECT_TRUE(std::all_of(words.begin(), words.end(), [](const auto& word) { return word.second == 3; }));
}

TEST(Count, WeightsAreExact) {
  const TemporaryFolder dir;
  // 1/2 and 1/3 as 3 and 2 of sixths
  const Counts counts = count({{"가 나", 3}, {"가 다", 2}, {"가!", 6}}, dir.path(), 1, uint64_t{1} << 40, 6);
  EXPECT_EQ(written(counts), "!=6 가=11 나=3 다=2 ");
  EXPECT_EQ(counts.info.total, 22u);
  EXPECT_EQ(counts.info.eojeols, 16u);
  EXPECT_EQ(counts.info.texts, 3u);
}

TEST(Count, BrokenUtf8IsDeletedLikeItsReplacement) {
  const TemporaryFolder dir;
  EXPECT_EQ(written(count({{"가\xFF나"}}, dir.path())), "가나=1 ");
}

TEST(Count, AFullDiskLeavesNothingBehind) {
  const TemporaryFolder dir;
  // The folder of the runs goes away in the middle: writing fails as it does on a full disk.
  const fs::path gone = dir.path() / "runs";
  fs::create_directory(gone);
  Counter counter({{}, 1, 30000, gone});
  auto lane = counter.take();
  const std::vector<WeightedText> texts = many_texts();
  const std::string error = error_text(base::ErrorKind::kOutput, [&] {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i == 20000) fs::remove_all(gone);
      lane->add(texts[i].text, 1);
    }
  });
  EXPECT_THAT(error, testing::HasSubstr("runs/run-"));
  EXPECT_THAT(error, testing::HasSubstr(": cannot "));
  EXPECT_FALSE(fs::exists(gone));
}

TEST(Counts, FilesOfManyMachines) {
  const TemporaryFolder a, b, c;
  std::vector<WeightedText> texts = many_texts();
  const std::string whole = bytes_of(count(texts, a.path()), a.path());
  const std::vector<WeightedText> first(texts.begin(), texts.begin() + 20000), rest(texts.begin() + 20000, texts.end());
  count(first, b.path());
  count(rest, c.path(), 2, 100000);
  const fs::path merged = a.path() / "merged.zst";
  merge_files({c.path() / "counts.zst", b.path() / "counts.zst"}, merged, 0);
  EXPECT_EQ(base::decompress_file(merged), whole);
}

TEST(Counts, MoreFilesThanMayBeOpen) {
  const TemporaryFolder dir;
  std::vector<fs::path> files;
  for (int i = 0; i < 300; ++i) {
    files.push_back(dir.path() / str("in", i));
    write_counts(files.back(), counts_of({{"가", 1}, {str("나", i), 2}}));
  }
  const auto words = words_of(merge_files(files, dir.path() / "merged", 0));
  EXPECT_EQ(words.size(), 301u);
  EXPECT_EQ(words.at("가"), 300u);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 301)
      << "parts are left behind";
}

TEST(Counts, UnitsOfFilesAreBroughtTogether) {
  const TemporaryFolder a, b;
  count({{"가 나", 1}}, a.path(), 1, uint64_t{1} << 40, 2);
  count({{"가 다", 2}}, b.path(), 1, uint64_t{1} << 40, 3);
  const Counts merged = merge_files({a.path() / "counts.zst", b.path() / "counts.zst"}, a.path() / "m.zst", 1 << 20);
  EXPECT_EQ(merged.info.unit, 6u);
  EXPECT_EQ(written(merged), "가=7 나=3 다=4 ");
  EXPECT_EQ(merged.info.total, 14u);
}

TEST(Counts, AboveThirtyTwoBits) {
  const TemporaryFolder dir;
  const Counts big = counts_of({{"가", 5'000'000'000}, {"나", 1}});
  write_counts(dir.path() / "a.zst", big);
  write_counts(dir.path() / "b.zst", big);
  const Counts merged = merge_files({dir.path() / "a.zst", dir.path() / "b.zst"}, dir.path() / "m.zst", 1 << 20);
  EXPECT_EQ(written(merged), "가=10000000000 나=2 ");
}

TEST(Counts, AboveSixtyFourBits) {
  const TemporaryFolder dir;
  Counts big = counts_of({{"가", 10'000'000'000'000'000'000u}});
  big.info.total = 0;
  write_counts(dir.path() / "a.zst", big);
  EXPECT_EQ(error_text(base::ErrorKind::kData,
                       [&] {
                         merge_files({dir.path() / "a.zst", dir.path() / "a.zst"}, dir.path() / "m.zst", 0);
                       }),
            "a count does not fit 64 bits; use smaller or fewer weights");
  EXPECT_FALSE(fs::exists(dir.path() / "m.zst"));
}

TEST(Counts, OfDifferentNormalisation) {
  const TemporaryFolder dir;
  Counts a = counts_of({{"a", 1}}), b = counts_of({{"A", 1}});
  b.info.settings.lowercase = false;
  write_counts(dir.path() / "a", a);
  write_counts(dir.path() / "b", b);
  const std::string b_path = (dir.path() / "b").string();
  EXPECT_EQ(error_text(base::ErrorKind::kIncompatible,
                       [&] {
                         merge_files({dir.path() / "a", dir.path() / "b"}, dir.path() / "m", 0);
                       }),
            b_path +
                ": counted with lowercase = false, expected true as the rest; words of different normalisation cannot "
                "be added: count the text again, or give the flag that these counts were made with");
}

TEST(Counts, DamagedFiles) {
  const TemporaryFolder dir;
  const fs::path path = dir.path() / "counts";
  const auto error_of = [&](const std::string& bytes) {
    base::write_file_atomic(path, bytes);
    return error_text(base::ErrorKind::kData, [&] {
      WordReader reader(path);
      WordCount word;
      while (reader.next(word)) {
      }
    });
  };
  const std::string header = CountsInfo{}.header(), p = path.string();
  const std::string expected = ", expected COUNT<tab>WORD in the order of the words' bytes; count again";
  EXPECT_EQ(error_of("2\t가\n"),
            p + ":1: not a file of counts: got no line that begins with \"#lmkor-counts\", expected one made by lmkor "
                "vocab count");
  EXPECT_EQ(error_of(header + "2\t가\n0\t나\n"), p + ":3: damaged counts: got \"0\t나\"" + expected);
  EXPECT_EQ(error_of(header + "2\t나\n3\t가\n"), p + ":3: damaged counts: got the word \"가\" after \"나\"" + expected);
  EXPECT_EQ(error_of(header + "2\t가\n3\t나"), p + ":2: damaged counts: got a line that is cut off" + expected);
  EXPECT_EQ(error_of(header + "2\t가\n3\t\xEB\x82\n"),
            p + ":1: damaged counts: got broken UTF-8 in the lines after this one" + expected);
}

TEST(Inputs, Weights) {
  const TemporaryFolder dir;
  fs::create_directory(dir.path() / "reviews");
  for (const char* name : {"reviews/a.txt", "b.txt", "c=2"}) std::ofstream(dir.path() / name) << "가\n";
  const std::string root = dir.path().string() + "/";
  const Inputs inputs = weighted_inputs({root + "reviews/=0.5", root + "b.txt=1.25", root + "c=2"});
  EXPECT_EQ(inputs.unit, 4u);
  ASSERT_EQ(inputs.files.size(), 3u);
  EXPECT_EQ(inputs.files[0].weight, 2u);
  EXPECT_EQ(inputs.files[1].weight, 5u);
  EXPECT_EQ(inputs.files[2].weight, 4u) << "a file of this name counts as it is";
  EXPECT_EQ(weighted_inputs({root + "b.txt"}).unit, 1u);
  for (const char* weight : {"0", "0.0001", "1001", "1.2.3", "."}) {
    const std::string argument = root + "b.txt=" + weight;
    EXPECT_EQ(error_text(base::ErrorKind::kUsage, [&] { weighted_inputs({argument}); }),
              "--input " + argument +
                  ": got a weight that cannot be used, expected a number from 0.001 to 1000 with at most three digits "
                  "after the point, as in reviews/=0.5");
  }
}

}  // namespace
}  // namespace lmkor::vocab
