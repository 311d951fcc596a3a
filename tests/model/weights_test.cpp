#include "lmkor/model/weights.h"

#include <limits>
#include <map>

#include <gmock/gmock.h>

#include "lmkor/hub/convert.h"
#include "lmkor/hub/safetensors.h"
#include "model/sample.h"

namespace lmkor::model {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A folder's tensors, to be changed and written back.
class WeightsTest : public Folder {
 protected:
  void save(const std::string& family, Head head, int64_t labels = 3) {
    save_pretrained(make_network(tiny(family), head, labels, 7), dir_);
    tensors_.clear();
    const auto file = hub::SafetensorsFile::open(dir_ / "model.safetensors");
    for (const hub::TensorView& view : file.all()) {
      at::Tensor tensor = at::empty(view.shape);
      std::memcpy(tensor.data_ptr(), view.bytes.data(), view.bytes.size());
      tensors_[view.name] = tensor;
    }
  }

  void write() {
    static const std::map<at::ScalarType, std::string> kNames = {
        {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}, {at::kDouble, "F64"}, {at::kLong, "I64"}};
    std::vector<hub::TensorView> views;
    for (auto& [name, tensor] : tensors_) {
      tensor = tensor.contiguous();
      views.push_back({name,
                       kNames.at(tensor.scalar_type()),
                       tensor.sizes().vec(),
                       {static_cast<const char*>(tensor.data_ptr()), tensor.nbytes()}});
    }
    hub::write_safetensors(dir_ / "model.safetensors", views);
  }

  std::string load_error(const std::string& family, Head head, const LoadOptions& options = {}) {
    write();
    return error_text(dir_, [&] {
      Network network = empty_network(tiny(family), head, 3);
      load_pretrained(dir_, network, options);
    });
  }

  std::map<std::string, at::Tensor> tensors_;
};

std::map<std::string, at::Tensor> by_name(Network network) {
  std::map<std::string, at::Tensor> out;
  for (const Parameter& parameter : parameters(network)) out[parameter.name] = parameter.tensor.detach();
  return out;
}

TEST_F(WeightsTest, EveryFamilyAndHeadComesBackToTheBit) {
  for (const auto& [family, head] : all_heads()) {
    Network network = make_network(tiny(family), head, 3, 7);
    network.label_names =
        network.num_labels > 0 ? std::vector<std::string>{"가", "나", "다"} : std::vector<std::string>{};
    save_pretrained(network, dir_);
    const LoadedNetwork loaded = load_network(dir_, head, 3, 99);
    EXPECT_THAT(loaded.report.missing, IsEmpty());
    EXPECT_THAT(loaded.report.unexpected, IsEmpty());
    EXPECT_EQ(loaded.network.label_names, network.label_names);
    EXPECT_EQ(read_config_extras(dir_).architecture, architecture(family, head));
    const auto expected = by_name(network);
    for (const auto& [name, tensor] : by_name(loaded.network)) EXPECT_TRUE(tensor.equal(expected.at(name))) << name;
  }
}

TEST_F(WeightsTest, LabelsWithoutNamesAreNumbered) {
  save("bert", Head::kSequence, 2);
  EXPECT_THAT(read_config_extras(dir_).labels, ElementsAre("LABEL_0", "LABEL_1"));
  EXPECT_EQ(read_config_extras(dir_).problem_type, "single_label_classification");
  save("bert", Head::kSequence, 1);
  EXPECT_EQ(read_config_extras(dir_).problem_type, "regression");
}

TEST_F(WeightsTest, MetadataIsWritten) {
  save_pretrained(make_network(tiny("bert"), Head::kNone, 0, 7), dir_, {{"origin", "test"}});
  EXPECT_THAT(hub::SafetensorsFile::open(dir_ / "model.safetensors").metadata(),
              ElementsAre(testing::Pair("format", "pt"), testing::Pair("origin", "test")));
}

TEST_F(WeightsTest, WhatAHeadLacksIsRandomAndReported) {
  save("electra", Head::kReplacedToken);
  const LoadedNetwork loaded = load_network(dir_, Head::kSequence, 3, 5);
  EXPECT_THAT(loaded.report.missing, ElementsAre("classifier.dense.weight", "classifier.dense.bias",
                                                 "classifier.out_proj.weight", "classifier.out_proj.bias"));
  EXPECT_THAT(loaded.report.unexpected,
              ElementsAre("discriminator_predictions.dense.bias", "discriminator_predictions.dense.weight",
                          "discriminator_predictions.dense_prediction.bias",
                          "discriminator_predictions.dense_prediction.weight"));
  const auto fresh = by_name(make_network(tiny("electra"), Head::kSequence, 3, 5));
  const auto saved = by_name(make_network(tiny("electra"), Head::kReplacedToken, 0, 7));
  for (const auto& [name, tensor] : by_name(loaded.network)) {
    EXPECT_TRUE(tensor.equal(name.starts_with("sequence.") ? fresh.at(name) : saved.at(name))) << name;
  }
}

TEST_F(WeightsTest, AHeadOfAnotherShapeIsRefusedOrLeftOut) {
  save("bert", Head::kTokens, 5);
  EXPECT_EQ(load_error("bert", Head::kTokens),
            "DIR: the weights do not fit bert with the head tokens as config.json describes it\n"
            "  classifier.weight: got [5, 16], expected [3, 16]\n"
            "  classifier.bias: got [5], expected [3]");
  const LoadedNetwork loaded = load_network(dir_, Head::kTokens, 3, 5, {.keep_mismatched_head = true});
  EXPECT_THAT(loaded.report.mismatched, ElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_TRUE(loaded.network.tokens.weight.equal(make_network(tiny("bert"), Head::kTokens, 3, 5).tokens.weight));
  EXPECT_THAT(loaded.network.label_names, IsEmpty()) << "the names are those of five labels";
}

TEST_F(WeightsTest, AllFaultsAtOnce) {
  save("electra", Head::kReplacedToken);
  tensors_["electra.embeddings.word_embeddings.weight"] = at::zeros({29, 8});
  tensors_["electra.encoder.layer.0.attention.self.query.weight"] = at::zeros({16, 24});
  tensors_["electra.encoder.layer.0.attention.self.key.weight"] = at::zeros({16, 16}, at::kLong);
  tensors_.erase("electra.encoder.layer.1.output.dense.bias");
  tensors_["electra.encoder.layer.1.intermediate.dense.bias"][3] = std::numeric_limits<float>::quiet_NaN();
  tensors_["electra.encoder.layer.1.intermediate.dense.bias"][4] = std::numeric_limits<float>::infinity();
  tensors_["electra.encoder.layer.2.output.dense.bias"] = at::zeros({16});
  tensors_["discriminator_predictions.dense.weight"] = at::zeros({8, 16});
  const std::string body =
      "DIR: the weights do not fit electra with the head replaced_token as config.json describes it\n"
      "  electra.embeddings.word_embeddings.weight: got [29, 8], expected [30, 8]\n"
      "  electra.encoder.layer.0.attention.self.query.weight: got [16, 24], expected [16, 16]\n"
      "  electra.encoder.layer.0.attention.self.key.weight: got dtype I64, expected F32, F16, BF16 or F64\n"
      "  electra.encoder.layer.1.intermediate.dense.bias: 2 of 24 values are not finite\n"
      "  electra.encoder.layer.1.output.dense.bias: missing, expected [16]\n";
  const std::string deeper = "  electra.encoder.layer.2.output.dense.bias: got [16], expected no such tensor";
  EXPECT_EQ(load_error("electra", Head::kReplacedToken),
            body + "  discriminator_predictions.dense.weight: got [8, 16], expected [16, 16]\n" + deeper);
  EXPECT_EQ(load_error("electra", Head::kReplacedToken, {.keep_mismatched_head = true}), body + deeper);
}

TEST_F(WeightsTest, AnotherFamilysWeights) {
  save("bert", Head::kMaskedLm);
  const std::string text = load_error("electra", Head::kMaskedLm);
  EXPECT_THAT(text, testing::StartsWith("DIR: the weights do not fit electra with the head masked_lm as config.json "
                                        "describes it\n"
                                        "  electra.embeddings.word_embeddings.weight: missing, expected [30, 8]\n"));
}

TEST_F(WeightsTest, OldNames) {
  save("bert", Head::kMaskedLm);
  auto old = tensors_;
  for (const auto& [name, tensor] : old) {
    if (name.find("LayerNorm") == std::string::npos) continue;
    tensors_.erase(name);
    const size_t point = name.rfind('.');
    tensors_[name.substr(0, point) + (name.ends_with("weight") ? ".gamma" : ".beta")] = tensor;
  }
  tensors_["bert.embeddings.position_ids"] = at::zeros({1, 12}, at::kLong);
  EXPECT_EQ(load_error("bert", Head::kMaskedLm), "no error");
  tensors_["bert.embeddings.LayerNorm.weight"] = at::zeros({16});
  EXPECT_EQ(load_error("bert", Head::kMaskedLm),
            "DIR: the weights are not those of one model\n"
            "  bert.embeddings.LayerNorm.weight: is there under two names");
}

TEST_F(WeightsTest, OutputLayersMustBeTied) {
  save("bert", Head::kMaskedLm);
  tensors_["cls.predictions.decoder.weight"] = tensors_["bert.embeddings.word_embeddings.weight"].clone();
  tensors_["cls.predictions.decoder.bias"] = tensors_["cls.predictions.bias"].clone();
  EXPECT_EQ(load_error("bert", Head::kMaskedLm), "no error");
  tensors_["cls.predictions.decoder.weight"][0][0] += 1;
  EXPECT_EQ(load_error("bert", Head::kMaskedLm),
            "DIR: the weights are not those of one model\n"
            "  cls.predictions.decoder.weight: differs from bert.embeddings.word_embeddings.weight, to which it should "
            "be tied");
}

TEST_F(WeightsTest, OutputLayersDoNotMatterWithoutTheirHead) {
  save("bert", Head::kMaskedLm);
  tensors_["cls.predictions.decoder.weight"] = at::zeros({30, 16});
  EXPECT_EQ(load_error("bert", Head::kTokens), "no error");
}

TEST_F(WeightsTest, HalfPrecision) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    save("albert", Head::kMaskedLm);
    const auto expected = tensors_;
    for (auto& [name, tensor] : tensors_) tensor = tensor.to(type);
    write();
    Network network = load_network(dir_, Head::kMaskedLm, 0, 1).network;
    for (const Parameter& parameter : parameters(network)) {
      EXPECT_EQ(parameter.tensor.scalar_type(), at::kFloat);
      EXPECT_TRUE(parameter.tensor.equal(expected.at(saved_name(network, parameter.name)).to(type).to(at::kFloat)))
          << parameter.name;
    }
  }
}

TEST_F(WeightsTest, AFolderWithoutWeights) {
  base::write_json(dir_ / "config.json", config_json(tiny("bert"), {}));
  EXPECT_EQ(
      error_text(dir_, [&] { load_network(dir_, Head::kNone, 0, 1); }),
      "DIR: no weights in this folder: expected one of model.safetensors, pytorch_model.bin, tf_model.h5, *.index");
}

TEST_F(WeightsTest, EveryContainerIsAStart) {
  save("electra", Head::kMaskedLm);
  const auto want = by_name(load_network(dir_, Head::kMaskedLm, 0, 1).network);
  for (const char* format : {"bin", "bin-legacy", "h5"}) {
    const std::filesystem::path other = dir_ / format;
    hub::export_model(dir_, other, {.formats = {format}});
    for (const bool read_only : {false, true}) {
      const LoadedNetwork loaded = load_network(other, Head::kMaskedLm, 0, 99, {.read_only = read_only});
      EXPECT_THAT(loaded.report.missing, IsEmpty());
      for (const auto& [name, tensor] : by_name(loaded.network)) EXPECT_TRUE(tensor.equal(want.at(name))) << name;
    }
  }
}

// Read-only parameters lie in the file; those that are to be trained are copies of their own.
TEST_F(WeightsTest, MapsWhatIsOnlyRead) {
  save("bert", Head::kMaskedLm);
  const auto mapped = by_name(load_network(dir_, Head::kMaskedLm, 0, 1, {.read_only = true}).network);
  const auto copied = by_name(load_network(dir_, Head::kMaskedLm, 0, 1).network);
  const auto first = mapped.begin()->second.storage().data();
  for (const auto& [name, tensor] : mapped) {
    // All of them within one file of a few kilobytes.
    EXPECT_LT(std::abs(static_cast<const char*>(tensor.data_ptr()) - static_cast<const char*>(first)), 1 << 20) << name;
    EXPECT_NE(tensor.data_ptr(), copied.at(name).data_ptr());
  }
  std::filesystem::remove(dir_ / "model.safetensors");
  EXPECT_TRUE(mapped.at("embeddings.norm.weight").equal(at::ones({16}))) << "the mapping outlives the name";
}

}  // namespace
}  // namespace lmkor::model
