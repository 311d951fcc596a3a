#include "lmkor/data/shard.h"

#include <fstream>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::data {
namespace {

using base::str;
using testing::HasSubstr;

TEST(Shard, ReadsBackWhatWasWritten) {
  const auto documents = sample_documents(200, 1);
  const fs::path dir = write_sample("round-trip", documents);
  const ShardSet train = ShardSet::open(dir), held = ShardSet::open(dir, Split::kValidation);
  ASSERT_EQ(train.documents(), 180u);
  ASSERT_EQ(held.documents(), 20u);
  EXPECT_GT(train.manifest()["splits"]["train"]["files"].size(), 3u);
  uint64_t tokens = 0, sentences = 0;
  for (size_t i = 0, seen[2] = {0, 0}; i < documents.size(); ++i) {
    const Split split = sample_split(i);
    const DocumentView view = (split == Split::kTrain ? train : held).view(seen[static_cast<size_t>(split)]++);
    ASSERT_EQ(std::vector<uint16_t>(view.tokens.begin(), view.tokens.end()), documents[i].ids);
    std::vector<uint32_t> starts;
    for (const uint32_t start : view.sentence_starts) starts.push_back(start - view.base);
    ASSERT_EQ(starts, documents[i].sentence_starts);
    tokens += view.tokens.size();
    sentences += starts.size();
  }
  EXPECT_EQ(train.tokens() + held.tokens(), tokens);
  EXPECT_EQ(train.manifest()["tokens"], tokens);
  EXPECT_EQ(train.manifest()["sentences"], sentences);
  train.verify(2);
  held.verify(1);
}

TEST(Shard, NeverDividesADocumentAndRollsBySize) {
  const fs::path dir = write_sample("rolled", sample_documents(300, 2), 200);
  const ShardSet set = ShardSet::open(dir);
  for (const auto& row : set.manifest()["splits"]["train"]["files"])
    EXPECT_TRUE(row["tokens"] <= 200 || row["documents"] == 1) << row;
}

TEST(Shard, IsEmptyWithoutHeldOutDocuments) {
  const fs::path dir = write_sample("no-validation", sample_documents(5, 3));
  const ShardSet held = ShardSet::open(dir, Split::kValidation);
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(held.tokens(), 0u);
}

TEST(Shard, RefusesAFolderThatIsNone) {
  const fs::path dir = fresh_folder("empty");
  EXPECT_EQ(error_of([&] { ShardSet::open(dir / "absent"); }),
            str("not_found: ", (dir / "absent").string(), ": no such folder; make shards with lmkor shard"));
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("not_found: ", dir.string(),
                ": holds no manifest.json, so it is no folder of shards; make one with lmkor shard"));
  base::write_file_atomic(dir / "manifest.json", "{\"kind\": \"corpus\"}");
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("incompatible: ", (dir / "manifest.json").string(),
                ": kind: got \"corpus\", expected \"shards\"; give the output folder of lmkor shard"));
}

TEST(Shard, RefusesFilesThatAreCutOff) {
  const fs::path dir = write_sample("cut-off", sample_documents(20, 4));
  const fs::path tokens = dir / "shard-00000.tokens", index = dir / "shard-00000.index";
  const auto size = fs::file_size(tokens);
  fs::resize_file(tokens, size - 2);
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("data: ", tokens.string(), ": cut off or damaged: got ", size - 2, " bytes, expected ", size, " for ",
                size / 2, " tokens; make the shards again with lmkor shard"));
  fs::resize_file(index, 50);
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("data: ", index.string(),
                ": cut off: got 50 bytes, expected at least 112; make the shards again with lmkor shard"));
  fs::remove(index);
  EXPECT_THAT(error_of([&] { ShardSet::open(dir); }), HasSubstr("shard-00000.index: cannot read: No such file"));
}

void put(const fs::path& path, std::streamoff offset, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offset);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

TEST(Shard, RefusesWrongMagicVersionAndOrder) {
  const fs::path dir = write_sample("magic", sample_documents(20, 5));
  const fs::path index = dir / "shard-00000.index";
  const std::string good = base::read_file(index);
  put(index, 0, "X");
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("data: ", index.string(),
                ": is no index of shards: the first 8 bytes are not lmkorIDX; make the shards again with lmkor shard"));
  base::write_file_atomic(index, good);
  put(index, 8, "\x02");
  EXPECT_EQ(
      error_of([&] { ShardSet::open(dir); }),
      str("incompatible: ", index.string(), ": version: got 2, expected 1; make the shards again with lmkor shard"));
  base::write_file_atomic(index, good);
  put(index, 112 + 4, "\xff\xff\xff\xff");
  EXPECT_EQ(error_of([&] { ShardSet::open(dir); }),
            str("data: ", index.string(),
                ": damaged: starts of documents are not in order; make the shards again with lmkor shard"));
}

TEST(Shard, RefusesAnotherVocabulary) {
  const fs::path dir = write_sample("vocabulary", sample_documents(20, 6));
  const ShardSet set = ShardSet::open(dir);
  set.require_vocabulary(sample_sha256(), "--init model");
  EXPECT_EQ(error_of([&] { set.require_vocabulary("abc", "--init model"); }),
            str("incompatible: ", dir.string(), ": these shards belong to another vocabulary: got vocab_sha256 ",
                sample_sha256(),
                ", expected abc of --init model; make the shards again with that tokenizer (lmkor shard --tokenizer)"));
  const std::string other(64, 'a');
  put(dir / "shard-00000.index", 48, other);
  EXPECT_EQ(
      error_of([&] { ShardSet::open(dir); }),
      str("incompatible: ", (dir / "shard-00000.index").string(), ": belongs to another vocabulary: got vocab_sha256 ",
          other, " (210 tokens), expected ", sample_sha256(), " (210 tokens) as in ", (dir / "manifest.json").string(),
          "; keep shards of different vocabularies in folders of their own"));
}

TEST(Shard, VerifyFindsAChangedByte) {
  const fs::path dir = write_sample("changed", sample_documents(20, 7));
  put(dir / "shard-00000.tokens", 10, "\x07");
  const ShardSet set = ShardSet::open(dir);
  EXPECT_THAT(error_of([&] { set.verify(1); }), HasSubstr("shard-00000.tokens: was changed: got sha256 "));
}

TEST(Shard, WriterRefusesAVocabularyOver16Bits) {
  EXPECT_EQ(error_of([] { ShardWriter(fresh_folder("large"), 65537, sample_sha256(), 10); }),
            "incompatible: vocabulary: got 65537 tokens, expected at most 65536, because shards hold 16-bit ids; train "
            "one with "
            "lmkor vocab train --size 65536 or less");
}

TEST(Pieces, NeedTheSpecialTokens) {
  const std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"};
  EXPECT_EQ(error_of([&] { piece_kinds(tokens); }),
            "incompatible: vocabulary of 5 tokens: [MASK] is missing; pretraining needs tokens for padding, unknown, "
            "begin, end and mask");
}

TEST(Pieces, KnowTheKinds) {
  const PieceKinds kinds = sample_kinds();
  EXPECT_EQ(kinds.mask, 4);
  EXPECT_TRUE(kinds.is_special(0));
  EXPECT_FALSE(kinds.is_continuation(kFirstWord));
  EXPECT_TRUE(kinds.is_continuation(kFirstWord + kWords));
  EXPECT_TRUE(kinds.is_unused(kinds.size() - 1));
  EXPECT_EQ(kinds.ordinary.size(), static_cast<size_t>(kWords + kContinuations));
}

}  // namespace
}  // namespace lmkor::data
