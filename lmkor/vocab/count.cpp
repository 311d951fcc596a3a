#include "lmkor/vocab/count.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>

#include "lmkor/base/compress.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/vocab/word_table.h"

namespace lmkor::vocab {
namespace {

constexpr size_t kBatchBytes = size_t{1} << 20;

using tokenizer::Pretokenizer;

// What one thread has counted: raw stretches, so that each different one is normalised once.
struct Tally {
  WordTable stretches;
  std::array<uint64_t, 128> punctuation{};
  uint64_t bytes = 0, eojeols = 0;

  void add(const Pretokenizer& pretokenizer, std::string_view text) {
    bytes += text.size();
    bool blank = true;
    for (const char byte : text) {
      const bool now = pretokenizer.byte_class(byte) == Pretokenizer::kSpace;
      eojeols += blank && !now;
      blank = now;
    }
    pretokenizer.cut(
        text, [&](std::string_view stretch) { stretches.add(stretch, 1); },
        [&](char byte) { ++punctuation[static_cast<unsigned char>(byte)]; });
  }
};

WordTable normalised(const Pretokenizer& pretokenizer, const Tally& tally) {
  WordTable words;
  tokenizer::Words split;
  std::string utf8;
  tally.stretches.each([&](std::string_view stretch, uint64_t count) {
    pretokenizer.split(stretch, split);
    for (const tokenizer::Words::Word& word : split.words) {
      utf8.clear();
      for (uint32_t i = word.begin; i < word.end; ++i) text::append_utf8(utf8, split.chars[i]);
      words.add(utf8, count);
    }
  });
  for (size_t byte = 0; byte < tally.punctuation.size(); ++byte) {
    const char c = static_cast<char>(byte);
    if (tally.punctuation[byte] > 0) words.add({&c, 1}, tally.punctuation[byte]);
  }
  return words;
}

// Tallies that are lent to whichever thread works next.
class Tallies {
 public:
  std::unique_ptr<Tally> take() {
    const std::lock_guard lock(mutex_);
    if (all_.empty()) return std::make_unique<Tally>();
    auto tally = std::move(all_.back());
    all_.pop_back();
    return tally;
  }
  void give(std::unique_ptr<Tally> tally) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(tally));
  }
  std::vector<std::unique_ptr<Tally>>& all() { return all_; }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Tally>> all_;
};

}  // namespace

Counts count_words(const std::function<bool(std::string& text)>& next, const tokenizer::Settings& settings,
                   int threads) {
  const Pretokenizer pretokenizer(settings);
  Tallies tallies;
  Counts out;
  using Batch = std::vector<std::string>;
  bool ended = false;
  const auto produce = [&]() -> std::optional<Batch> {
    base::check_interrupt();
    Batch batch;
    std::string text;
    for (size_t bytes = 0; bytes < kBatchBytes && !ended;) {
      ended = !next(text);
      if (ended) break;
      bytes += text.size() + 1;
      batch.push_back(std::move(text));
    }
    if (batch.empty()) return std::nullopt;
    return batch;
  };
  const auto count = [&](Batch&& batch) {
    auto tally = tallies.take();
    for (const std::string& text : batch) tally->add(pretokenizer, text);
    tallies.give(std::move(tally));
    return batch.size();
  };
  base::ordered_pipeline<Batch, size_t>(threads, produce, count, [&](size_t&& texts) { out.texts += texts; });

  auto& all = tallies.all();
  std::vector<WordTable> tables(all.size());
  base::parallel_for(all.size(), threads, [&](size_t i) {
    tables[i] = normalised(pretokenizer, *all[i]);
    all[i]->stretches = {};
  });
  for (const auto& tally : all) {
    out.bytes += tally->bytes;
    out.eojeols += tally->eojeols;
  }
  WordTable words;
  if (!tables.empty()) words = std::move(tables[0]);
  for (size_t i = 1; i < tables.size(); ++i) {
    tables[i].each([&](std::string_view word, uint64_t seen) { words.add(word, seen); });
    tables[i] = {};
  }
  base::check_interrupt();
  out.words.reserve(words.size());
  words.each([&](std::string_view word, uint64_t seen) {
    out.words.push_back({std::string(word), seen});
    out.total += seen;
  });
  std::sort(out.words.begin(), out.words.end(), [](const WordCount& a, const WordCount& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return out;
}

void write_counts(const std::filesystem::path& path, const Counts& counts) {
  base::OutputFile file(path);
  std::string lines;
  for (const WordCount& word : counts.words) {
    lines += base::str(word.count, '\t', word.word, '\n');
    if (lines.size() < kBatchBytes) continue;
    base::check_interrupt();
    file.write(lines);
    lines.clear();
  }
  file.write(lines);
  file.commit();
}

}  // namespace lmkor::vocab
