#include "lmkor/corpus/encoding.h"

#include "reader_fixture.h"

namespace lmkor::corpus {
namespace {

using EncodingTest = ReaderTest;

// "한국어 모델" and a line break in each encoding.
constexpr std::string_view kUtf8 = "한국어 모델\n";
constexpr std::string_view kCp949 = "\xC7\xD1\xB1\xB9\xBE\xEE \xB8\xF0\xB5\xA8\n";
constexpr std::string_view kUtf16le("\x5C\xD5\x6D\xAD\xB4\xC5\x20\x00\xA8\xBA\x78\xB3\x0A\x00", 14);
constexpr std::string_view kUtf16be("\xD5\x5C\xAD\x6D\xC5\xB4\x00\x20\xBA\xA8\xB3\x78\x00\x0A", 14);

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(GuessEncoding, ByMarkThenByWhatFits) {
  struct Row {
    std::string bytes;
    std::string_view name;
    size_t mark;
  };
  const Row rows[] = {
      {std::string("\xEF\xBB\xBF").append(kUtf8), "utf-8", 3},
      {std::string("\xFF\xFE").append(kUtf16le), "utf-16le", 2},
      {std::string("\xFE\xFF").append(kUtf16be), "utf-16be", 2},
      {std::string(kUtf8), "utf-8", 0},
      {std::string(kUtf16le), "utf-16le", 0},
      {std::string(kUtf16be), "utf-16be", 0},
      {std::string(kCp949), "cp949", 0},
      {"plain ASCII\n", "utf-8", 0},
      {"", "utf-8", 0},
      // The end cuts a character.
      {std::string(kUtf8.substr(0, 4)), "utf-8", 0},
      // One broken byte in much UTF-8 makes no CP949 of it.
      {repeated(kUtf8, 10) + "\xFF" + repeated(kUtf8, 10), "utf-8", 0},
  };
  for (const Row& row : rows) {
    const EncodingGuess guess = guess_encoding(row.bytes);
    ASSERT_NE(guess.encoding, nullptr) << row.bytes;
    EXPECT_EQ(guess.encoding->name, row.name) << row.bytes;
    EXPECT_EQ(guess.mark_bytes, row.mark) << row.bytes;
  }
  EXPECT_EQ(guess_encoding(std::string_view("\x7F"
                                            "ELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3E\0",
                                            20))
                .encoding,
            nullptr);
}

TEST_F(EncodingTest, EachIsReadAndTold) {
  for (const auto& [name, bytes] : {std::pair("le", kUtf16le), {"be", kUtf16be}, {"cp", kCp949}}) {
    const auto file = write(std::string(name) + ".txt", bytes);
    EXPECT_EQ(text_of(file), "한국어 모델") << name;
    ASSERT_EQ(stats_.notes.size(), 1u) << name;
    EXPECT_EQ(stats_.bad_records + stats_.repaired_records, 0u);
  }
  EXPECT_EQ(stats_.notes[0], dir_.path().string() +
                                 "/cp.txt: read as cp949 (100.0 % of its first Korean characters fit, 14.3 % those of "
                                 "UTF-8); --encoding says otherwise");
  ReadOptions asked;
  asked.encoding = "euc-kr";
  EXPECT_EQ(text_of(dir_.path() / "cp.txt", asked), "한국어 모델");
  EXPECT_TRUE(stats_.notes.empty());
}

TEST_F(EncodingTest, LongTextsCrossBuffers) {
  std::string expected;
  for (int i = 0; i < 40000; ++i) expected += kUtf8;
  const auto documents = read({write("long.txt", repeated(kUtf16le, 40000))});
  ASSERT_EQ(documents.size(), 40000u);
  std::string got;
  for (const Document& document : documents) got.append(document.text) += '\n';
  EXPECT_EQ(got, expected);
  EXPECT_EQ(read({write("long-cp.txt", "a" + repeated(kCp949, 40000))}).size(), 40000u);
}

TEST_F(EncodingTest, BrokenPlacesAreCounted) {
  // A lead byte without its trail in the second line of three hundred.
  const std::string bytes = repeated(kCp949, 1) + "\xC7\x20\n" + repeated(kCp949, 298);
  const auto documents = read({write("b.txt", bytes)});
  EXPECT_EQ(documents.size(), 300u);
  EXPECT_EQ(documents[1].text, "\xEF\xBF\xBD ");
  EXPECT_EQ(stats_.repaired_records, 1u);
  EXPECT_EQ(stats_.bad_samples.at(0),
            dir_.path().string() + "/b.txt:2: broken record: got broken cp949 in the record, expected valid cp949");
  // Half a unit at the end.
  EXPECT_EQ(read({write("odd.txt", repeated(kUtf16le, 300) + "\xD5")}).size(), 301u);
  EXPECT_EQ(stats_.repaired_records, 1u);
}

// Lines of one encoding behind lines of another: the second are broken records, and too many stop the run.
TEST_F(EncodingTest, MixedEncodings) {
  const auto file = write("mixed.txt", repeated(kUtf8, 9000) + repeated(kCp949, 1000));
  const std::string error = error_of({file});
  EXPECT_NE(error.find(":9001: broken record: got broken UTF-8 at byte 1 of the record, expected valid UTF-8; 1,000 of "
                       "10,000 records are broken, more than --max-bad-share 0.01"),
            std::string::npos)
      << error;
}

TEST_F(EncodingTest, BytesThatAreNoText) {
  const auto file = write("photo.txt", std::string_view("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16));
  EXPECT_EQ(error_of({file}), file.string() +
                                  ": got bytes that are no text (a zero byte among the first 16), expected text, zip, "
                                  "tar or Parquet; leave the file out, or name its encoding with --encoding");
}

}  // namespace
}  // namespace lmkor::corpus
