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

  // To be called when the next encode() uses another WordEncoder.
  void forget() { cache_.clear(); }

  // Appends the ids of all texts to `ids` and for each text where its ids end to `ends`.
  template <class Id>
  void encode(const WordEncoder& words, std::span<const std::string_view> texts, std::vector<Id>& ids,
              std::vector<uint64_t>* ends);

  WordEncoder::Work& work() { return buffers_->work; }

 private:
  static int32_t* miss(void* owner, const char* word, size_t bytes, uint64_t hash, bool may_be_held, int32_t* out);
  template <class Id>
  void flush(std::vector<Id>& ids, std::vector<uint64_t>* ends);
  template <class Id>
  void encode_alone(std::string_view unit, std::vector<Id>& ids);

  struct Buffers {
    char text[cpu::kPadding + cpu::kBlockBytes + cpu::kPadding] = {};
    cpu::Units units;
    uint32_t positions[cpu::kBlockBytes + 1];
    int32_t ids[WordEncoder::max_ids(cpu::kBlockBytes) + LongWord::kMaxIds];
    uint16_t text_ends[cpu::kBlockBytes + 1];
    std::vector<int32_t> long_ids;
    WordEncoder::Work work;
  };
  char* text() { return buffers_->text + cpu::kPadding; }

  const cpu::Kernel* kernel_;
  const WordEncoder* words_ = nullptr;  // during encode()
  WordCache cache_;
  std::unique_ptr<Buffers> buffers_;
  size_t used_ = 0;   // bytes of text in the block
  size_t texts_ = 0;  // texts that end in the block
};

extern template void BlockEncoder::encode(const WordEncoder&, std::span<const std::string_view>, std::vector<uint16_t>&,
                                          std::vector<uint64_t>*);
extern template void BlockEncoder::encode(const WordEncoder&, std::span<const std::string_view>, std::vector<int32_t>&,
                                          std::vector<uint64_t>*);

}  // namespace lmkor::tokenizer
