// A folder of shards with a tokenizer beside it, and small jobs over it, for the tests of training.
#pragma once

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "data/sample.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/train/trainer.h"

namespace lmkor::train {

namespace fs = std::filesystem;

// Shards of documents whose words follow each other: the word after w<k> is w<k+1>, so that there is something to
// learn.
inline fs::path make_shards(const std::string& name, size_t documents = 200) {
  const fs::path dir = data::fresh_folder(name);
  const auto tokens = data::sample_tokens();
  tokenizer::write_folder(dir / "tokenizer", tokens, {});
  const auto tokenizer = tokenizer::Tokenizer::load(dir / "tokenizer");
  data::ShardWriter writer(dir, tokenizer.size(), tokenizer.vocab_sha256(), 1'000'000);
  std::mt19937 random(7);
  for (size_t i = 0; i < documents; ++i) {
    data::TokenizedDocument document;
    document.sentence_starts.push_back(0);
    int word = static_cast<int>(random() % data::kWords);
    for (size_t left = 6 + random() % 20; left > 0; --left, word = (word + 1) % data::kWords) {
      if (word % 6 == 0 && !document.ids.empty())
        document.sentence_starts.push_back(static_cast<uint32_t>(document.ids.size()));
      document.ids.push_back(static_cast<uint16_t>(data::kFirstWord + word));
      if (word % 3 == 0) {
        document.ids.push_back(static_cast<uint16_t>(data::kFirstWord + data::kWords + word % data::kContinuations));
      }
    }
    document.text_bytes = 3 * document.ids.size();
    writer.add(data::sample_split(i), document);
  }
  base::write_json(dir / "manifest.json", writer.finish());
  return dir;
}

inline PretrainJob small_job(const std::string& family, const fs::path& shards, const fs::path& output) {
  PretrainJob job;
  job.data = {{shards}};
  job.output = output;
  job.config.family = family;
  job.config.hidden_size = 32;
  job.config.embedding_size = family == "bert" ? 0 : 16;
  job.config.num_hidden_layers = 2;
  job.config.num_attention_heads = 4;
  job.config.intermediate_size = 64;
  job.config.max_position_embeddings = 64;
  job.generator.size = 0.5;
  job.train.steps = 8;
  job.train.sequence_length = 32;
  job.train.batch_sequences = 6;
  job.train.log_every_steps = 1;
  job.train.checkpoint_every_steps = 3;
  job.train.schedule.learning_rate = 2e-3;
  job.settings = {{"family", family}};
  return job;
}

// Lines of metrics.jsonl without what depends on the clock.
inline std::vector<base::Json> figures(const fs::path& run) {
  std::vector<base::Json> out;
  std::ifstream file(run / "metrics.jsonl");
  for (std::string text; std::getline(file, text);) {
    base::Json line = base::parse_json(text, "metrics.jsonl");
    for (const char* key : {"seconds", "tokens_per_second", "waiting_share", "flops_per_second", "utilisation"})
      line.erase(key);
    out.push_back(std::move(line));
  }
  return out;
}

// Trains with a stop asked for after every update, going on until it is finished.
inline base::Json stop_and_go(const PretrainJob& job, int& stops) {
  while (true) {
    try {
      base::set_interrupted(SIGINT);  // every run makes one update, saves and stops
      const base::Json result = pretrain(job);
      base::set_interrupted(0);
      return result;
    } catch (const base::Error& error) {
      base::set_interrupted(0);
      EXPECT_EQ(error.kind(), base::ErrorKind::kInterrupted) << error.what();
      if (++stops > 40) throw;
    }
  }
}

inline std::string bytes_of(const fs::path& path) { return base::read_file(path); }

}  // namespace lmkor::train
