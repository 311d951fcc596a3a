// Containers in memory and what is wrong with broken ones. That others read ours and we theirs is held against PyTorch,
// Transformers, h5py and ONNX Runtime in tests/golden/containers_test.py.
#include <limits>

#include <gmock/gmock.h>

#include "hub/sample.h"
#include "lmkor/base/hash.h"
#include "lmkor/hub/checkpoint.h"
#include "lmkor/hub/hdf5.h"
#include "lmkor/hub/quantize.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/hub/tf1_checkpoint.h"
#include "lmkor/hub/torch_file.h"
#include "lmkor/hub/zip.h"

namespace lmkor::hub {
namespace {

using base::str;
using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

// Tensors of several dtypes, empty and scalar ones among them; two share their bytes.
class ContainersTest : public Folder {
 protected:
  std::vector<TensorView> sample() const {
    return {{"embeddings.word.weight", "F32", {6, 4}, floats_},
            {"twin", "F32", {6, 4}, floats_},
            {"ids", "I64", {3}, std::string_view(floats_).substr(0, 24)},
            {"scalar", "F32", {}, std::string_view(floats_).substr(8, 4)},
            {"empty", "F32", {0, 7}, ""}};
  }
  static void expect_same(const Tensors& got, const std::vector<TensorView>& want) {
    ASSERT_EQ(got.views.size(), want.size());
    for (const TensorView& tensor : want) {
      const TensorView* found = got.find(tensor.name);
      ASSERT_NE(found, nullptr) << tensor.name;
      EXPECT_EQ(found->dtype, tensor.dtype);
      EXPECT_EQ(found->shape, tensor.shape);
      EXPECT_EQ(found->bytes, tensor.bytes) << tensor.name;
    }
  }

  const std::string floats_ = [] {
    std::string out(96, '\0');
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(i * 37 + 11);
    return out;
  }();
};

TEST_F(ContainersTest, TorchRoundTrips) {
  for (const TorchFormat format : {TorchFormat::kZip, TorchFormat::kLegacy}) {
    write_torch_file(dir_ / "a.bin", sample(), format);
    const Tensors got = read_torch_file(dir_ / "a.bin");
    expect_same(got, sample());
    EXPECT_EQ(got.find("twin")->bytes.data(), got.find("embeddings.word.weight")->bytes.data());  // one storage
  }
}

TEST_F(ContainersTest, TorchHasNoSuchDtype) {
  EXPECT_EQ(error_text(dir_,
                       [&] {
                         write_torch_file(dir_ / "a.bin", {{TensorView{"x", "F8_E4M3", {1}, "1"}}}, TorchFormat::kZip);
                       }),
            "DIR/a.bin: tensor \"x\": dtype F8_E4M3 has no place in this container; write safetensors");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "a.bin"));
}

TEST_F(ContainersTest, TorchNamesWhatIsBroken) {
  const auto text = [&](std::string_view bytes) {
    write("a.bin", bytes);
    return error_text(dir_, [&] { read_torch_file(dir_ / "a.bin"); });
  };
  write_torch_file(dir_ / "good.bin", sample(), TorchFormat::kZip);
  const std::string zip = base::read_file(dir_ / "good.bin");
  EXPECT_EQ(text(""),
            "DIR/a.bin: not a valid PyTorch file: expected a zip archive or a pickle, got 0 bytes of something else");
  EXPECT_EQ(text("hello"),
            "DIR/a.bin: not a valid PyTorch file: expected a zip archive or a pickle, got 5 bytes of something else");
  EXPECT_EQ(text(zip.substr(0, 10)), "DIR/a.bin: not a valid zip file: got 10 bytes, expected at least 22");
  EXPECT_EQ(text(zip.substr(0, zip.size() - 1)),
            "DIR/a.bin: not a valid zip file: it has no directory at its end (cut off?)");
  std::string wrong = zip;
  wrong[zip.find(floats_) + 3] ^= 1;
  EXPECT_EQ(text(wrong),
            "DIR/a.bin: not a valid zip file: entry \"archive/data/0\" has another checksum than the directory says");

  write_torch_file(dir_ / "good.bin", sample(), TorchFormat::kLegacy);
  const std::string legacy = base::read_file(dir_ / "good.bin");
  EXPECT_EQ(text(legacy.substr(0, 8)), "DIR/a.bin: not a pickle of tensors: it is cut off at byte 8");
  EXPECT_EQ(text(legacy.substr(0, legacy.size() - 1)), "DIR/a.bin: not a valid PyTorch file: storage 3 is cut off");
}

TEST_F(ContainersTest, TorchPicklesThatAreNoModel) {
  const auto text = [&](const std::string& pickle, std::string_view storage = "12345678") {
    ZipWriter zip(dir_ / "a.bin");
    zip.add("archive/data.pkl", "\x80\x02" + pickle);
    zip.add("archive/data/0", storage);
    zip.add("archive/version", "3\n");
    zip.commit();
    const std::string full = error_text(dir_, [&] { read_torch_file(dir_ / "a.bin"); });
    return full == "no error" ? "" : full.substr(full.find(": ") + 2);
  };
  // {"x": a tensor of two fp32 with this offset, shape and stride}
  const auto tensor = [](const std::string& place) {
    return str(
        "}U\x01x"
        "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x01",
        "0U\x03"
        "cpuK\x02tQ",
        place,
        "\x89"
        "ccollections\nOrderedDict\n)RtRs.");
  };
  EXPECT_EQ(text(tensor("K\0K\x02\x85K\x01\x85"s)), "");
  EXPECT_EQ(text("cos\nsystem\nU\x01x\x85R."),
            "not a pickle of tensors: it uses os.system, which is not read: only tensors are, never code");
  EXPECT_EQ(text("U\x02osU\x06system\x93."),
            "not a pickle of tensors: it uses os.system, which is not read: only tensors are, never code");
  EXPECT_EQ(
      text("}\x81."),
      "not a pickle of tensors: it has the instruction 129 at byte 3, which is not read: only tensors are, never code");
  EXPECT_EQ(text("K\x05."), "not a valid PyTorch file: expected a dictionary of tensors");
  EXPECT_EQ(text("}U\x01xK\x05s."),
            "not a valid PyTorch file: \"x\" is no tensor; expected the dictionary of a model's weights");
  EXPECT_EQ(text("}K\x01K\x05s."), "not a valid PyTorch file: a key of the dictionary is no text");
  EXPECT_EQ(text("}h\x09s."), "not a pickle of tensors: it uses a value that it never kept");
  EXPECT_EQ(
      text("0"),
      "not a pickle of tensors: it has the instruction 48 at byte 2, which is not read: only tensors are, never code");
  EXPECT_EQ(text("}s."), "not a pickle of tensors: it takes from an empty stack");
  EXPECT_EQ(text("}u."), "not a pickle of tensors: it lacks a mark");
  EXPECT_EQ(text("X\xff\xff\xff\xff"
                 "abc"),
            "not a pickle of tensors: it is cut off at byte 10");
  EXPECT_EQ(text(tensor("K\x01K\x02\x85K\x01\x85")),
            "not a valid PyTorch file: tensor \"x\" of F32 [2] lies outside its storage of 8 bytes");
  EXPECT_EQ(text(tensor("K\0K\x03\x85K\0\x85"s)),
            "not a valid PyTorch file: tensor \"x\" of F32 [3] lies outside its storage of 8 bytes");
  EXPECT_EQ(text(tensor("J\xff\xff\xff\xffK\x02\x85K\x01\x85")),
            "not a valid PyTorch file: tensor \"x\" has no valid shape");
  EXPECT_EQ(text(tensor("K\0J\0\0\0\x7f\x85K\x01\x85"s)),
            "not a valid PyTorch file: tensor \"x\" of F32 [2130706432] lies outside its storage of 8 bytes");
  EXPECT_EQ(text(tensor("K\0K\x02\x85K\x01\x85"s), "1234"),
            "not a valid PyTorch file: storage 0 should have 2 elements of F32, got 4 bytes");
}

TEST_F(ContainersTest, ZipsThatLie) {
  const auto text = [&](const std::string& bytes) {
    write("a.zip", bytes);
    const base::MappedFile file(dir_ / "a.zip");
    return error_text(dir_, [&] { read_zip(file, dir_ / "a.zip"); });
  };
  ZipWriter zip(dir_ / "good.zip");
  zip.add("one", "1");
  zip.add("two", "22");
  zip.commit();
  const std::string good = base::read_file(dir_ / "good.zip");
  EXPECT_EQ(text(good), "no error");
  const size_t directory = good.find("PK\x01\x02");
  const auto changed = [&](size_t at, std::string_view bytes) {
    return std::string(good).replace(at, bytes.size(), bytes);
  };
  EXPECT_EQ(text(changed(directory + 8, "\x01")), "DIR/a.zip: not a valid zip file: entry \"one\" is encrypted");
  EXPECT_EQ(text(changed(directory + 10, "\x0c")),
            "DIR/a.zip: not a valid zip file: entry \"one\" has compression method 12, expected 0 or 8");
  EXPECT_EQ(text(changed(directory + 20, "\xff\xff\xff\x7f")),
            "DIR/a.zip: not a valid zip file: entry \"one\" is cut off");
  EXPECT_EQ(text(changed(directory + 24, "\x09")), "DIR/a.zip: not a valid zip file: entry \"one\" has two sizes");
  EXPECT_EQ(text(changed(directory + 10, std::string_view("\x08\0", 2)).replace(directory + 24, 4, "\xff\xff\xff\x7f")),
            "DIR/a.zip: not a valid zip file: entry \"one\" claims more than deflate can pack");
  EXPECT_EQ(text(changed(directory + 42, "\xf0")),
            "DIR/a.zip: not a valid zip file: entry \"one\" is not where the directory says");
  EXPECT_EQ(text(changed(good.find("two", directory), "one")),
            "DIR/a.zip: not a valid zip file: entry \"one\" is there twice");
}

TEST_F(ContainersTest, KerasRoundTrips) {
  const std::vector<TensorView> tensors = sample();
  write_keras_h5(dir_ / "tf_model.h5",
                 {{"bert", {tensors[0], tensors[2]}}, {"head", {tensors[1], tensors[3], tensors[4]}}, {"dropout", {}}});
  const Tensors got = read_keras_h5(dir_ / "tf_model.h5");
  expect_same(got, tensors);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(got.find("ids")->bytes.data()) % 8, 0u);
}

TEST_F(ContainersTest, KerasDividesLongListsOfNames) {
  std::vector<TensorView> tensors;
  for (int i = 0; i < 300; ++i) {
    tensors.push_back(
        {str("model/layer/", std::string(300, 'n'), i, ":0"), "F32", {1}, std::string_view(floats_).substr(0, 4)});
  }
  write_keras_h5(dir_ / "tf_model.h5", {{"layer", tensors}});  // 64 KiB is the most an attribute holds
  expect_same(read_keras_h5(dir_ / "tf_model.h5"), tensors);
}

TEST_F(ContainersTest, KerasNamesWhatIsBroken) {
  const auto text = [&](std::string_view bytes) {
    write("a.h5", bytes);
    return error_text(dir_, [&] { read_keras_h5(dir_ / "a.h5"); });
  };
  write_keras_h5(dir_ / "good.h5", {{"bert", {sample()[0]}}});
  const std::string good = base::read_file(dir_ / "good.h5");
  EXPECT_EQ(text(""), "DIR/a.h5: not a valid Keras HDF5 file: it cannot be opened as HDF5 (0 bytes; cut off?)");
  EXPECT_EQ(text(good.substr(0, good.size() - 1)),
            str("DIR/a.h5: not a valid Keras HDF5 file: it cannot be opened as HDF5 (", good.size() - 1,
                " bytes; cut off?)"));
  EXPECT_EQ(error_text(dir_, [&] { read_keras_h5(dir_ / "none.h5"); }),
            "DIR/none.h5: cannot read: No such file or directory");
  std::string other = good;
  for (size_t at; (at = other.find("layer_names")) != std::string::npos;) other.replace(at, 11, "layer_namez");
  EXPECT_EQ(text(other), "DIR/a.h5: not a valid Keras HDF5 file: attribute layer_names is missing");
  EXPECT_EQ(error_text(dir_,
                       [&] {
                         write_keras_h5(dir_ / "b.h5", {{"bert", {TensorView{"x", "BF16", {1}, "12"}}}});
                       }),
            "DIR/b.h5: tensor \"x\": dtype BF16 has no place in HDF5; write safetensors");
  for (const auto& entry : std::filesystem::directory_iterator(dir_))
    EXPECT_THAT(entry.path().string(), testing::Not(HasSubstr(".tmp-")));
}

TEST_F(ContainersTest, TensorFlow1IsFound) {
  EXPECT_EQ(error_text(dir_, [&] { find_tf1_index(dir_); }), "DIR: no TensorFlow checkpoint (NAME.index) there");
  write("a.index", "");
  EXPECT_EQ(find_tf1_index(dir_), dir_ / "a.index");
  EXPECT_EQ(find_tf1_index(dir_ / "a"), dir_ / "a.index");
  EXPECT_EQ(error_text(dir_, [&] { read_tf1_checkpoint(dir_ / "a.index"); }),
            "DIR/a.index: not a valid TensorFlow checkpoint: its index has no end mark (cut off?)");
  write("b.index", "");
  EXPECT_EQ(error_text(dir_, [&] { find_tf1_index(dir_); }),
            "DIR: 2 checkpoints in this folder; give one of them as DIR/NAME.index");
}

TEST_F(ContainersTest, FindsTheBestContainer) {
  EXPECT_EQ(
      error_text(dir_, [&] { read_weights(dir_, "bert"); }),
      "DIR: no weights in this folder: expected one of model.safetensors, pytorch_model.bin, tf_model.h5, *.index");
  write_torch_file(dir_ / "pytorch_model.bin", {{TensorView{"x", "F32", {1}, "1234"}}}, TorchFormat::kZip);
  EXPECT_EQ(read_weights(dir_, "bert").find("x")->bytes, "1234");
  write_safetensors(dir_ / "model.safetensors", {{"x", "F32", {1}, "5678"}});
  EXPECT_EQ(read_weights(dir_, "bert").find("x")->bytes, "5678");
  EXPECT_THAT(containers_in(dir_), ElementsAre(Container::kSafetensors, Container::kTorch));
}

TEST(Quantize, KeepsWhatFits) {
  const std::vector<float> values = {63, -63, 1, 0, 0, 0, 0.4f, -1, 0.26f};
  Tensors memory;
  const QuantizedRows rows =
      quantize_rows({"w", "F32", {3, 3}, {reinterpret_cast<const char*>(values.data()), 36}}, memory);
  const auto* q = reinterpret_cast<const int8_t*>(rows.values.bytes.data());
  EXPECT_THAT(std::vector<int>(q, q + 9), ElementsAre(63, -63, 1, 0, 0, 0, 25, -63, 16));
  float scale;
  std::memcpy(&scale, rows.scales.bytes.data() + 8, 4);
  EXPECT_FLOAT_EQ(scale, 1 / 63.0f);
  EXPECT_LT(rows.error, 0.001);
}

TEST(Quantize, WidensEveryDtype) {
  Tensors memory;
  const auto value = [&](const char* dtype, std::string bytes) {
    const TensorView wide = as_f32({"x", dtype, {1}, memory.keep(std::move(bytes))}, memory);
    float out;
    std::memcpy(&out, wide.bytes.data(), 4);
    return out;
  };
  EXPECT_EQ(value("BF16", "\xc0\x3f"), 1.5f);
  EXPECT_EQ(value("F16", std::string("\0\xbe", 2)), -1.5f);
  EXPECT_EQ(value("F16", std::string("\x01\0", 2)), 5.9604644775390625e-8f);  // the smallest
  EXPECT_EQ(value("F16", std::string("\0\x7c", 2)), std::numeric_limits<float>::infinity());
  EXPECT_EQ(value("F64", std::string("\0\0\0\0\0\0\xf8\x3f", 8)), 1.5f);
}

// Whatever somebody does to a file: it is read or refused, nothing else happens. Mutations are the same in every run.
class Mutations : public ContainersTest {
 protected:
  template <class Read>
  void survives(const std::string& good, int rounds, Read read) {
    uint64_t refused = 0;
    for (int round = 0; round < rounds; ++round) {
      std::string bytes = good;
      auto draw = [&, use = uint64_t{0}](size_t below) mutable {
        return static_cast<size_t>(base::hash64(str(round, ",", use++)) % below);
      };
      const size_t changes = 1 + draw(4);
      for (size_t i = 0; i < changes && !bytes.empty(); ++i) {
        const size_t at = draw(bytes.size());
        switch (draw(4)) {
          case 0:
            bytes[at] = static_cast<char>(draw(256));
            break;
          case 1:
            bytes.resize(at);
            break;
          case 2:
            bytes.insert(at, std::string(1 + draw(8), static_cast<char>(draw(256))));
            break;
          default:
            for (size_t j = at; j < std::min(bytes.size(), at + 8); ++j)
              bytes[j] = static_cast<char>(j % 2 ? 0xff : 0x7f);
        }
      }
      // a new file each time: file systems flush those that are written over
      const std::filesystem::path path = write(str("mutated-", round), bytes);
      try {
        read(path);
      } catch (const base::Error& error) {
        ++refused;
        EXPECT_NE(error.kind(), base::ErrorKind::kInternal) << error.what();
      }
      std::filesystem::remove(path);
    }
    EXPECT_GT(refused, 0u);
  }
};

TEST_F(Mutations, Safetensors) {
  write_safetensors(dir_ / "good", sample());
  survives(base::read_file(dir_ / "good"), 3000, [](const auto& path) { SafetensorsFile::open(path); });
}

TEST_F(Mutations, TorchZip) {
  write_torch_file(dir_ / "good", sample(), TorchFormat::kZip);
  survives(base::read_file(dir_ / "good"), 3000, [](const auto& path) { read_torch_file(path); });
}

TEST_F(Mutations, TorchLegacy) {
  write_torch_file(dir_ / "good", sample(), TorchFormat::kLegacy);
  survives(base::read_file(dir_ / "good"), 3000, [](const auto& path) { read_torch_file(path); });
}

TEST_F(Mutations, Keras) {
  write_keras_h5(dir_ / "good", {{"bert", sample()}});
  survives(base::read_file(dir_ / "good"), 3000, [](const auto& path) { read_keras_h5(path); });
}

}  // namespace
}  // namespace lmkor::hub
