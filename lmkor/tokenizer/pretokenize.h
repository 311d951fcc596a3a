// Raw text to normalised words, equal to Hugging Face's BertNormalizer followed by BertPreTokenizer. Knows nothing of a
// vocabulary; the trainer counts words with the same code that encodes them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/text/bert_unicode.h"
#include "lmkor/tokenizer/settings.h"

namespace lmkor::tokenizer {

// Words of one stretch of text: word i is chars[words[i].begin, words[i].end).
struct Words {
  struct Word {
    uint32_t begin, end;
  };
  std::u32string chars;           // normalised
  std::vector<uint32_t> sources;  // for each of chars, the code point of the raw text that it came from
  std::vector<Word> words;
  // working space of split()
  std::u32string cleaned, lowered;
  std::vector<uint32_t> cleaned_sources;
  text::Decomposition decomposed;
};

class Pretokenizer {
 public:
  explicit Pretokenizer(const Settings& settings);

  // What a byte of raw UTF-8 is on its own. Text may be cut at spaces and punctuation before it is normalised, because
  // no step looks across them; controls are kInWord, since cleaning deletes them and joins their neighbours.
  enum ByteClass : uint8_t { kInWord, kSpace, kPunctuation };
  ByteClass byte_class(char byte) const { return classes_[static_cast<unsigned char>(byte)]; }

  // Cuts `raw` at ASCII spaces and punctuation: calls on_punctuation(byte) and on_stretch(text) in order.
  template <class OnStretch, class OnPunctuation>
  void cut(std::string_view raw, const OnStretch& on_stretch, const OnPunctuation& on_punctuation) const {
    const char* at = raw.data();
    const char* const end = at + raw.size();
    while (at < end) {
      const ByteClass first = byte_class(*at);
      if (first != kInWord) {
        if (first == kPunctuation) on_punctuation(*at);
        ++at;
        continue;
      }
      const char* const begin = at++;
      while (at < end && byte_class(*at) == kInWord) ++at;
      on_stretch(std::string_view(begin, static_cast<size_t>(at - begin)));
    }
  }

  // Divides `raw` into normalised words; broken UTF-8 reads as U+FFFD. Replaces what `out` held.
  void split(std::string_view raw, Words& out) const;

 private:
  bool split_simple(std::string_view raw, Words& out) const;
  Settings settings_;
  std::array<ByteClass, 256> classes_{};
};

}  // namespace lmkor::tokenizer
