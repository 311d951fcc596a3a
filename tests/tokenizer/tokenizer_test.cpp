#include "lmkor/tokenizer/tokenizer.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/wordpiece.h"

namespace lmkor::tokenizer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::Pair;

const std::vector<std::string> kTokens = {"[PAD]", "[UNK]", "[CLS]",  "[SEP]", "[MASK]", "가",     "나",
                                          ".",     "##나",  "한국어", "한",    "##국",   "##어요", "[unused0]"};

Tokenizer make(std::vector<std::string> tokens = kTokens, Settings settings = {}) {
  return Tokenizer::from_files({std::move(tokens), std::move(settings), {}}, "test");
}

std::vector<std::string> pieces(const Tokenizer& tokenizer, std::string_view text) {
  Tokenizer::Scratch scratch;
  std::vector<int32_t> ids;
  tokenizer.encode(text, scratch, ids);
  std::vector<std::string> out;
  for (const int32_t id : ids) out.push_back(tokenizer.token(id));
  return out;
}

class Folder : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path dir_ = fs::temp_directory_path() / base::str("lmkor_tokenizer_", ::getpid());
};

TEST(Tokenizer, TakesTheLongestPiece) {
  const Tokenizer tokenizer = make();
  EXPECT_THAT(pieces(tokenizer, "한국어 한국어요 한나."), ElementsAre("한국어", "[UNK]", "한", "##나", "."));
  EXPECT_THAT(pieces(tokenizer, "가나나 나가"), ElementsAre("가", "##나", "##나", "[UNK]"));
  EXPECT_THAT(pieces(tokenizer, ""), ElementsAre());
}

TEST(Tokenizer, KnowsItsTokens) {
  const Tokenizer tokenizer = make();
  EXPECT_EQ(tokenizer.size(), 14);
  EXPECT_EQ(tokenizer.pad_id(), 0);
  EXPECT_EQ(tokenizer.mask_id(), 4);
  EXPECT_EQ(tokenizer.id("##국"), 11);
  EXPECT_EQ(tokenizer.id("없음"), -1);
  EXPECT_TRUE(tokenizer.is_special(4) && !tokenizer.is_special(5));
  EXPECT_TRUE(tokenizer.is_continuation(8) && !tokenizer.is_continuation(5));
  EXPECT_TRUE(tokenizer.is_unused(13) && !tokenizer.is_unused(4));
}

TEST(Tokenizer, SpecialTokensInTextAreMatchedOnlyWhenAsked) {
  const Tokenizer tokenizer = make();
  Tokenizer::Scratch scratch;
  EXPECT_THAT(tokenizer.encode("가[MASK]나", scratch, {}).ids, ElementsAre(5, 1, 1, 1, 6));
  const Encoding matched = tokenizer.encode("가[MASK]나", scratch, {.offsets = true, .match_added = true});
  EXPECT_THAT(matched.ids, ElementsAre(5, 4, 6));
  EXPECT_THAT(matched.offsets, ElementsAre(Pair(0, 1), Pair(1, 7), Pair(7, 8)));
}

TEST(Tokenizer, AScratchMayServeSeveralTokenizers) {
  const Tokenizer a = make();
  const Tokenizer b = make({"[UNK]", "가나", "가"});
  Tokenizer::Scratch scratch;
  for (int i = 0; i < 3; ++i) {
    std::vector<int32_t> ids;
    a.encode("가나", scratch, ids);
    b.encode("가나", scratch, ids);
    EXPECT_THAT(ids, ElementsAre(5, 8, 1));
  }
}

// The cache must never show: words of every length, more of them than it holds, at the very end of the text too.
TEST(Tokenizer, CachedEqualsUncached) {
  const Tokenizer tokenizer = make({"[UNK]", "a", "b", "##a", "##b", "가", "##가", "ab", "##ba", "##가a"});
  const base::Random random(3, base::RandomUse::kGenerate);
  Tokenizer::Scratch warm;
  uint64_t at = 0;
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    const uint64_t length = random.below(at++, 14);
    for (uint64_t j = 0; j < length; ++j)
      text += std::vector<std::string>{"a", "b", "가", "x"}[random.below(at++, i % 7 ? 3 : 4)];
    text.shrink_to_fit();
    std::vector<int32_t> ids;
    tokenizer.encode(text, warm, ids);
    const Encoding slow = tokenizer.encode(text, warm, {.offsets = true});
    ASSERT_EQ(ids, slow.ids) << text;
  }
}

TEST(Tokenizer, ManyIdsAreExactAboveSixteenBits) {
  std::vector<std::string> tokens = {"[UNK]"};
  for (int i = 1; i < 70000; ++i) tokens.push_back(base::str("w", i));
  const Tokenizer tokenizer = make(tokens);
  Tokenizer::Scratch scratch;
  std::vector<int32_t> ids;
  for (int round = 0; round < 2; ++round) tokenizer.encode("w65535 w65536 w69999", scratch, ids);
  EXPECT_THAT(ids, ElementsAre(65535, 65536, 69999, 65535, 65536, 69999));
}

TEST(WordPiece, EqualsAPlainSearchOnRandomVocabularies) {
  const base::Random random(5, base::RandomUse::kGenerate);
  uint64_t at = 0;
  const auto word = [&](uint64_t longest) {
    std::u32string out;
    const uint64_t length = 1 + random.below(at++, longest);
    for (uint64_t i = 0; i < length; ++i) out.push_back(U"가나a漢\U0001F600"[random.below(at++, 5)]);
    return out;
  };
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> tokens = {"[UNK]"};
    for (int i = 0; i < 40; ++i) tokens.push_back((random.below(at++, 2) ? "##" : "") + text::to_utf8(word(4)));
    const WordPiece wordpiece(tokens, "##", 0, 8);
    for (int i = 0; i < 200; ++i) {
      const std::u32string text = word(10);
      std::vector<int32_t> want;
      for (size_t begin = 0; begin < text.size() && text.size() <= 8;) {
        size_t end = text.size();
        auto found = tokens.rend();
        for (; end > begin; --end) {
          const std::string part = (begin > 0 ? "##" : "") + text::to_utf8(text.substr(begin, end - begin));
          found = std::find(tokens.rbegin(), tokens.rend(), part);
          if (found != tokens.rend()) break;
        }
        want.push_back(found == tokens.rend() ? 0 : static_cast<int32_t>(tokens.rend() - found) - 1);
        if (want.back() == 0) {
          want.clear();
          break;
        }
        begin = end;
      }
      if (want.empty()) want = {0};
      std::vector<WordPiece::Piece> got;
      wordpiece.encode(text, got);
      std::vector<int32_t> ids;
      for (const auto& piece : got) ids.push_back(piece.id);
      ASSERT_EQ(ids, want) << text::to_utf8(text);
    }
  }
}

TEST_F(Folder, WhatIsWrittenIsReadBack) {
  Settings settings;
  settings.lowercase = false;
  settings.model_max_length = 256;
  settings.tokenizer_class = "ElectraTokenizer";
  std::vector<std::string> tokens = kTokens;
  tokens.push_back("\"quoted\\");
  write_folder(dir_, tokens, settings);
  for (const char* name : {"vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}) {
    EXPECT_TRUE(fs::is_regular_file(dir_ / name)) << name;
  }
  const Tokenizer read = Tokenizer::load(dir_);
  EXPECT_EQ(read.tokens(), tokens);
  EXPECT_FALSE(read.settings().lowercase);
  EXPECT_FALSE(read.settings().strips_accents());
  EXPECT_EQ(read.settings().model_max_length, 256);
  EXPECT_EQ(read.settings().tokenizer_class, "ElectraTokenizer");
  EXPECT_EQ(read.vocab_sha256(), Tokenizer::load(dir_ / "vocab.txt").vocab_sha256());
  copy_folder(dir_, dir_ / "copy");
  EXPECT_EQ(Tokenizer::load(dir_ / "copy").vocab_sha256(), read.vocab_sha256());
}

std::string load_error(const fs::path& path) {
  try {
    Tokenizer::load(path);
  } catch (const base::Error& error) {
    return error.message();
  }
  return "";
}

TEST_F(Folder, BrokenFilesAreNamed) {
  EXPECT_EQ(load_error(dir_), base::str(dir_.string(),
                                        ": no tokenizer.json and no vocab.txt in this folder; give the folder "
                                        "of a tokenizer"));
  base::write_file_atomic(dir_ / "vocab.txt", "[UNK]\n\xFF\n");
  EXPECT_EQ(load_error(dir_), base::str((dir_ / "vocab.txt").string(),
                                        ": got broken UTF-8 at byte 6, expected a text file with a token a line"));
  base::write_file_atomic(dir_ / "tokenizer.json", "{\"model\": {\"type\": \"Unigram\"}}");
  EXPECT_EQ(load_error(dir_),
            base::str((dir_ / "tokenizer.json").string(),
                      ": got a Unigram model, expected WordPiece; lmkor reads BERT's WordPiece tokenizers "
                      "only"));
  base::write_file_atomic(dir_ / "tokenizer.json", "{\"model\": {\"type\": \"WordPiece\", \"vocab\": {\"a\": -1}}}");
  EXPECT_EQ(load_error(dir_), base::str((dir_ / "tokenizer.json").string(),
                                        ": got the id -1 for token 'a', expected 0 to 16777216; the file is broken"));
  EXPECT_EQ(load_error(dir_ / "none"), base::str((dir_ / "none").string(), ": no such file or folder"));
}

}  // namespace
}  // namespace lmkor::tokenizer
