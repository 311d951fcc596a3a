#include "lmkor/model/config.h"

#include <gmock/gmock.h>

#include "model/sample.h"

namespace lmkor::model {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfigTest : public Folder {
 protected:
  void write(const Json& json) { base::write_json(dir_ / "config.json", json); }
  std::string text(const Json& json) {
    write(json);
    return error_text(dir_, [&] { read_config(dir_); });
  }
};

// The keys that every family must have.
Json least(const std::string& family) {
  return {{"model_type", family},   {"vocab_size", 30},         {"hidden_size", 16},
          {"num_hidden_layers", 2}, {"num_attention_heads", 2}, {"intermediate_size", 24}};
}

TEST_F(ConfigTest, WhatIsNotSaidIsTheFamilysDefault) {
  write(least("bert"));
  Config config = read_config(dir_);
  EXPECT_EQ(config.embedding_width(), 16);
  EXPECT_EQ(config.max_position_embeddings, 512);
  EXPECT_EQ(config.type_vocab_size, 2);
  EXPECT_EQ(config.hidden_act, "gelu");
  EXPECT_EQ(config.hidden_dropout_prob, 0.1);
  EXPECT_EQ(config.attention_probs_dropout_prob, 0.1);
  EXPECT_EQ(config.classifier_dropout_prob, 0.1);
  EXPECT_EQ(config.layer_norm_eps, 1e-12);
  write(least("albert"));
  config = read_config(dir_);
  EXPECT_EQ(config.embedding_width(), 128);
  EXPECT_EQ(config.hidden_act, "gelu_new");
  EXPECT_EQ(config.hidden_dropout_prob, 0);
  EXPECT_EQ(config.attention_probs_dropout_prob, 0);
  EXPECT_EQ(config.classifier_dropout_prob, 0.1);
  write(least("electra"));
  config = read_config(dir_);
  EXPECT_EQ(config.embedding_width(), 128);
  EXPECT_EQ(config.hidden_act, "gelu");
  EXPECT_EQ(config.hidden_dropout_prob, 0.1);
}

// As published models of Google's code, KcBERT and Transformers 2 to 4 have it.
TEST_F(ConfigTest, ToleratesKeysThatSayNothingAboutTheEncoder) {
  Json json = least("bert");
  json.update({{"architectures", {"BertForMaskedLM"}},
               {"directionality", "bidi"},
               {"pooler_fc_size", 768},
               {"pooler_num_attention_heads", 12},
               {"pooler_num_fc_layers", 3},
               {"pooler_size_per_head", 128},
               {"pooler_type", "first_token_transform"},
               {"max_position_embeddings", 300},
               {"position_embedding_type", "absolute"},
               {"gradient_checkpointing", false},
               {"transformers_version", "4.0.1"},
               {"output_past", true},
               {"is_decoder", false},
               {"add_cross_attention", false},
               {"tie_word_embeddings", true},
               {"classifier_dropout", nullptr},
               {"layer_norm_eps", 1e-5},
               {"hidden_dropout_prob", 0}});
  write(json);
  const Config config = read_config(dir_);
  EXPECT_EQ(config.max_position_embeddings, 300);
  EXPECT_EQ(config.layer_norm_eps, 1e-5);
  EXPECT_EQ(config.hidden_dropout_prob, 0);
  EXPECT_EQ(config.classifier_dropout_prob, 0) << "null: as hidden_dropout_prob";
  json["classifier_dropout"] = 0.3;
  write(json);
  EXPECT_EQ(read_config(dir_).classifier_dropout_prob, 0.3);
}

TEST_F(ConfigTest, NamesWhatIsMissing) {
  for (const char* key :
       {"model_type", "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"}) {
    Json json = least("bert");
    json.erase(key);
    EXPECT_EQ(text(json), base::str("DIR/config.json: key \"", key, "\" is missing"));
  }
  Json json = least("bert");
  json["hidden_size"] = "wide";
  EXPECT_EQ(text(json), "DIR/config.json: key \"hidden_size\" has an unexpected type");
  json["hidden_size"] = 16.5;
  EXPECT_EQ(text(json), "DIR/config.json: key \"hidden_size\" has an unexpected type");
  EXPECT_EQ(error_text(dir_, [&] { read_config(dir_ / "nowhere"); }),
            "DIR/nowhere/config.json: cannot read: No such file or directory");
}

TEST_F(ConfigTest, RefusesWhatTheEncoderDoesNotHave) {
  const auto with = [&](const std::string& family, const char* key, Json value) {
    Json json = least(family);
    json[key] = std::move(value);
    return text(json);
  };
  const std::string start = "DIR/config.json: ";
  EXPECT_EQ(with("bert", "position_embedding_type", "relative_key"),
            start + "position_embedding_type: got \"relative_key\", expected \"absolute\"");
  EXPECT_EQ(with("albert", "num_hidden_groups", 3),
            start + "num_hidden_groups: got 3, expected at most num_hidden_layers 2");
  EXPECT_EQ(with("albert", "inner_group_num", 3), start + "inner_group_num: got 3, expected 1");
  EXPECT_EQ(with("bert", "is_decoder", true), start + "is_decoder: got true, expected false");
  EXPECT_EQ(with("bert", "add_cross_attention", true), start + "add_cross_attention: got true, expected false");
  EXPECT_EQ(with("electra", "tie_word_embeddings", false), start + "tie_word_embeddings: got false, expected true");
  EXPECT_EQ(with("bert", "hidden_act", "relu"),
            start + "hidden_act: got \"relu\", expected one of gelu, gelu_new, gelu_pytorch_tanh, gelu_fast");
  EXPECT_EQ(with("bert", "model_type", "roberta"),
            start + "model_type: got \"roberta\", expected one of bert, albert, electra");
  EXPECT_EQ(with("bert", "embedding_size", 8), start + "embedding_size: got 8, expected hidden_size 16 for bert");
  EXPECT_EQ(with("electra", "num_attention_heads", 3),
            start + "num_attention_heads: got 3, expected a divisor of hidden_size 16");
  EXPECT_EQ(with("electra", "num_hidden_layers", 0),
            start + "num_hidden_layers: got 0, expected a size from 1 to 2^31");
  EXPECT_EQ(with("electra", "vocab_size", 0), start + "vocab_size: got 0, expected a size from 1 to 2^31");
  Json json = least("electra");
  json["is_decoder"] = true;
  json["num_attention_heads"] = 3;
  EXPECT_EQ(text(json), start + "is_decoder: got true, expected false\n" + start +
                            "num_attention_heads: got 3, expected a divisor of hidden_size 16");
}

TEST_F(ConfigTest, GroupsAreOfAlbertOnly) {
  Json json = least("albert");
  json["num_hidden_groups"] = 2;
  write(json);
  EXPECT_EQ(read_config(dir_).num_hidden_groups, 2);
  Config config = tiny("bert");
  config.num_hidden_groups = 2;
  EXPECT_EQ(error_text(dir_, [&] { make_network(config, Head::kNone, 0, 1); }),
            "model.num_hidden_groups: got 2, expected 1 for bert");
}

TEST_F(ConfigTest, ComesBackAsItWasWritten) {
  for (const std::string& family : family_names()) {
    Config config = tiny(family);
    config.hidden_act = "gelu_new";
    config.hidden_dropout_prob = 0.25;
    config.attention_probs_dropout_prob = 0.125;
    config.type_vocab_size = 3;
    config.layer_norm_eps = 1e-7;
    for (const double classifier_dropout : {0.25, 0.5}) {
      config.classifier_dropout_prob = classifier_dropout;
      const Json json = config_json(config, {"X", {}, {}});
      write(json);
      const Config read = read_config(dir_);
      EXPECT_EQ(config_json(read, {"X", {}, {}}), json);
      EXPECT_EQ(read.classifier_dropout_prob, classifier_dropout);
      EXPECT_EQ(read.initializer_range, 0.3);
      EXPECT_EQ(read.embedding_width(), config.embedding_width());
    }
  }
}

TEST_F(ConfigTest, Extras) {
  Json json = least("bert");
  write(json);
  EXPECT_EQ(read_config_extras(dir_).architecture, "");
  EXPECT_THAT(read_config_extras(dir_).labels, IsEmpty());
  json["architectures"] = {"BertForSequenceClassification"};
  json["problem_type"] = "regression";
  json["id2label"] = {{"1", "긍정"}, {"0", "부정"}, {"2", "중립"}};
  write(json);
  EXPECT_EQ(read_config_extras(dir_).architecture, "BertForSequenceClassification");
  EXPECT_EQ(read_config_extras(dir_).problem_type, "regression");
  EXPECT_THAT(read_config_extras(dir_).labels, ElementsAre("부정", "긍정", "중립"));
  for (const char* key : {"3", "-1", "1x", "x", ""}) {
    json["id2label"] = {{"0", "부정"}, {key, "긍정"}, {"2", "중립"}};
    write(json);
    EXPECT_EQ(error_text(dir_, [&] { read_config_extras(dir_); }),
              "DIR/config.json: id2label: expected a name for each id from 0 to 2, 1 has none");
  }
}

}  // namespace
}  // namespace lmkor::model
