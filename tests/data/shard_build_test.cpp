#include "lmkor/data/shard_build.h"

#include <gtest/gtest.h>

#include "data/sample.h"

namespace lmkor::data {
namespace {

tokenizer::Tokenizer korean() {
  tokenizer::HfFiles files;
  files.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "가", "나", "##가", "##나"};
  return tokenizer::Tokenizer::from_files(std::move(files), "test");
}

TEST(ShardBuild, TokenizesSentenceBySentence) {
  const auto tokenizer = korean();
  tokenizer::Tokenizer::Scratch scratch;
  uint64_t unknown = 0;
  const TokenizedDocument document = tokenize_document(tokenizer, "가나 가나. 나나나.\n \n다 가가.", scratch, unknown);
  EXPECT_EQ(document.ids, (std::vector<uint16_t>{6, 9, 6, 9, 5, 7, 9, 9, 5, 1, 6, 8, 5}));
  EXPECT_EQ(document.sentence_starts, (std::vector<uint32_t>{0, 5, 9}));
  EXPECT_EQ(unknown, 1u);
  EXPECT_EQ(document.text_bytes, std::string("가나 가나. 나나나.\n \n다 가가.").size());
}

TEST(ShardBuild, SpecialTokensInTextStayText) {
  const auto tokenizer = korean();
  tokenizer::Tokenizer::Scratch scratch;
  uint64_t unknown = 0;
  for (const uint16_t id : tokenize_document(tokenizer, "[MASK] [SEP] 가", scratch, unknown).ids)
    EXPECT_TRUE(id == 1 || id >= 5) << id;
}

TEST(ShardBuild, EmptyTextHasNoToken) {
  const auto tokenizer = korean();
  tokenizer::Tokenizer::Scratch scratch;
  uint64_t unknown = 0;
  for (const char* text : {"", "\n\n", "  \n\t"}) {
    const TokenizedDocument document = tokenize_document(tokenizer, text, scratch, unknown);
    EXPECT_TRUE(document.ids.empty());
    EXPECT_TRUE(document.sentence_starts.empty());
  }
}

TEST(ShardBuild, HoldsOutTheShareAskedForByTextAndSeed) {
  constexpr int kTexts = 20000;
  int held = 0, moved = 0;
  for (int i = 0; i < kTexts; ++i) {
    const std::string text = "text " + std::to_string(i);
    const Split split = split_of(text, 0.05, 1);
    EXPECT_EQ(split, split_of(text, 0.05, 1));
    held += split == Split::kValidation;
    moved += split != split_of(text, 0.05, 2);
    // A larger share holds out what a smaller one does, and more.
    if (split == Split::kValidation) {
      EXPECT_EQ(split_of(text, 0.1, 1), Split::kValidation);
    }
    EXPECT_EQ(split_of(text, 0, 1), Split::kTrain);
  }
  EXPECT_NEAR(held, 0.05 * kTexts, 150);
  EXPECT_GT(moved, 0.05 * kTexts);
}

}  // namespace
}  // namespace lmkor::data
