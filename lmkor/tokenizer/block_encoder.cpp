#include "lmkor/tokenizer/block_encoder.h"

#include <algorithm>
#include <cstring>

namespace lmkor::tokenizer {

BlockEncoder::BlockEncoder(size_t cache_bytes, const cpu::Kernel& kernel)
    : kernel_(&kernel), cache_(cache_bytes), buffers_(std::make_unique<Buffers>()) {}

int32_t* BlockEncoder::miss(void* owner, const char* word, size_t bytes, uint64_t hash, bool may_be_held,
                            int32_t* out) {
  auto& self = *static_cast<BlockEncoder*>(owner);
  int32_t* const end = may_be_held ? self.cache_.find(word, bytes, hash, out) : nullptr;
  if (end != nullptr) return end;
  const size_t count = self.words_->encode({word, bytes}, self.buffers_->work, out);
  self.cache_.insert(word, bytes, hash, out, count);
  return out + count;
}

template <class Id>
void BlockEncoder::flush(std::vector<Id>& ids, std::vector<uint64_t>* ends) {
  if (used_ == 0) return;
  Buffers& b = *buffers_;
  kernel_->cut(words_->separators(), text(), used_, b.units);
  const cpu::LookUp job{text(), &b.units, &cache_, b.ids, b.positions + 1, miss, this};
  const int32_t* const end = kernel_->look_up(job);
  if (ends != nullptr) {
    const uint64_t before = ids.size();
    b.positions[0] = 0;
    for (size_t i = 0; i < texts_; ++i) ends->push_back(before + b.positions[b.units.rank(b.text_ends[i])]);
  }
  ids.insert(ids.end(), static_cast<const int32_t*>(b.ids), end);
  used_ = 0;
  texts_ = 0;
}

// A unit that no block holds.
template <class Id>
void BlockEncoder::encode_alone(std::string_view unit, std::vector<Id>& ids) {
  Buffers& b = *buffers_;
  b.long_ids.resize(WordEncoder::max_ids(unit.size()));
  const size_t count = words_->encode(unit, b.work, b.long_ids.data());
  ids.insert(ids.end(), b.long_ids.begin(), b.long_ids.begin() + static_cast<ptrdiff_t>(count));
}

template <class Id>
void BlockEncoder::encode(const WordEncoder& words, std::span<const std::string_view> texts, std::vector<Id>& ids,
                          std::vector<uint64_t>* ends) {
  words_ = &words;
  used_ = 0;
  texts_ = 0;
  const cpu::Separators& separators = words.separators();
  const auto separates = [&](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return separators.spaces.has(byte) || separators.punctuation.has(byte);
  };
  const auto take = [this](std::string_view part) {
    std::memcpy(text() + used_, part.data(), part.size());
    used_ += part.size();
  };
  if (ids.empty()) {  // room that costs nothing until it is used, instead of moving ids as they grow
    size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    ids.reserve(bytes / 4);
  }
  for (std::string_view rest : texts) {
    // A text that does not fit is taken in parts that end with a separator.
    while (rest.size() + 1 > cpu::kBlockBytes - used_) {
      size_t end = std::min(rest.size(), cpu::kBlockBytes - used_);
      while (end > 0 && !separates(rest[end - 1])) --end;
      if (end > 0) {
        take(rest.substr(0, end));
        rest.remove_prefix(end);
        flush(ids, ends);
      } else if (used_ > 0) {
        flush(ids, ends);
      } else {
        end = static_cast<size_t>(std::find_if(rest.begin(), rest.end(), separates) - rest.begin());
        encode_alone(rest.substr(0, end), ids);
        rest.remove_prefix(end);
      }
    }
    take(rest);
    buffers_->text_ends[texts_++] = static_cast<uint16_t>(used_);
    text()[used_++] = '\n';  // a separator in all settings
  }
  flush(ids, ends);
}

template void BlockEncoder::encode(const WordEncoder&, std::span<const std::string_view>, std::vector<uint16_t>&,
                                   std::vector<uint64_t>*);
template void BlockEncoder::encode(const WordEncoder&, std::span<const std::string_view>, std::vector<int32_t>&,
                                   std::vector<uint64_t>*);

}  // namespace lmkor::tokenizer
