#include "lmkor/base/compress.h"

#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "expect_error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "temporary_folder.h"

namespace lmkor::base {
namespace {

namespace fs = std::filesystem;
using testing::MatchesRegex;

std::string pack_plain(const std::string& text) { return text; }

std::string pack_zstd(const std::string& text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

std::string pack_gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string pack_xz(const std::string& text) {
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  size_t size = 0;
  lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                          reinterpret_cast<uint8_t*>(out.data()), &size, out.size());
  out.resize(size);
  return out;
}

std::string pack_bzip2(const std::string& text) {
  std::string out(text.size() + text.size() / 100 + 600, '\0');
  auto size = static_cast<unsigned>(out.size());
  BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()), static_cast<unsigned>(text.size()), 1, 0,
                           0);
  out.resize(size);
  return out;
}

struct Codec {
  const char* name;
  std::string (*pack)(const std::string& text);
};
constexpr Codec kCodecs[] = {
    {"plain", pack_plain}, {"zstd", pack_zstd}, {"gzip", pack_gzip}, {"xz", pack_xz}, {"bzip2", pack_bzip2}};
constexpr Codec kPacked[] = {kCodecs[1], kCodecs[2], kCodecs[3], kCodecs[4]};

// Text that packs, but not to nothing, and is longer than any buffer on the way.
std::string sample(size_t lines) {
  const Random random(3, RandomUse::kSample);
  std::string out;
  for (size_t i = 0; i < lines; ++i) out += str("줄 ", random.below(i, 100000000), "\n");
  return out;
}

class Compress : public testing::TestWithParam<Codec> {
 protected:
  TemporaryFolder folder_;
};
class Damaged : public Compress {};

std::string codec_name(const testing::TestParamInfo<Codec>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(All, Compress, testing::ValuesIn(kCodecs), codec_name);
INSTANTIATE_TEST_SUITE_P(All, Damaged, testing::ValuesIn(kPacked), codec_name);

TEST_P(Compress, IsRecognisedByItsFirstBytesAndReadBack) {
  const std::string text = sample(50000), packed = GetParam().pack(text);
  EXPECT_EQ(compression_of(packed.substr(0, 6)), GetParam().name);
  EXPECT_EQ(decompress_file(folder_.write("whatever.txt", packed)), text);
}

TEST_P(Compress, SeveralStreamsInOneFileAreRead) {
  const std::string one = sample(100), two = sample(30000);
  EXPECT_EQ(decompress_file(folder_.write("x", GetParam().pack(one) + GetParam().pack(two))), one + two);
}

TEST_P(Compress, NothingStaysNothing) { EXPECT_EQ(decompress_file(folder_.write("x", GetParam().pack(""))), ""); }

TEST_P(Compress, ToldPositionEndsAtTheStoredSize) {
  const std::string packed = GetParam().pack(sample(50000));
  const auto input = open_input(folder_.write("x", packed));
  std::string buffer(1000, '\0');
  uint64_t before = 0;
  while (input->read(buffer.data(), buffer.size()) > 0) {
    ASSERT_GE(input->stored_position(), before);
    before = input->stored_position();
  }
  EXPECT_EQ(input->stored_position(), packed.size());
}

TEST_P(Damaged, AFileThatWasCutOffIsAnError) {
  const std::string packed = GetParam().pack(sample(50000));
  for (const size_t left : {size_t{12}, packed.size() / 2, packed.size() - 1}) {
    const fs::path path = folder_.write("x", packed.substr(0, left));
    EXPECT_EQ(error_text(ErrorKind::kData, [&] { decompress_file(path); }),
              str(path.string(), ": ", GetParam().name, " data is cut off near stored byte ", left,
                  "; fetch or make the file again"));
  }
}

TEST_P(Damaged, AChangedByteIsAnError) {
  std::string packed = GetParam().pack(sample(50000));
  packed[packed.size() / 2] ^= 0x10;
  const fs::path path = folder_.write("x", packed);
  EXPECT_THAT(error_text(ErrorKind::kData, [&] { decompress_file(path); }),
              MatchesRegex(str(path.string(), ": ", GetParam().name,
                               " data is damaged.* near stored byte [0-9]+; fetch or make the file again")));
}

TEST(Input, TextThatBeginsLikeBzip2IsText) {
  const TemporaryFolder folder;
  EXPECT_EQ(decompress_file(folder.write("x", "BZh9 and so on")), "BZh9 and so on");
  EXPECT_EQ(decompress_file(folder.write("x", "BZh")), "BZh");
}

TEST(Input, WhatCannotBeOpened) {
  const TemporaryFolder folder;
  const std::string dir = folder.path().string();
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { open_input(dir + "/none"); }),
            dir + "/none: cannot open: No such file or directory");
  folder.write("file", "x");
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { open_input(dir + "/file/below"); }),
            dir + "/file/below: cannot open: Not a directory");
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { open_input(dir); }), dir + ": expected a file, got a folder");
}

std::vector<std::string> lines_of(const fs::path& path) {
  LineReader reader(open_input(path));
  std::vector<std::string> out;
  std::string_view line;
  while (reader.next(line)) {
    out.emplace_back(line);
    EXPECT_EQ(reader.line_number(), out.size());
  }
  EXPECT_FALSE(reader.next(line));
  return out;
}

TEST(LineReader, OnlyLfDividesLines) {
  const TemporaryFolder folder;
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of(folder.write("x", "")), Lines());
  EXPECT_EQ(lines_of(folder.write("x", "\n")), Lines({""}));
  EXPECT_EQ(lines_of(folder.write("x", "가\r\n\nb\rc\n")), Lines({"가\r", "", "b\rc"}));
  EXPECT_EQ(lines_of(folder.write("x", "a\nno end")), Lines({"a", "no end"}));
}

TEST(LineReader, LinesOfAnyLength) {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  // Around the size of the buffer and well beyond it.
  for (const size_t size : {0, 1, 131071, 131072, 131073, 262143, 262144, 262145, 3000000, 5}) {
    lines.push_back(std::string(size, static_cast<char>('a' + lines.size())));
  }
  EXPECT_EQ(lines_of(folder.write("x", pack_zstd(join(lines, "\n") + "\n"))), lines);
}

TEST(OutputFile, IsZstdByNameAndAbsentUntilCommit) {
  const TemporaryFolder folder;
  const std::string text = sample(50000);
  for (const char* name : {"a.jsonl.zst", "a.txt"}) {
    const fs::path path = folder.path() / name;
    {
      OutputFile file(path);
      file.write(text);
      EXPECT_FALSE(fs::exists(path));
    }
    EXPECT_TRUE(fs::is_empty(folder.path())) << "an output that was given up leaves nothing";
    OutputFile file(path);
    for (size_t at = 0; at < text.size(); at += 777) file.write(std::string_view(text).substr(at, 777));
    file.commit();
    EXPECT_EQ(file.plain_bytes(), text.size());
    EXPECT_EQ(file.stored_bytes(), fs::file_size(path));
    EXPECT_EQ(decompress_file(path), text);
    fs::remove(path);
  }
}

}  // namespace
}  // namespace lmkor::base
