// A small vocabulary and folders of shards with random documents for the tests of this room.
#pragma once

#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/data/pieces.h"
#include "lmkor/data/shard_writer.h"

namespace lmkor::data {

namespace fs = std::filesystem;

constexpr int kFirstWord = 5, kWords = 100, kContinuations = 95;  // ids 5-104 and 105-199, then 10 unused

inline std::vector<std::string> sample_tokens() {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  for (int i = 0; i < kWords; ++i) tokens.push_back("w" + std::to_string(i));
  for (int i = 0; i < kContinuations; ++i) tokens.push_back("##c" + std::to_string(i));
  for (int i = 0; i < 10; ++i) tokens.push_back("[unused" + std::to_string(i) + "]");
  return tokens;
}

inline PieceKinds sample_kinds() { return piece_kinds(sample_tokens()); }

// An empty folder that is gone when the tests are over.
inline fs::path fresh_folder(const std::string& name) {
  struct Root {
    fs::path path = fs::path(testing::TempDir()) / ("lmkor-data-" + std::to_string(::getpid()));
    ~Root() { fs::remove_all(path); }
  };
  static const Root root;
  const fs::path dir = root.path / name;
  fs::remove_all(dir);
  fs::create_directories(dir);
  return dir;
}

inline std::string sample_sha256() { return base::sha256("sample vocabulary"); }

// Words of one to four pieces, sentences of one to `max_words` words, documents of one to six sentences.
inline std::vector<TokenizedDocument> sample_documents(size_t count, uint32_t seed, int max_words = 12) {
  std::mt19937 random(seed);
  const auto draw = [&](int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); };
  std::vector<TokenizedDocument> documents(count);
  for (TokenizedDocument& document : documents) {
    for (int sentences = draw(1, 6); sentences > 0; --sentences) {
      document.sentence_starts.push_back(static_cast<uint32_t>(document.ids.size()));
      for (int words = draw(1, max_words); words > 0; --words) {
        document.ids.push_back(static_cast<uint16_t>(draw(kFirstWord, kFirstWord + kWords - 1)));
        for (int more = draw(0, 3); more > 0; --more)
          document.ids.push_back(static_cast<uint16_t>(kFirstWord + kWords + draw(0, kContinuations - 1)));
      }
    }
    document.text_bytes = 3 * document.ids.size();
  }
  return documents;
}

// Every tenth document is held out.
inline Split sample_split(size_t index) { return index % 10 == 9 ? Split::kValidation : Split::kTrain; }

inline fs::path write_sample(const std::string& name, const std::vector<TokenizedDocument>& documents,
                             uint64_t shard_tokens = 1000) {
  const fs::path dir = fresh_folder(name);
  ShardWriter writer(dir, static_cast<int64_t>(sample_tokens().size()), sample_sha256(), shard_tokens);
  for (size_t i = 0; i < documents.size(); ++i) writer.add(sample_split(i), documents[i]);
  base::write_json(dir / "manifest.json", writer.finish());
  return dir;
}

// The text of the error that `run` throws, after its kind: "data: ...".
inline std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const base::Error& error) {
    return std::string(base::info(error.kind()).name) + ": " + error.message();
  }
  return "no error";
}

}  // namespace lmkor::data
