// Speed of what a build does to each document, on one thread and in processor time: language, cleaning, sentences,
// filters, exact dedup, one after another over a batch of documents. Files are read and parsed before.
//
//   clean_speed FILE...            MB are 10^6 bytes of the documents' text as it came
#include <cstdio>
#include <ctime>
#include <span>
#include <string>
#include <vector>

#include "lmkor/base/error.h"
#include "lmkor/corpus/clean.h"
#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/filter.h"
#include "lmkor/corpus/language.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/text/sentence.h"

namespace {

using namespace lmkor;

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

constexpr size_t kBatchBytes = 64 << 10;  // stays in the caches, as a document does in a build
enum Part { kLanguage, kClean, kSentences, kFilter, kDedup, kParts };
constexpr const char* kNames[kParts] = {"language", "clean", "sentences", "filter", "dedup"};

struct Sums {
  double seconds[kParts] = {};
  uint64_t documents = 0, sentences = 0, filtered = 0, repeated = 0;
  double bytes = 0;
};

struct Tools {
  corpus::CleanOptions clean_options;
  corpus::FilterOptions filter_options;
  corpus::Cleaner cleaner{clean_options, corpus::character_set(clean_options)};
  corpus::FactCounter facts{filter_options.max_repeated_share};
  corpus::SentenceSet seen;
  std::vector<std::string> cleaned;  // grows to a batch, then is used again
};

// One pass of each part over `texts`.
void measure(const std::vector<std::string>& texts, Tools& tools, Sums& sums) {
  auto& [clean_options, filter_options, cleaner, facts, seen, buffers] = tools;
  double at = processor_seconds();
  const auto lap = [&](Part part) {
    const double now = processor_seconds();
    sums.seconds[part] += now - at;
    at = now;
  };
  std::vector<bool> korean;
  for (const std::string& text : texts) {
    const std::string language = corpus::detect_language(text, filter_options.min_language_hangul);
    korean.push_back(language == "ko" || language == "un");
  }
  lap(kLanguage);
  size_t count = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    sums.bytes += static_cast<double>(texts[i].size());
    if (!korean[i]) continue;
    if (count == buffers.size()) buffers.emplace_back();
    buffers[count++].assign(cleaner.clean(texts[i]).text);
  }
  const std::span<const std::string> cleaned(buffers.data(), count);
  lap(kClean);
  std::vector<std::string_view> sentences, kept;
  for (const std::string& text : cleaned) text::split_sentences(text, sentences);
  for (std::string_view& sentence : sentences) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\n'; };
    while (!sentence.empty() && is_blank(sentence.back())) sentence.remove_suffix(1);
  }
  lap(kSentences);
  for (const std::string_view sentence : sentences) {
    if (first_rule(corpus::sentence_rules(), facts.count(sentence), filter_options) < 0) kept.push_back(sentence);
  }
  uint64_t dropped = 0;
  for (const std::string& text : cleaned)
    dropped += first_rule(corpus::document_rules(), facts.count_document(text), filter_options) >= 0;
  lap(kFilter);
  std::vector<base::Hash128> hashes;
  for (const std::string_view sentence : kept) hashes.push_back(corpus::sentence_hash(sentence));
  constexpr size_t kAhead = 16;
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (i + kAhead < hashes.size()) seen.prefetch(hashes[i + kAhead]);
    sums.repeated += !seen.insert(hashes[i]);
  }
  lap(kDedup);
  sums.documents += texts.size();
  sums.sentences += sentences.size();
  sums.filtered += sentences.size() - kept.size() + dropped;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Tools tools;
    for (int i = 1; i < argc; ++i) {
      corpus::Reader reader({argv[i]}, {});
      corpus::Document document;
      std::vector<std::string> texts;
      Sums sums;
      for (size_t bytes = 0; reader.next(document); bytes += document.text.size()) {
        if (bytes > kBatchBytes) {
          measure(texts, tools, sums);
          texts.clear();
          bytes = 0;
        }
        texts.push_back(document.text);
      }
      measure(texts, tools, sums);
      double total = 0;
      for (const double seconds : sums.seconds) total += seconds;
      std::printf("%s: %.1f MB, %.0f MB/s (", argv[i], sums.bytes / 1e6, sums.bytes / 1e6 / total);
      for (int part = 0; part < kParts; ++part) {
        std::printf("%s%s %.2f ns/B", part > 0 ? ", " : "", kNames[part], sums.seconds[part] / sums.bytes * 1e9);
      }
      std::printf("); %llu documents, %llu sentences, %llu filtered, %llu repeated\n",
                  static_cast<unsigned long long>(sums.documents), static_cast<unsigned long long>(sums.sentences),
                  static_cast<unsigned long long>(sums.filtered), static_cast<unsigned long long>(sums.repeated));
    }
  } catch (const base::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return base::info(error.kind()).exit_code;
  }
}
