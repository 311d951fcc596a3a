// Archives, decompression bombs and memory: input that is more, or less, than it seems.
#include <archive.h>
#include <archive_entry.h>
#include <sys/resource.h>
#include <zlib.h>

#include "reader_fixture.h"

namespace lmkor::corpus {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

class ArchiveTest : public ReaderTest {
 protected:
  // A zip or tar of `members`, packed once more by `filter` if it is not 0.
  std::filesystem::path pack(const std::string& name, const Members& members, bool zip, int filter = 0) {
    const std::filesystem::path path = dir_.path() / name;
    archive* out = archive_write_new();
    zip ? archive_write_set_format_zip(out) : archive_write_set_format_ustar(out);
    if (filter != 0) archive_write_add_filter(out, filter);
    EXPECT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
    for (const auto& [member, bytes] : members) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, member.c_str());
      archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
      archive_entry_set_filetype(entry, AE_IFREG);
      archive_entry_set_perm(entry, 0644);
      EXPECT_EQ(archive_write_header(out, entry), ARCHIVE_OK);
      archive_write_data(out, bytes.data(), bytes.size());
      archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
    return path;
  }
  std::string packed_line(const std::string& name, std::string_view bytes) {
    return base::read_file(write(name, bytes));
  }
};

const Members kMembers = {{"a.jsonl", "{\"text\": \"하나\"}\n{\"text\": \"둘\", \"donor\": \"kim\"}\n"},
                          {"sub/b.csv", "text,n\n셋,1\n"},
                          {"c.txt", "\xC7\xD1\xB1\xB9\xBE\xEE\n"},
                          {"photo.png", std::string("\x89PNG\0\0", 6)},
                          {".hidden.txt", "숨김\n"},
                          {"__MACOSX/a.jsonl", "{}"}};

TEST_F(ArchiveTest, MembersAreFilesOfTheirOwnFormat) {
  for (const auto& file : {pack("x.zip", kMembers, true), pack("x.tar", kMembers, false),
                           pack("x.tar.gz", kMembers, false, ARCHIVE_FILTER_GZIP),
                           pack("x.tar.bz2", kMembers, false, ARCHIVE_FILTER_BZIP2),
                           pack("x.tar.xz", kMembers, false, ARCHIVE_FILTER_XZ)}) {
    const auto documents = read({file});
    ASSERT_EQ(documents.size(), 4u) << file;
    EXPECT_EQ(documents[0].text, "하나");
    EXPECT_EQ(documents[0].source, "a");
    EXPECT_EQ(documents[1].donor, "kim");
    EXPECT_EQ(documents[1].id, "a:2");
    EXPECT_EQ(documents[2].text, "셋");
    EXPECT_EQ(documents[2].source, "b");
    EXPECT_EQ(documents[3].text, "한국어");
    EXPECT_EQ(stats_.skipped,
              (std::map<std::string, uint64_t>{{"hidden member of an archive", 2}, {"member of an archive: .png", 1}}));
    ASSERT_EQ(stats_.notes.size(), 1u);
    EXPECT_TRUE(stats_.notes[0].starts_with(file.string() + "!c.txt: read as cp949")) << stats_.notes[0];
  }
}

TEST_F(ArchiveTest, MembersMayBePacked) {
  const Members members = {{"docs.jsonl.zst", packed_line("d.jsonl.zst", "{\"text\": \"하나\"}\n")},
                           {"inner.zip", base::read_file(pack("inner.zip", {{"a.txt", "안\n"}}, true))}};
  EXPECT_EQ(read({pack("outer.zip", members, true)}).size(), 1u);
  EXPECT_EQ(stats_.skipped, (std::map<std::string, uint64_t>{{"archive in an archive", 1}}));
}

TEST_F(ArchiveTest, PlacesNameTheMember) {
  const auto file = pack("x.zip", {{"in/a.jsonl", "{\"text\": \"하나\"}\n{\"text\": 1}\n"}}, true);
  read({file}, tolerant());
  EXPECT_EQ(stats_.bad_samples.at(0), file.string() +
                                          "!in/a.jsonl:2: broken record: got a number in field \"text\", expected a "
                                          "string in field \"text\" (--map text=NAME if it has another name)");
}

TEST_F(ArchiveTest, Truncated) {
  std::string noise;
  uint64_t state = 1;
  for (int i = 0; i < 200000; ++i) noise += static_cast<char>('a' + ((state = state * 6364136223846793005u + 1) >> 60));
  const Members members = {{"a.txt", noise + "\n"}, {"b.txt", noise + "\n"}};
  const std::string tar = base::read_file(pack("t.tar", members, false));
  const auto cut_tar = write("cut.tar", std::string_view(tar).substr(0, tar.size() / 2));
  const std::string error = error_of({cut_tar});
  EXPECT_TRUE(error.starts_with(cut_tar.string() + ": the archive is damaged or cut off: got \"")) << error;
  EXPECT_NE(error.find(", expected a whole zip or tar archive; fetch it again"), std::string::npos) << error;
  const std::string zip = base::read_file(pack("t.zip", members, true));
  const auto cut_zip = write("cut.zip", std::string_view(zip).substr(0, zip.size() / 2));
  EXPECT_NE(error_of({cut_zip}).find("cut.zip: the archive is damaged"), std::string::npos);
  const std::string packed = packed_line("noise.txt.zst", noise);
  const auto cut_zst = write("cut.bin", std::string_view(packed).substr(0, packed.size() - 9));
  EXPECT_TRUE(error_of({cut_zst}).starts_with(cut_zst.string() + ": zstd data is cut off near stored byte"));
}

TEST_F(ArchiveTest, BombsAreRefused) {
  const std::string zeros(40 << 20, 'a');
  ReadOptions options;
  const auto bomb = write("bomb.txt.zst", zeros);
  const std::string error = error_of({bomb}, options);
  EXPECT_TRUE(error.starts_with(bomb.string() + ": got ")) << error;
  EXPECT_TRUE(
      error.ends_with(" kB, expected at most 1000 times as much: this may be a decompression bomb; raise "
                      "--max-expansion if the file is right"))
      << error;
  options.max_expansion = 1 << 30;
  EXPECT_EQ(text_of(bomb, options).size(), zeros.size());
  const auto inside = pack("bomb.zip", {{"a.txt", zeros}}, true);
  options.max_expansion = 500;
  EXPECT_NE(error_of({inside}, options).find("bomb.zip!a.txt: got "), std::string::npos);
}

// A line of half a gigabyte costs the memory of the limit.
TEST_F(ArchiveTest, LongLinesAreBrokenRecordsInBoundedMemory) {
  const auto file = dir_.path() / "long.txt";
  {
    base::AtomicFile out(file);
    out.write("하나\n");
    const std::string chunk(1 << 20, 'x');
    for (int i = 0; i < 512; ++i) out.write(chunk);
    out.write("\n둘\n");
    out.commit();
  }
  rusage before{}, after{};
  ::getrusage(RUSAGE_SELF, &before);
  ReadOptions options = tolerant();
  options.max_record_bytes = 8 << 20;
  const auto documents = read({file}, options);
  ::getrusage(RUSAGE_SELF, &after);
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[1].text, "둘");
  EXPECT_EQ(stats_.bad_samples.at(0), file.string() +
                                          ":2: broken record: got a record of more than --max-record-bytes, expected a "
                                          "shorter one");
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);  // KiB
}

TEST_F(ArchiveTest, LongRecordsOfEveryFormat) {
  const std::string big(5000, 'x');
  ReadOptions options = tolerant();
  options.max_record_bytes = 4096;
  const std::pair<const char*, std::string> files[] = {
      {"a.jsonl", "{\"text\": \"" + big + "\"}\n{\"text\": \"끝\"}\n"},
      {"b.json", "[{\"text\": \"" + big + "\"}, {\"text\": \"끝\"}]"},
      {"c.csv", "text,n\n\"" + big + "\",1\n끝,2\n"},
      {"d.csv", "text,n\n\"" + std::string(2500, 'x') + "\n" + std::string(2500, 'y') + "\",1\n끝,2\n"},
      {"e.xml", "<mediawiki>\n<page><ns>0</ns><id>1</id><revision><text>" + big +
                    "</text></revision></page>\n<page><ns>0</ns><id>2</id><revision><text>끝</text></revision></page>\n"
                    "</mediawiki>"},
  };
  for (const auto& [name, bytes] : files) {
    const auto documents = read({write(name, bytes)}, options);
    ASSERT_FALSE(documents.empty()) << name;
    EXPECT_EQ(documents.back().text, "끝") << name;
    EXPECT_GE(stats_.bad_records, 1u) << name;
  }
  EXPECT_TRUE(read({write("f.md", big)}, options).empty());
  EXPECT_EQ(stats_.bad_records, 1u);
}

}  // namespace
}  // namespace lmkor::corpus
