// Texts to one flat run of ids, a block of text at a time: cut into units, looked up in the cache, encoded where it
// does not hold them. Working space of one thread; nothing here knows special tokens, pairs or offsets.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "lmkor/tokenizer/cpu/units.h"
#include "lmkor/tokenizer/word_cache.h"
#include "lmkor/tokenizer/word_encoder.h"

namespace lmkor::tokenizer {

class BlockEncoder {
 public:
  BlockEncoder(size_t cache_bytes, const cpu::Kernel& kernel);

  // What encode() uses from now on; must live until the next call.
  void use(const WordEncoder& words);

  // Appends the ids of all texts to `ids` and for each text where its ids end to `ends`.
  template <class Id>
  void encode(std::span<const std::string_view> texts, std::vector<Id>& ids, std::vector<uint64_t>* ends);

  WordEncoder::Work& work() { return buffers_->work; }

 private:
  template <class Id>
  void flush(std::vector<Id>& ids, std::vector<uint64_t>* ends);
  template <class Id>
  void append(size_t begin, size_t end, size_t first, std::vector<Id>& ids);
  template <class Id>
  void encode_alone(std::string_view unit, std::vector<Id>& ids);
  void encode_missed();
  void find_loose_marks();
  void keep_missed();
  std::string_view word(size_t i) const;

  // A unit whose ids the cache cannot hold.
  struct Loose {
    uint16_t unit;
    std::span<const int32_t> ids;
  };
  struct Buffers {
    char text[cpu::kPadding + cpu::kBlockBytes + cpu::kPadding] = {};
    cpu::Units units;
    uint32_t positions[cpu::kBlockBytes + 1] = {};  // where the ids of each unit begin, and the end
    uint16_t ids[WordEncoder::max_ids(cpu::kBlockBytes) + CachedWord::kMaxIds];
    int32_t missed_ids[WordEncoder::max_ids(cpu::kBlockBytes) + CachedWord::kMaxIds];
    uint16_t text_ends[cpu::kBlockBytes + 1];
    std::vector<WordEncoder::Unit> missed;
    std::vector<Loose> loose;
    std::vector<int32_t> mark_ids[WordCache::kAsciiPlaces];
    std::vector<int32_t> long_ids;
    WordEncoder::Work work;
  };
  char* text() const { return buffers_->text + cpu::kPadding; }

  const cpu::Kernel* kernel_;
  const WordEncoder* words_ = nullptr;
  bool loose_marks_ = false;
  WordCache cache_;
  std::unique_ptr<Buffers> buffers_;
  size_t used_ = 0;   // bytes of text in the block
  size_t texts_ = 0;  // texts that end in the block
};

extern template void BlockEncoder::encode(std::span<const std::string_view>, std::vector<uint16_t>&,
                                          std::vector<uint64_t>*);
extern template void BlockEncoder::encode(std::span<const std::string_view>, std::vector<int32_t>&,
                                          std::vector<uint64_t>*);

}  // namespace lmkor::tokenizer
