// The fast path against the slow one: every kernel of this processor, every length of words and texts, caches that
// overflow; and that it does not allocate.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/cpu/units.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace {
std::atomic<int64_t> allocations = 0;
}

// Both pairs come from malloc; g++ 12 does not see through its own inlining.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(size_t bytes) {
  ++allocations;
  if (void* const memory = std::malloc(bytes)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace lmkor::tokenizer {
namespace {

Tokenizer make(Settings settings = {}) {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]",  "[SEP]", "[MASK]",
                                     "##가a", "가나",  "##나가", "漢",    "."};
  for (const char* c : {"a", "b", "가", "나", "ㅋ", "é", "-", "1", "##ㅋㅋ"}) {
    tokens.push_back(c);
    tokens.push_back(base::str("##", c));
  }
  return Tokenizer::from_files({std::move(tokens), std::move(settings), {}}, "test");
}

class Words {
 public:
  explicit Words(uint64_t seed) : random_(seed, base::RandomUse::kGenerate) {}
  uint64_t below(uint64_t n) { return random_.below(at_++, n); }
  // Mostly short and simple; now and then long, odd or broken.
  std::string word(uint64_t longest = 9) {
    static const std::vector<std::string> parts = {"a", "b", "가",     "나",     "ㅋ",       "1",
                                                   "A", "É", "漢",     "x",      "·",        ".",
                                                   "-", " ", "\u200b", "\u3000", "\x80\xEA", "\xF0\x9F\x98\x80"};
    std::string out;
    const uint64_t length = 1 + below(below(50) == 0 ? 150 : longest);
    const uint64_t kinds = below(4) == 0 ? parts.size() : 7;
    for (uint64_t i = 0; i < length; ++i) out += parts[below(kinds)];
    return out;
  }
  std::string text(uint64_t words) {
    std::string out;
    for (uint64_t i = 0; i < words; ++i) out += word() + (below(5) == 0 ? ".\n" : " ");
    return out;
  }

 private:
  base::Random random_;
  uint64_t at_ = 0;
};

std::vector<int32_t> slowly(const Tokenizer& tokenizer, std::string_view text) {
  Tokenizer::Scratch scratch(0);
  return tokenizer.encode(text, scratch, {.offsets = true}).ids;
}

class Kernel : public testing::TestWithParam<const cpu::Kernel*> {};
INSTANTIATE_TEST_SUITE_P(, Kernel, testing::ValuesIn(cpu::kernels().begin(), cpu::kernels().end()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST(Kernels, TheLastRunsEverywhere) { EXPECT_STREQ(cpu::kernels().back()->name, "portable"); }

TEST_P(Kernel, CutsAsByteByByte) {
  Words words(1);
  cpu::Separators separators;
  for (const char c : {' ', '\t', '\n', '\r'}) separators.spaces.add(c);
  for (const char c : {'.', ',', '-', '~', '!', '@', '\x7F'}) separators.marks.add(c);
  std::vector<char> memory(cpu::kBlockBytes + 2 * cpu::kPadding, 'q');
  auto units = std::make_unique<cpu::Units>();
  for (size_t size = 0; size < 400; ++size) {
    char* const text = memory.data() + cpu::kPadding;
    const uint64_t spread = 2 + words.below(200);
    for (size_t i = 0; i < size; ++i)
      text[i] = " .-\t@~!,"[std::min<uint64_t>(words.below(spread), 7)] ^ (words.below(3) ? 'a' : 0);
    GetParam()->cut(separators, text, size, *units);
    std::vector<std::pair<size_t, size_t>> want;
    bool inside = false;
    for (size_t i = 0; i < size; ++i) {
      const auto c = static_cast<uint8_t>(text[i]);
      const bool mark = separators.marks.has(c), word = !mark && !separators.spaces.has(c);
      if (word && inside) ++want.back().second;
      if (mark || (word && !inside)) want.emplace_back(i, i + 1);
      inside = word;
      ASSERT_LE(units->rank(i), want.size());
    }
    ASSERT_EQ(units->count, want.size());
    size_t words = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const auto [begin, end] = want[i];
      ASSERT_EQ(units->rank(begin), i);
      if (separators.marks.has(static_cast<uint8_t>(text[begin]))) {
        ASSERT_EQ(units->places[i], static_cast<uint8_t>(text[begin])) << size;
        continue;
      }
      ASSERT_LT(words, units->words);
      ASSERT_EQ(units->numbers[words], i) << size;
      ASSERT_EQ(units->begins[words], begin) << size;
      ASSERT_EQ(units->ends[words], end) << size;
      ++words;
    }
    ASSERT_EQ(units->words, words);
    ASSERT_EQ(units->rank(size), want.size());
  }
}

TEST_P(Kernel, GivesTheIdsOfTheSlowPath) {
  Words words(2);
  for (const bool lowercase : {true, false}) {
    for (const std::optional<bool> strip : {std::optional<bool>(false), std::optional<bool>()}) {
      Settings settings;
      settings.lowercase = lowercase;
      settings.strip_accents = strip;
      settings.clean_text = lowercase;
      const Tokenizer tokenizer = make(settings);
      Tokenizer::Scratch scratch(Tokenizer::Scratch::kCacheBytes, GetParam());
      for (int round = 0; round < 60; ++round) {
        const std::string text = words.text(round < 50 ? words.below(40) : 8000);
        std::vector<int32_t> ids;
        tokenizer.encode(text, scratch, ids);
        ASSERT_EQ(ids, slowly(tokenizer, text)) << text.substr(0, 2000);
      }
    }
  }
}

// More characters than a packed node of the trie can tell apart, and fewer.
TEST_P(Kernel, KnowsVocabulariesOfAnySize) {
  for (const char32_t characters : {3000, 5000}) {
    const auto syllable = [&](uint64_t i) {
      const auto c = static_cast<char32_t>(0xAC00 + i % characters);
      return text::to_utf8({&c, 1});
    };
    Words random(6);
    std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (char32_t i = 0; i < characters; ++i) {
      if (i % 50 != 0) tokens.push_back(syllable(i));
      if (i % 40 != 0) tokens.push_back("##" + syllable(i));
    }
    for (int i = 0; i < 20000; ++i) {
      std::string token = i % 2 == 0 ? "##" : "";
      for (uint64_t length = 2 + random.below(4); length > 0; --length) token += syllable(random.below(60));
      tokens.push_back(token);
    }
    std::sort(tokens.begin() + 5, tokens.end());
    tokens.erase(std::unique(tokens.begin() + 5, tokens.end()), tokens.end());
    const Tokenizer tokenizer = Tokenizer::from_files({tokens, {}, {}}, "test");
    Tokenizer::Scratch scratch(Tokenizer::Scratch::kCacheBytes, GetParam());
    std::string text;
    for (int i = 0; i < 20000; ++i) {
      const uint64_t range = random.below(3) == 0 ? characters : 60;
      for (uint64_t length = 1 + random.below(20); length > 0; --length) text += syllable(random.below(range));
      text += ' ';
    }
    std::vector<int32_t> ids;
    tokenizer.encode(text, scratch, ids);
    ASSERT_EQ(ids, slowly(tokenizer, text)) << static_cast<uint32_t>(characters);
  }
}

TEST_P(Kernel, ForgetsOldWordsAndStaysExact) {
  Words words(3);
  const Tokenizer tokenizer = make();
  // 256 places: the ring wraps hundreds of times.
  Tokenizer::Scratch scratch(8192, GetParam());
  std::vector<std::string> known;
  for (int i = 0; i < 3000; ++i) known.push_back(words.word(30));
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += known[words.below(1 + words.below(known.size()))] + ' ';
    std::vector<int32_t> ids;
    tokenizer.encode(text, scratch, ids);
    ASSERT_EQ(ids, slowly(tokenizer, text));
  }
}

TEST_P(Kernel, ABatchIsItsTexts) {
  Words words(4);
  const Tokenizer tokenizer = make();
  Tokenizer::Scratch scratch(Tokenizer::Scratch::kCacheBytes, GetParam());
  std::vector<std::string> texts;
  for (int i = 0; i < 3000; ++i) texts.push_back(words.below(6) == 0 ? "" : words.text(words.below(12)));
  // Around the size of a block: words that fit it just so, do not fit it, and texts that end with it.
  for (const size_t size :
       {cpu::kBlockBytes - 2, cpu::kBlockBytes - 1, cpu::kBlockBytes, cpu::kBlockBytes + 1, 5 * cpu::kBlockBytes}) {
    texts.push_back(std::string(size, 'a'));
    texts.push_back(std::string(size, '.'));
    texts.push_back("b " + std::string(size, 'a') + " b");
    texts.push_back(std::string(size - 3, ' ') + "가나");
    texts.push_back(words.text(size / 8));
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  FlatIds<uint16_t> flat;
  FlatIds<int32_t> wide;
  for (int round = 0; round < 2; ++round) {
    tokenizer.encode_batch(views, scratch, flat);
    tokenizer.encode_batch(views, scratch, wide);
    ASSERT_EQ(flat.ends.size(), texts.size());
    ASSERT_EQ(flat.ends, wide.ends);
    ASSERT_TRUE(std::equal(flat.ids.begin(), flat.ids.end(), wide.ids.begin(), wide.ids.end()));
    uint64_t begin = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<int32_t> got(wide.ids.begin() + static_cast<ptrdiff_t>(begin),
                                     wide.ids.begin() + static_cast<ptrdiff_t>(wide.ends[i]));
      ASSERT_EQ(got, slowly(tokenizer, texts[i])) << i;
      begin = wide.ends[i];
    }
    ASSERT_EQ(begin, wide.ids.size());
  }
}

TEST_P(Kernel, DoesNotAllocateOnceItIsWarm) {
  Words words(5);
  const Tokenizer tokenizer = make();
  Tokenizer::Scratch scratch(Tokenizer::Scratch::kCacheBytes, GetParam());
  std::vector<std::string> texts;
  for (int i = 0; i < 2000; ++i) texts.push_back(words.text(words.below(30)));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  FlatIds<uint16_t> flat;
  Encoding encoding;
  std::vector<int32_t> ids;
  const auto run = [&] {
    tokenizer.encode_batch(views, scratch, flat);
    for (size_t i = 0; i + 1 < views.size(); i += 2) {
      ids.clear();
      tokenizer.encode(views[i], scratch, ids);
      tokenizer.encode(views[i], &views[i + 1], scratch, {.add_special = true, .max_length = 20}, encoding);
    }
  };
  for (int i = 0; i < 3; ++i) run();
  const int64_t before = allocations;
  for (int i = 0; i < 3; ++i) run();
  EXPECT_EQ(allocations - before, 0);
}

TEST(BlockEncoder, NarrowIdsNeedASmallVocabulary) {
  std::vector<std::string> tokens = {"[UNK]"};
  for (int i = 1; i < 70000; ++i) tokens.push_back(base::str("w", i));
  tokens.push_back(".");  // a mark whose id is wide
  const Tokenizer tokenizer = Tokenizer::from_files({tokens, {}, {}}, "test");
  Tokenizer::Scratch scratch;
  const std::string_view text = "w65535. w65536..w1";
  FlatIds<int32_t> wide;
  for (int round = 0; round < 2; ++round) tokenizer.encode_batch<int32_t>({&text, 1}, scratch, wide);
  EXPECT_EQ(wide.ids, (std::vector<int32_t>{65535, 70000, 65536, 70000, 70000, 1}));
  FlatIds<uint16_t> narrow;
  try {
    tokenizer.encode_batch<uint16_t>({&text, 1}, scratch, narrow);
    ADD_FAILURE();
  } catch (const base::Error& error) {
    EXPECT_EQ(error.message(), "vocabulary: got 70001 tokens, expected at most 65536, because ids are 16-bit here");
  }
}

}  // namespace
}  // namespace lmkor::tokenizer
