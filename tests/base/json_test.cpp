#include "lmkor/base/json.h"

#include <gtest/gtest.h>

#include <functional>

#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "temporary_folder.h"

namespace lmkor::base {
namespace {

std::string parse_fault(std::string_view text) {
  return error_text(ErrorKind::kData, [&] { parse_json(text, "a.json"); });
}

TEST(Json, FaultsNameLineAndByte) {
  EXPECT_EQ(parse_fault("{\"a\": 1,\n \"b\": x}"),
            "a.json:2: not valid JSON at byte 7 of the line: got an unexpected byte");
  EXPECT_EQ(parse_fault("[1, 2"), "a.json:1: not valid JSON at byte 6 of the line: the text ends too early");
  EXPECT_EQ(parse_fault(""), "a.json:1: not valid JSON at byte 1 of the line: the text ends too early");
  EXPECT_EQ(parse_fault("[\n\"\xff\"]"), "a.json:2: not valid JSON at byte 2 of the line: got an unexpected byte");
}

TEST(Json, MembersThatAreMissingOrOfAnotherTypeAreNamed) {
  const Json value = {{"steps", 3}, {"name", "x"}, {"share", 16.5}, {"below", -1}, {"large", 300}};
  EXPECT_EQ(json_get<int>(value, "steps", "a.json"), 3);
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { json_get<int>(value, "loss", "a.json"); }),
            "a.json: key \"loss\" is missing");
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { json_get<int>(value, "name", "a.json"); }),
            "a.json: key \"name\" has an unexpected type");
  EXPECT_EQ(error_text(ErrorKind::kData, [&] { json_get<int>(Json::array(), "name", "a.json"); }),
            "a.json: key \"name\" is missing");
  // A number that the type cannot hold is none of it.
  for (const auto& read : std::vector<std::function<void()>>{[&] { json_get<int>(value, "share", "a.json"); },
                                                             [&] { json_get<uint64_t>(value, "below", "a.json"); },
                                                             [&] { json_get<uint8_t>(value, "large", "a.json"); }}) {
    EXPECT_NE(error_text(ErrorKind::kData, read).find("has an unexpected type"), std::string::npos);
  }
  EXPECT_EQ(json_get<int>(value, "below", "a.json"), -1);
}

TEST(Json, KeepsOrderAndBytesOnTheDisk) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.json";
  write_json(path, {{"z", "한글"}, {"a", {1, 2.5}}, {"broken", "\xff"}});
  EXPECT_EQ(read_file(path), "{\n  \"z\": \"한글\",\n  \"a\": [\n    1,\n    2.5\n  ],\n  \"broken\": \"\uFFFD\"\n}\n");
  EXPECT_EQ(read_json(path)["z"], "한글");
}

// FIPS 180-2 and the reference values of XXH3.
TEST(Hash, GivesThePublishedAnswers) {
  const TemporaryFolder folder;
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(sha256("abc"), abc);
  EXPECT_EQ(sha256_file(folder.write("x", "abc")), abc);
  EXPECT_EQ(sha256_file(folder.write("y", "")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash64(""), 0x2D06800538D394C2u);
  EXPECT_EQ(hash128(""), (Hash128{0x6001C324468D497F, 0x99AA06D3014798D8}));
}

}  // namespace
}  // namespace lmkor::base
