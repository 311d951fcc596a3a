#include "lmkor/vocab/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

using testing::ElementsAre;

const bool kQuiet = (base::set_progress_style(base::ProgressStyle::kNone), true);

Counts counts_of(const std::map<std::string, uint64_t>& words) {
  Counts counts;
  for (const auto& [word, count] : words) {
    counts.words.push_back({word, count});
    counts.total += count;
  }
  std::sort(counts.words.begin(), counts.words.end(), [](const WordCount& a, const WordCount& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
  return counts;
}

TrainOptions options_of(int64_t size, int64_t unused = 0) {
  TrainOptions options;
  options.size = size;
  options.unused = unused;
  options.min_character_count = 1;
  return options;
}

std::vector<std::string> tokens_of(const std::map<std::string, uint64_t>& words, const TrainOptions& options) {
  return train(counts_of(words), options, {}).tokens;
}

std::string message_of(const std::map<std::string, uint64_t>& words, const TrainOptions& options) {
  try {
    train(counts_of(words), options, {});
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kData);
    return error.message();
  }
  return "";
}

// The rule written down with nothing but it: all pairs counted anew before each merge.
std::vector<std::string> naive(const std::map<std::string, uint64_t>& words, const TrainOptions& options) {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  std::set<char32_t> all, inner;
  std::map<char32_t, uint64_t> seen;
  for (const auto& [word, count] : words) {
    for (const char32_t c : text::to_utf32(word)) seen[c] += count;
  }
  const auto kept = [&](char32_t c) { return seen[c] >= static_cast<uint64_t>(options.min_character_count); };
  for (const auto& [word, count] : words) {
    const std::u32string chars = text::to_utf32(word);
    for (size_t i = 0; i < chars.size(); ++i) {
      if (kept(chars[i])) (i > 0 ? inner : all).insert(chars[i]), all.insert(chars[i]);
    }
  }
  for (const char32_t c : all) tokens.push_back(text::to_utf8({&c, 1}));
  for (const char32_t c : inner) tokens.push_back("##" + text::to_utf8({&c, 1}));
  const auto id_of = [&](const std::string& token) {
    return static_cast<uint32_t>(std::find(tokens.begin(), tokens.end(), token) - tokens.begin());
  };
  std::vector<std::pair<std::vector<uint32_t>, uint64_t>> rows;
  for (const auto& [word, count] : words) {
    rows.push_back({{}, count});
    const std::u32string chars = text::to_utf32(word);
    for (size_t i = 0; i < chars.size(); ++i) {
      if (kept(chars[i])) rows.back().first.push_back(id_of((i > 0 ? "##" : "") + text::to_utf8({&chars[i], 1})));
    }
  }
  while (static_cast<int64_t>(tokens.size()) < options.size - options.unused) {
    std::map<std::pair<uint32_t, uint32_t>, uint64_t> pairs;
    for (const auto& [row, count] : rows) {
      for (size_t i = 0; i + 1 < row.size(); ++i) pairs[{row[i], row[i + 1]}] += count;
    }
    std::pair<uint32_t, uint32_t> best;
    uint64_t best_count = 0;
    for (const auto& [pair, count] : pairs) {  // in order of ids: the first of equal ones stays
      if (count > best_count) best = pair, best_count = count;
    }
    if (best_count < static_cast<uint64_t>(options.min_frequency)) break;
    const std::string joined = tokens[best.first] + tokens[best.second].substr(2);
    if (id_of(joined) == tokens.size()) tokens.push_back(joined);
    const uint32_t made = id_of(joined);
    for (auto& [row, count] : rows) {
      std::vector<uint32_t> next;
      for (size_t i = 0; i < row.size(); ++i) {
        const bool here = i + 1 < row.size() && row[i] == best.first && row[i + 1] == best.second;
        next.push_back(here ? made : row[i]);
        i += here;
      }
      row = next;
    }
  }
  for (int64_t i = 0; i < options.unused; ++i) tokens.push_back(base::str("[unused", i, "]"));
  return tokens;
}

TEST(Train, OrderOfTokens) {
  EXPECT_THAT(tokens_of({{"나가", 3}, {"다", 1}}, options_of(12, 2)),
              ElementsAre("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "가", "나", "다", "##가", "나가", "[unused0]",
                          "[unused1]"));
}

TEST(Train, EqualCountsGoBySmallerIds) {
  const auto tokens = tokens_of({{"라가", 5}, {"나다", 5}, {"나가", 5}}, options_of(12));
  EXPECT_THAT(std::vector(tokens.begin() + 11, tokens.end()), ElementsAre("나가"));
}

TEST(Train, RebuiltPiecesKeepTheirId) {
  // ㅋㅋㅋ comes about as ㅋ + ##ㅋㅋ and as ㅋㅋ + ##ㅋ.
  const std::map<std::string, uint64_t> words = {{"ㅋㅋ", 9}, {"ㅋㅋㅋ", 8}, {"ㅋㅋㅋㅋ", 7}, {"ㅋㅋㅋㅋㅋ", 6}};
  for (int64_t size = 8; size <= 12; ++size) {
    const auto tokens = tokens_of(words, options_of(size));
    EXPECT_EQ(tokens, naive(words, options_of(size)));
    EXPECT_EQ(std::set<std::string>(tokens.begin(), tokens.end()).size(), tokens.size());
  }
}

TEST(Train, EqualsTheNaiveRuleOnRandomText) {
  const base::Random random(7, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 150; ++round) {
    const uint64_t letters = 2 + random.below(at++, 6);
    std::map<std::string, uint64_t> words;
    const uint64_t count = 5 + random.below(at++, 60);
    for (uint64_t i = 0; i < count; ++i) {
      std::u32string word;
      const uint64_t length = 1 + random.below(at++, 9);
      for (uint64_t j = 0; j < length; ++j) word.push_back(U"가나다라마ㅋab"[random.below(at++, letters)]);
      words[text::to_utf8(word)] += 1 + random.below(at++, 4);
    }
    TrainOptions options = options_of(1 << 20);
    options.min_frequency = 1 + static_cast<int64_t>(random.below(at++, 3));
    options.min_character_count = 1 + static_cast<int64_t>(random.below(at++, 8));
    const auto most = static_cast<int64_t>(naive(words, options).size());
    for (const int64_t less : {0, 1, 7}) {
      options.size = most - less;
      if (message_of(words, options).find("more characters") != std::string::npos) continue;
      ASSERT_EQ(tokens_of(words, options), naive(words, options)) << "round " << round;
    }
  }
}

TEST(Train, CountsAboveThirtyTwoBits) {
  const auto tokens = tokens_of({{"가나", 5'000'000'000}, {"다라", 4'999'999'999}}, options_of(12));
  EXPECT_EQ(tokens.back(), "가나");
  EXPECT_THAT(tokens_of({{"가나", 5'000'000'000}, {"다라", 4'999'999'999}}, options_of(13)).back(), "다라");
}

TEST(Train, RareCharactersAreLeftOut) {
  TrainOptions options = options_of(8);
  options.min_character_count = 3;
  const Trained trained = train(counts_of({{"가나", 3}, {"가漢", 2}}), options, {});
  EXPECT_THAT(std::vector(trained.tokens.begin() + 5, trained.tokens.end()), ElementsAre("가", "나", "##나"));
  EXPECT_EQ(trained.characters_seen, 3u);
  EXPECT_EQ(trained.characters_left_out, 1u);
  EXPECT_EQ(trained.character_count, 10u);
  EXPECT_EQ(trained.character_count_left_out, 2u);
}

TEST(Train, LargerThanTheTextAllows) {
  EXPECT_EQ(
      message_of({{"가나다", 3}, {"라", 1}}, options_of(42000, 2000)),
      "the text does not allow so large a vocabulary: got 13 possible pieces (5 special tokens, 4 characters, 2 ## "
      "characters, 2 merges seen at least 2 times), expected 40,000 (--size 42000 less --unused 2000); give more "
      "text, or --size 2013 or less");
}

TEST(Train, SmallerThanTheAlphabet) {
  EXPECT_EQ(
      message_of({{"가나다", 3}, {"라", 1}}, options_of(10, 1)),
      "the text has more characters than the vocabulary has room for: got 4 characters and 2 ## characters, expected "
      "at most 4 in all (--size 10 less --unused 1 and 5 special tokens); raise --size or --min-character-count");
}

TEST(Train, NoText) {
  EXPECT_EQ(message_of({}, options_of(10)), "the text holds no word: a vocabulary needs text to be trained on");
}

TEST(TrainOptions, RulesBetweenFields) {
  TrainOptions options = options_of(100, 95);
  config::Fields fields = config::Fields::of(options);
  config::Faults faults;
  fields.check(faults);
  EXPECT_THAT(faults.texts(), ElementsAre("unused: got 95 of a vocabulary of 100, expected at most 94, so that special "
                                          "tokens and a piece fit"));
}

}  // namespace
}  // namespace lmkor::vocab
