#include "lmkor/hub/model_dir.h"

#include <gmock/gmock.h>

#include "hub/sample.h"

namespace lmkor::hub {
namespace {

using testing::ElementsAre;

using ModelDirTest = Folder;

TEST_F(ModelDirTest, TellsWhatIsThere) {
  write("config.json", "{}");
  write("tokenizer.json", "{}");
  write("special_tokens_map.json", "{}");
  ModelDir found = look_into(dir_);
  EXPECT_TRUE(found.config);
  EXPECT_FALSE(found.weights);
  EXPECT_THAT(found.tokenizer_files, ElementsAre("tokenizer.json", "special_tokens_map.json"));
  write("model.safetensors.index.json", "{}");
  EXPECT_TRUE(look_into(dir_).weights);
  EXPECT_EQ(error_text(dir_, [&] { look_into(dir_ / "config.json"); }),
            "DIR/config.json: not a folder; give a model folder");
}

TEST_F(ModelDirTest, CopiesTokenizerFiles) {
  write("vocab.txt", "[PAD]\n한국\n");
  write("tokenizer_config.json", "{\"strip_accents\": false}");
  write("config.json", "{}");
  EXPECT_EQ(copy_tokenizer_files(dir_, dir_ / "new/model"), 2u);
  EXPECT_EQ(base::read_file(dir_ / "new/model/vocab.txt"), "[PAD]\n한국\n");
  EXPECT_EQ(base::read_file(dir_ / "new/model/tokenizer_config.json"), "{\"strip_accents\": false}");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "new/model/config.json"));
  EXPECT_EQ(error_text(dir_, [&] { copy_tokenizer_files(dir_ / "new", dir_ / "other"); }),
            "DIR/new: no tokenizer files (vocab.txt, tokenizer.json) in this folder");
  EXPECT_FALSE(std::filesystem::exists(dir_ / "other"));
}

TEST_F(ModelDirTest, CopiesOntoItself) {
  write("vocab.txt", "[PAD]\n");
  EXPECT_EQ(copy_tokenizer_files(dir_, dir_), 1u);
  EXPECT_EQ(base::read_file(dir_ / "vocab.txt"), "[PAD]\n");
}

}  // namespace
}  // namespace lmkor::hub
