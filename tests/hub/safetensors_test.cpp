#include "lmkor/hub/safetensors.h"

#include <gmock/gmock.h>

#include "hub/sample.h"

namespace lmkor::hub {
namespace {

using base::str;
using testing::ElementsAre;
using testing::Pair;

using SafetensorsTest = Folder;

TEST_F(SafetensorsTest, WritesAndReads) {
  const std::string floats(24, 'f'), longs(16, 'l'), bytes(3, 'b');
  write_safetensors(dir_ / "a.safetensors",
                    {{"가", "F32", {2, 3}, floats},
                     {"mask", "BOOL", {3}, bytes},
                     {"empty", "F32", {0, 7}, ""},
                     {"scalar", "F32", {}, std::string_view(floats).substr(0, 4)},
                     {"ids", "I64", {2}, longs}},
                    {{"made by", "test"}});
  const auto file = SafetensorsFile::open(dir_ / "a.safetensors");
  std::vector<std::string> names;
  for (const TensorView& tensor : file.all()) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("ids", "empty", "scalar", "가", "mask"));
  EXPECT_THAT(file.metadata(), ElementsAre(Pair("format", "pt"), Pair("made by", "test")));
  EXPECT_EQ(file.find("nothing"), nullptr);
  const TensorView* tensor = file.find("가");
  ASSERT_NE(tensor, nullptr);
  EXPECT_EQ(tensor->dtype, "F32");
  EXPECT_THAT(tensor->shape, ElementsAre(2, 3));
  EXPECT_EQ(tensor->bytes, floats);
  EXPECT_EQ(file.find("ids")->bytes, longs);
  EXPECT_EQ(file.find("empty")->bytes, "");
  EXPECT_THAT(file.find("scalar")->shape, ElementsAre());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.find("ids")->bytes.data()) % 8, 0u);  // aligned for its type
}

TEST_F(SafetensorsTest, KeepsAnotherFormat) {
  write_safetensors(dir_ / "a.safetensors", {}, {{"format", "np"}});
  EXPECT_THAT(SafetensorsFile::open(dir_ / "a.safetensors").metadata(), ElementsAre(Pair("format", "np")));
}

TEST_F(SafetensorsTest, RefusesToWriteNonsense) {
  const auto text = [&](std::vector<TensorView> tensors) {
    return error_text(dir_, [&] { write_safetensors(dir_ / "a", std::move(tensors)); });
  };
  EXPECT_EQ(text({{"x", "F32", {2}, "1234"}}), "DIR/a: tensor \"x\" cannot be written: F32 [2], 4 bytes");
  EXPECT_EQ(text({{"x", "F31", {1}, "1234"}}), "DIR/a: tensor \"x\" cannot be written: F31 [1], 4 bytes");
  EXPECT_EQ(text({{"x", "F32", {1}, "1234"}, {"x", "F32", {1}, "1234"}}),
            "DIR/a: tensor \"x\" cannot be written: F32 [1], 4 bytes");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a"));
}

// What is wrong with a file, by the bytes it has.
TEST_F(SafetensorsTest, NamesWhatIsBroken) {
  const auto text = [&](const std::string& bytes) {
    const std::filesystem::path path = write("a", bytes);
    const std::string text = error_text(dir_, [&] { SafetensorsFile::open(path); });
    constexpr std::string_view kStart = "DIR/a: not a valid safetensors file: ";
    EXPECT_TRUE(text.starts_with(kStart)) << text;
    return text.substr(std::min(kStart.size(), text.size()));
  };
  const auto tensor = [](const std::string& rest) { return "{\"x\":{\"dtype\":\"F32\"," + rest + "}}"; };
  const std::string good = container(tensor(R"("shape":[2],"data_offsets":[0,8])"), "12345678");
  EXPECT_EQ(SafetensorsFile::open(write("good", good)).find("x")->bytes, "12345678");

  EXPECT_EQ(text(""), "got 0 bytes, expected at least 8");
  EXPECT_EQ(text("1234567"), "got 7 bytes, expected at least 8");
  EXPECT_EQ(text(good.substr(0, 20)), "the header should have 54 bytes, the file has 20 (cut off?)");
  EXPECT_EQ(text(good.substr(0, good.size() - 1)), "tensor \"x\" ends at byte 8 of the data, which has 7 (cut off?)");
  EXPECT_EQ(text(good + "9"), "1 bytes after the last tensor");
  EXPECT_EQ(text(std::string("\0\0\0\x80\0\0\0\0{}", 10)),
            "the header should have 2147483648 bytes, the file has 10 (cut off?)");
  EXPECT_EQ(text(std::string(8, '\xff') + "{}"),
            "the header should have 18446744073709551615 bytes, the file has 10 (cut off?)");
  EXPECT_EQ(text(container("{\"x\":")), "the header is not JSON");
  EXPECT_EQ(text(container("{\"x\xff\":1}")), "the header is not JSON");
  EXPECT_EQ(text(container("[]")), "the header is not a JSON object");
  EXPECT_EQ(text(container("{\"x\":1}")), "tensor \"x\" is not an object");
  EXPECT_EQ(text(container(tensor(R"("shape":[])"))), "tensor \"x\" has no \"data_offsets\"");
  EXPECT_EQ(text(container(R"({"x":{"dtype":1,"shape":[],"data_offsets":[0,0]}})")),
            "tensor \"x\": dtype is not a string");
  EXPECT_EQ(text(container(R"({"x":{"dtype":"F33","shape":[],"data_offsets":[0,0]}})")),
            "tensor \"x\": unknown dtype \"F33\"");
  EXPECT_EQ(text(container(tensor(R"("shape":2,"data_offsets":[0,8])"))), "tensor \"x\": shape is not a list");
  EXPECT_EQ(text(container(tensor(R"("shape":[-2],"data_offsets":[0,8])"))),
            "tensor \"x\": a size in shape is not a whole number of 0 or more");
  EXPECT_EQ(text(container(tensor(R"("shape":[2],"data_offsets":[0])"))),
            "tensor \"x\": data_offsets is not a list of two");
  EXPECT_EQ(text(container(tensor(R"("shape":[2],"data_offsets":[8,0])"))),
            "tensor \"x\": data_offsets [8, 0] run backwards");
  EXPECT_EQ(text(container(tensor(R"("shape":[3],"data_offsets":[0,8])"), "12345678")),
            "tensor \"x\": data_offsets hold 8 bytes, F32 [3] needs 12");
  EXPECT_EQ(text(container(tensor(R"("shape":[4294967296,4294967296,4294967296],"data_offsets":[0,0])"))),
            "tensor \"x\": its shape is larger than any file");
  EXPECT_EQ(text(container(tensor(R"("shape":[18446744073709551615],"data_offsets":[0,0])"))),
            "tensor \"x\": its shape is larger than any file");
  EXPECT_EQ(text(container(tensor(R"("shape":[1],"data_offsets":[4,8])"), "12345678")),
            "hole of 4 bytes before tensor \"x\"");
  const auto two = [](const std::string& first, const std::string& second) {
    return str(R"({"x":{"dtype":"U8","shape":[4],"data_offsets":)", first,
               R"(},"y":{"dtype":"U8","shape":[4],"data_offsets":)", second, "}}");
  };
  EXPECT_EQ(text(container(two("[0,4]", "[2,6]"), "123456")), "tensor \"y\" overlaps another tensor");
  EXPECT_EQ(text(container(two("[0,4]", "[0,4]"), "1234")), "tensor \"y\" overlaps another tensor");
  EXPECT_EQ(text(container(R"({"__metadata__":{"n":1}})")), "__metadata__ \"n\" is not a string");
  EXPECT_EQ(text(container(R"({"__metadata__":[]})")), "__metadata__ is not an object");
  EXPECT_EQ(text(container(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                           R"("x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                           "1")),
            "key \"x\" occurs twice in one object of the header");
  EXPECT_EQ(text(container(R"({"x":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "1")),
            "key \"dtype\" occurs twice in one object of the header");
}

TEST_F(SafetensorsTest, RefusesAHugeHeaderThatTheFileHas) {
  const std::filesystem::path path = write("a", std::string("\0\0\0\x40\0\0\0\0", 8));  // 1 GiB
  std::filesystem::resize_file(path, 8 + (uint64_t{1} << 30));                          // sparse
  EXPECT_EQ(error_text(dir_, [&] { SafetensorsFile::open(path); }),
            "DIR/a: not a valid safetensors file: the header has 1073741824 bytes, allowed are 100000000");
}

TEST_F(SafetensorsTest, ReadsShards) {
  write_safetensors(dir_ / "one.safetensors", {{"a", "U8", {1}, "1"}, {"b", "U8", {2}, "22"}});
  write_safetensors(dir_ / "two.safetensors", {{"c", "U8", {3}, "333"}});
  const auto index = [&](const std::string& map) {
    write("model.safetensors.index.json", "{\"weight_map\":" + map + "}");
  };
  index(R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"})");
  const auto set = SafetensorsSet::open(dir_);
  EXPECT_EQ(set.all().size(), 3u);
  EXPECT_EQ(set.find("b")->bytes, "22");
  EXPECT_EQ(set.find("c")->bytes, "333");
  EXPECT_EQ(set.find("d"), nullptr);

  const auto text = [&] { return error_text(dir_, [&] { SafetensorsSet::open(dir_); }); };
  index(R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors","d":"two.safetensors"})");
  EXPECT_EQ(text(), "DIR/model.safetensors.index.json: tensor \"d\" should be in two.safetensors, which lacks it");
  index(R"({"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"})");
  EXPECT_EQ(text(),
            "DIR/one.safetensors: tensor \"b\" should be in two.safetensors, says DIR/model.safetensors.index.json");
  index(R"({"a":"one.safetensors","c":"two.safetensors"})");
  EXPECT_EQ(text(), "DIR/one.safetensors: tensor \"b\" should be in no shard, says DIR/model.safetensors.index.json");
  index(R"({"a":"three.safetensors"})");
  EXPECT_EQ(text(), "DIR/three.safetensors: cannot read: No such file or directory");
  index(R"({"a":"../one.safetensors"})");
  EXPECT_EQ(text(),
            "DIR/model.safetensors.index.json: shard \"../one.safetensors\" is not a file name in the same folder");
  index("{}");
  EXPECT_EQ(text(), "DIR/model.safetensors.index.json: weight_map is empty");
  write("model.safetensors.index.json", "{}");
  EXPECT_EQ(text(), "DIR/model.safetensors.index.json: key \"weight_map\" is missing");
}

TEST_F(SafetensorsTest, TwoShardsWithOneTensor) {
  write_safetensors(dir_ / "one.safetensors", {{"a", "U8", {1}, "1"}});
  write_safetensors(dir_ / "two.safetensors", {{"a", "U8", {1}, "2"}, {"b", "U8", {1}, "2"}});
  write("model.safetensors.index.json", R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  EXPECT_EQ(error_text(dir_, [&] { SafetensorsSet::open(dir_); }),
            "DIR/two.safetensors: tensor \"a\" should be in one.safetensors, says DIR/model.safetensors.index.json");
}

TEST_F(SafetensorsTest, FolderWithoutWeights) {
  EXPECT_EQ(error_text(dir_, [&] { SafetensorsSet::open(dir_); }),
            "DIR: no model.safetensors or model.safetensors.index.json in this folder; give a model folder");
}

}  // namespace
}  // namespace lmkor::hub
