// That names are Transformers' own is held against it in tests/golden/model_test.py; that each has but one meaning, in
// tests/model/network_test.cpp.
#include "lmkor/hub/names.h"

#include <gtest/gtest.h>

#include "hub/sample.h"

namespace lmkor::hub {
namespace {

TEST(Names, KeepLayerNumbersAndEndings) {
  EXPECT_EQ(hugging_face_name("bert", "encoder.11.attention.query.weight"),
            "bert.encoder.layer.11.attention.self.query.weight");
  EXPECT_EQ(hugging_face_name("albert", "encoder.0.feed_forward.norm.bias"),
            "albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm.bias");
  EXPECT_EQ(hugging_face_name("electra", "masked_lm.bias"), "generator_lm_head.bias");
  EXPECT_EQ(hugging_face_name("bert", "tokens.weight"), hugging_face_name("bert", "sequence.output.weight"));
}

TEST(Names, WithoutARow) {
  const auto text = [](const char* family, const char* name) {
    return error_text("/none", [&] { hugging_face_name(family, name); });
  };
  EXPECT_EQ(text("gpt2", "embeddings.word.weight"), "no Hugging Face name for gpt2 embeddings.word.weight");
  EXPECT_EQ(text("electra", "pooler.weight"), "no Hugging Face name for electra pooler.weight");
  EXPECT_EQ(text("bert", "encoder.x.attention.query.weight"),
            "no Hugging Face name for bert encoder.x.attention.query.weight");
  EXPECT_EQ(text("bert", "embeddings.words"), "no Hugging Face name for bert embeddings.words");
}

TEST(Names, Ties) {
  EXPECT_EQ(tied_to("bert", "cls.predictions.decoder.weight"), "bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(tied_to("albert", "predictions.decoder.bias"), "predictions.bias");
  EXPECT_EQ(tied_to("electra", "generator_lm_head.weight"), "electra.embeddings.word_embeddings.weight");
  EXPECT_EQ(tied_to("electra", "generator_lm_head.bias"), "");
  EXPECT_EQ(tied_to("electra", "cls.predictions.decoder.weight"), "");
}

TEST(Names, BuffersAndTheEncoder) {
  EXPECT_TRUE(is_buffer("embeddings.position_ids"));
  EXPECT_TRUE(is_buffer("electra.embeddings.position_ids"));
  EXPECT_FALSE(is_buffer("electra.embeddings.position_embeddings.weight"));
  EXPECT_TRUE(is_encoder("electra", "electra.embeddings_project.weight"));
  EXPECT_TRUE(is_encoder("bert", "encoder.layer.0.output.dense.bias"));
  EXPECT_FALSE(is_encoder("bert", "bert.pooler.dense.bias"));
  EXPECT_FALSE(is_encoder("bert", "electra.encoder.layer.0.output.dense.bias"));
}

TEST(Names, OldOnes) {
  EXPECT_EQ(modern_name("bert.embeddings.LayerNorm.gamma"), "bert.embeddings.LayerNorm.weight");
  EXPECT_EQ(modern_name("bert.embeddings.LayerNorm.beta"), "bert.embeddings.LayerNorm.bias");
  EXPECT_EQ(modern_name("classifier.bias"), "classifier.bias");
}

}  // namespace
}  // namespace lmkor::hub
