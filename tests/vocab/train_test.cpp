#include "lmkor/vocab/train.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "vocab/sample.h"

namespace lmkor::vocab {
namespace {

using testing::ElementsAre;

const bool kQuiet = (base::set_progress_style(base::ProgressStyle::kNone), true);

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

// The text of the error, "" if there is none.
std::string train_error(const std::map<std::string, uint64_t>& words, const TrainOptions& options) {
  try {
    train(counts_of(words), options, {});
  } catch (const base::Error& error) {
    EXPECT_EQ(error.kind(), base::ErrorKind::kData);
    return error.message();
  }
  return "";
}

// The rule written down with nothing but it: all pairs counted anew before each merge. A word is a row of characters
// in which nothing is joined across one that is left out, nor before a place in `cuts`.
using Cuts = std::map<std::string, std::vector<std::string>>;
std::vector<std::string> naive(const std::map<std::string, uint64_t>& all_words, const TrainOptions& options,
                               const Cuts& cuts = {}) {
  constexpr uint32_t kGap = 0xFFFFFFFF;
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
  std::set<char32_t> all, inner;
  std::map<char32_t, uint64_t> seen;
  uint64_t total = 0;
  for (const auto& [word, count] : all_words) {
    for (const char32_t c : text::to_utf32(word)) seen[c] += count, total += count;
  }
  std::set<char32_t> kept;
  for (const auto& [c, count] : seen) {
    // what is more frequent than c, or as frequent and of a smaller code point, makes up less than the wanted share
    uint64_t before = 0;
    for (const auto& [other, times] : seen) {
      if (times > count || (times == count && other < c)) before += times;
    }
    const bool wanted = options.alphabet_coverage >= 1 ||
                        static_cast<double>(before) < options.alphabet_coverage * static_cast<double>(total);
    if (wanted && count >= static_cast<uint64_t>(options.min_character_count)) kept.insert(c);
  }
  for (const auto& [word, count] : all_words) {
    const std::u32string chars = text::to_utf32(word);
    for (size_t i = 0; i < chars.size(); ++i) {
      if (kept.count(chars[i]) > 0) (i > 0 ? inner : all).insert(chars[i]), all.insert(chars[i]);
    }
  }
  for (const char32_t c : all) tokens.push_back(text::to_utf8({&c, 1}));
  for (const char32_t c : inner) tokens.push_back("##" + text::to_utf8({&c, 1}));
  const auto id_of = [&](const std::string& token) {
    return static_cast<uint32_t>(std::find(tokens.begin(), tokens.end(), token) - tokens.begin());
  };
  for (const std::string& term : options.keep) {
    if (id_of(term) == tokens.size()) tokens.push_back(term);
  }
  std::vector<std::pair<std::vector<uint32_t>, uint64_t>> rows;
  for (const auto& [word, count] : all_words) {
    const std::u32string chars = text::to_utf32(word);
    if (count < static_cast<uint64_t>(options.min_count)) continue;
    if (options.max_word_length > 0 && static_cast<int64_t>(chars.size()) > options.max_word_length) continue;
    std::set<size_t> gaps;
    if (const auto parts = cuts.find(word); parts != cuts.end()) {
      size_t place = 0;
      for (const std::string& part : parts->second) gaps.insert(place += text::count_code_points(part));
    }
    rows.push_back({{}, count});
    for (size_t i = 0; i < chars.size(); ++i) {
      if (gaps.count(i) > 0) rows.back().first.push_back(kGap);
      rows.back().first.push_back(
          kept.count(chars[i]) == 0 ? kGap : id_of((i > 0 ? "##" : "") + text::to_utf8({&chars[i], 1})));
    }
  }
  while (static_cast<int64_t>(tokens.size()) < options.size - options.unused) {
    std::map<std::pair<uint32_t, uint32_t>, uint64_t> pairs;
    for (const auto& [row, count] : rows) {
      for (size_t i = 0; i + 1 < row.size(); ++i) {
        if (row[i] != kGap && row[i + 1] != kGap) pairs[{row[i], row[i + 1]}] += count;
      }
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

std::map<std::string, uint64_t> random_words(const base::Random& random, uint64_t& at) {
  const uint64_t letters = 2 + random.below(at++, 6);
  std::map<std::string, uint64_t> words;
  const uint64_t count = 5 + random.below(at++, 60);
  for (uint64_t i = 0; i < count; ++i) {
    std::u32string word;
    const uint64_t length = 1 + random.below(at++, 9);
    for (uint64_t j = 0; j < length; ++j) word.push_back(U"가나다라마ㅋab"[random.below(at++, letters)]);
    words[text::to_utf8(word)] += 1 + random.below(at++, 4);
  }
  return words;
}

TEST(Train, EqualsTheNaiveRuleOnRandomText) {
  const TemporaryFolder dir;
  const base::Random random(7, base::RandomUse::kGenerate);
  uint64_t at = 0;
  for (int round = 0; round < 150; ++round) {
    const auto words = random_words(random, at);
    TrainOptions options = options_of(1 << 20);
    options.min_frequency = 1 + static_cast<int64_t>(random.below(at++, 3));
    options.min_character_count = 1 + static_cast<int64_t>(random.below(at++, 8));
    if (round % 3 == 1) {
      options.min_count = 1 + static_cast<int64_t>(random.below(at++, 3));
      options.max_word_length = static_cast<int64_t>(random.below(at++, 9));
      options.alphabet_coverage = 0.5 + 0.5 * static_cast<double>(random.below(at++, 9)) / 8;
      for (uint64_t n = random.below(at++, 4); n > 0; --n) {
        auto word = std::next(words.begin(), static_cast<ptrdiff_t>(random.below(at++, words.size())));
        options.keep.push_back((n == 2 ? "##" : "") + word->first);
      }
    }
    Cuts cuts;
    if (round % 3 == 2) {
      std::ofstream file(dir.path() / "morphemes.tsv");
      for (const auto& [word, count] : words) {
        const std::u32string chars = text::to_utf32(word);
        if (chars.size() < 2) continue;
        const size_t first = 1 + random.below(at++, chars.size() - 1);
        cuts[word] = {text::to_utf8(chars.substr(0, first)), text::to_utf8(chars.substr(first))};
        file << word << "\t" << cuts[word][0] << " " << cuts[word][1] << "\n";
      }
      options.pre_split = {"morphemes", dir.path() / "morphemes.tsv"};
    }
    const auto most = static_cast<int64_t>(naive(words, options, cuts).size());
    for (const int64_t less : {0, 1, 7}) {
      options.size = most - less;
      if (train_error(words, options).find("more characters") != std::string::npos) continue;
      const std::vector<std::string> expected = naive(words, options, cuts);
      ASSERT_EQ(tokens_of(words, options), expected) << "round " << round;
      ASSERT_EQ(train(counts_of(words), options, {}, {1, 1, dir.path()}).tokens, expected) << "words on disk";
    }
  }
  EXPECT_TRUE(std::filesystem::remove(dir.path() / "morphemes.tsv"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Train, WeightsDecide) {
  // "가나" is seen twice in text of weight 0.5 (units of 1/2), "다라" once in text of weight 1.5.
  const auto tokens = train(counts_of({{"가나", 2}, {"다라", 3}}, 2),
                            [] {
                              TrainOptions options = options_of(13);
                              options.min_frequency = 1;
                              return options;
                            }(),
                            {})
                          .tokens;
  EXPECT_THAT(std::vector(tokens.begin() + 11, tokens.end()), ElementsAre("다라", "가나"));
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
  ASSERT_EQ(trained.alphabet.size(), 3u);
  EXPECT_EQ(trained.alphabet[0].code_point, U'漢');
  EXPECT_FALSE(trained.alphabet[0].kept);
  EXPECT_EQ(trained.alphabet[0].count, 2u);
  EXPECT_EQ(trained.cut_words.different, 1u);
  EXPECT_EQ(trained.cut_words.count, 2u);
}

TEST(Train, LargerThanTheTextAllows) {
  EXPECT_EQ(
      train_error({{"가나다", 3}, {"라", 1}}, options_of(42000, 2000)),
      "the text does not allow so large a vocabulary: got 13 possible pieces (5 special tokens, 4 characters, 2 ## "
      "characters, 2 merges seen at least 2 times), expected 40,000 (--size 42000 less --unused 2000); give more "
      "text, or --size 2013 or less");
}

TEST(Train, SmallerThanTheAlphabet) {
  EXPECT_EQ(
      train_error({{"가나다", 3}, {"라", 1}}, options_of(10, 1)),
      "the text has more characters than the vocabulary has room for: got 4 characters and 2 ## characters, expected "
      "at most 4 in all (--size 10 less --unused 1 and 5 special tokens); raise --size to 12 or more, raise "
      "--min-character-count or lower --alphabet-coverage");
}

TEST(Train, NoText) {
  EXPECT_EQ(train_error({}, options_of(10)), "the text holds no word: a vocabulary needs text to be trained on");
}

TEST(Train, NothingIsJoinedAcrossALeftOutCharacter) {
  TrainOptions options = options_of(9);
  options.min_character_count = 3;
  options.min_frequency = 1;
  // 가漢나 loses 漢: 가 and 나 do not come to stand together.
  EXPECT_EQ(
      train_error({{"가漢나", 2}, {"가", 2}, {"나", 2}}, options),
      "the text does not allow so large a vocabulary: got 8 possible pieces (5 special tokens, 2 characters, 1 ## "
      "characters, 0 merges seen at least 1 times), expected 9 (--size 9 less --unused 0); give more text, or "
      "--size 8 or less");
}

TEST(Train, KeptTermsComeBeforeMerges) {
  TrainOptions options = options_of(13);
  options.keep = {"한국어", "##습니다", "BERT"};
  const Trained trained = train(counts_of({{"가나", 3}, {"다", 2}}), options, {});
  EXPECT_THAT(std::vector(trained.tokens.begin() + 9, trained.tokens.end()),
              ElementsAre("한국어", "##습니다", "bert", "가나"));
  EXPECT_EQ(trained.kept_terms, 3u);
}

TEST(Train, KeptTermsOfSeveralWords) {
  TrainOptions options = options_of(14);
  for (const auto& [term, text] : std::map<std::string, std::string>{
           {"C++", "got 3 words (c + +)"}, {"한국 어", "got 2 words (한국 어)"}, {"", "got 0 words ()"}}) {
    options.keep = {term};
    EXPECT_EQ(error_text(base::ErrorKind::kUsage,
                         [&] {
                           train(counts_of({{"가나", 3}}), options, {});
                         }),
              base::str("--keep \"", term, "\": ", text,
                        ", expected one: the tokenizer divides text at blanks and punctuation before it looks for "
                        "pieces"));
  }
}

TEST(Train, EojeolsAreSplitWhereTheScriptChanges) {
  TrainOptions options = options_of(1000);
  options.pre_split = {"eojeol"};
  const std::map<std::string, uint64_t> words = {{"bert는", 9}, {"2024년", 9}, {"한국어는", 9}, {"ㅋㅋ좋다", 9}};
  const std::string error = train_error(words, options);
  options.size = std::stoi(error.substr(error.find("give more text, or --size ") + 26));
  std::string all;
  for (const std::string& token : tokens_of(words, options)) all += token + " ";
  EXPECT_THAT(all, testing::HasSubstr(" bert "));
  EXPECT_THAT(all, testing::HasSubstr(" 2024 "));
  EXPECT_THAT(all, testing::HasSubstr(" 한국어는 "));
  EXPECT_THAT(all, testing::HasSubstr(" ##좋다 "));
  for (const char* crossing : {"bert는", "t는", "2024년", "4년", "ㅋ좋"})
    EXPECT_THAT(all, testing::Not(testing::HasSubstr(crossing)));
}

TEST(Train, FilesOfMorphemes) {
  const TemporaryFolder dir;
  const std::string path = (dir.path() / "m.tsv").string();
  const auto error_of = [&](const std::string& bytes) {
    std::ofstream(path) << bytes;
    TrainOptions options = options_of(20);
    options.pre_split = {"morphemes", path};
    return train_error({{"가나", 3}}, options);
  };
  EXPECT_EQ(error_of("먹었다\t먹 었 다\n먹었다 먹 었 다\n"),
            path + ":2: got \"먹었다 먹 었 다\", expected WORD<tab>PART PART...");
  EXPECT_EQ(error_of("먹었다\t먹 었\n"), path + ":1: got parts that join to \"먹었\", expected \"먹었다\"");
  EXPECT_EQ(error_of("BERT\tBERT\n"),
            path + ":1: got \"BERT\", expected one word as in a file of counts (lower case, without punctuation)");
}

TEST(TrainOptions, RulesBetweenFields) {
  TrainOptions options = options_of(100, 95);
  config::Fields fields = config::Fields::of(options);
  config::Faults faults;
  fields.check(faults);
  EXPECT_THAT(faults.texts(), ElementsAre("unused: got 95 of a vocabulary of 100, expected at most 94, so that special "
                                          "tokens and a piece fit"));
}

TEST(TrainOptions, PreSplit) {
  for (const auto& setting : std::vector<std::vector<std::string>>{{"words"}, {"morphemes"}, {"none", "file"}, {}}) {
    TrainOptions options = options_of(100);
    options.pre_split = setting;
    config::Fields fields = config::Fields::of(options);
    config::Faults faults;
    fields.check(faults);
    EXPECT_THAT(faults.texts(), ElementsAre(base::str("pre_split: got \"", base::join(setting, " "),
                                                      "\", expected none, eojeol or morphemes FILE")));
  }
}

}  // namespace
}  // namespace lmkor::vocab
