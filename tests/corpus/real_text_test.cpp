// Laws of cleaning and of dividing into sentences, on real text of every kind (the folder of test data).
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/text/sentence.h"

namespace lmkor::corpus {
namespace {

constexpr uint64_t kBytesOfEachFile = 16 << 20;

TEST(RealText, CleaningTwiceAndDividingAndJoiningChangeNothing) {
  const char* data = std::getenv("LMKOR_TEST_DATA");
  const auto folder = std::filesystem::path(data != nullptr ? data : "") / "corpus";
  if (data == nullptr || !std::filesystem::is_directory(folder)) GTEST_SKIP() << "no LMKOR_TEST_DATA/corpus";
  const CleanOptions options;
  const auto characters = character_set(options);
  Cleaner cleaner(options, characters);
  std::vector<std::string_view> sentences;
  const auto expect_joins = [&](std::string_view text) {
    sentences.clear();
    text::split_sentences(text, sentences);
    const char* at = text.data();
    for (const std::string_view sentence : sentences) {
      ASSERT_EQ(sentence.data(), at);
      ASSERT_FALSE(sentence.empty());
      at += sentence.size();
    }
    ASSERT_EQ(at, text.data() + text.size());
  };
  uint64_t documents = 0;
  for (const auto& file : list_text_inputs({folder.string()})) {
    Reader reader({file}, {});
    Document document;
    while (reader.stats().bytes < kBytesOfEachFile && reader.next(document)) {
      ++documents;
      expect_joins(document.text);
      const Cleaner::Result cleaned = cleaner.clean(document.text);
      int64_t removed = 0;
      for (const int64_t bytes : cleaned.removed_bytes) removed += bytes;
      ASSERT_EQ(static_cast<int64_t>(document.text.size()) - removed, static_cast<int64_t>(cleaned.text.size()));
      const std::string once(cleaned.text);
      expect_joins(once);
      ASSERT_EQ(cleaner.clean(once).text, once) << file << " " << document.id;
    }
  }
  EXPECT_GT(documents, 100000u);
}

}  // namespace
}  // namespace lmkor::corpus
