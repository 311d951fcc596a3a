#include "lmkor/tokenizer/block_encoder.h"

#include <algorithm>
#include <cstring>

namespace lmkor::tokenizer {

// A word and what divides it from the next one take two bytes at least, and longer words fewer places for their bytes.
static_assert(WordCache::kStagedPlaces > cpu::kBlockBytes / 2);

BlockEncoder::BlockEncoder(size_t cache_bytes, const cpu::Kernel& kernel)
    : kernel_(&kernel), cache_(cache_bytes), buffers_(std::make_unique<Buffers>()) {}

void BlockEncoder::use(const WordEncoder& words) {
  words_ = &words;
  cache_.clear();
  loose_marks_ = false;
  for (unsigned char c = 0; c < WordCache::kAsciiPlaces; ++c) {
    if (!words.separators().marks.has(c)) continue;
    const char mark = static_cast<char>(c);
    int32_t ids[WordEncoder::max_ids(1)];
    WordEncoder::Unit unit{{&mark, 1}, ids, 0};
    words.encode({&unit, 1}, *kernel_, buffers_->work);
    buffers_->mark_ids[c].assign(ids, ids + unit.count);
    loose_marks_ = !cache_.set_ascii(mark, buffers_->mark_ids[c]) || loose_marks_;
  }
}

std::string_view BlockEncoder::word(size_t i) const {
  const cpu::Units& units = buffers_->units;
  return {text() + units.begins[i], static_cast<size_t>(units.ends[i] - units.begins[i])};
}

// Encodes the words that were not found and stages them; those that the cache cannot hold become `loose`.
void BlockEncoder::encode_missed() {
  Buffers& b = *buffers_;
  cpu::Units& units = b.units;
  b.missed.clear();
  int32_t* ids = b.missed_ids;
  size_t missed = 0;
  for (size_t i = 0; i < units.missed_count; ++i) {
    const auto [number, may_be_held] = units.missed[i];
    const std::string_view raw = word(number);
    if (may_be_held) {
      uint32_t& place = units.places[units.numbers[number]];
      place = cache_.find(raw.data(), raw.size(), units.hashes[number]);
      if (place != 0) continue;
    }
    units.missed[missed++] = units.missed[i];
    b.missed.push_back({raw, ids, 0});
    ids += WordEncoder::max_ids(raw.size());
  }
  units.missed_count = missed;
  words_->encode(b.missed, *kernel_, b.work);
  for (size_t i = 0; i < units.missed_count; ++i) {
    const auto& [raw, first, count] = b.missed[i];
    const std::span<const int32_t> all(first, count);
    const uint16_t unit = units.numbers[units.missed[i].word];
    if (WordCache::fits(raw.size(), all)) {
      units.places[unit] = cache_.stage(raw.data(), raw.size(), all);
    } else {
      b.loose.push_back({unit, all});
    }
  }
}

// Adds the marks that the cache cannot hold: those of vocabularies with more ids than 16 bits have.
void BlockEncoder::find_loose_marks() {
  Buffers& b = *buffers_;
  for (size_t i = 0; i < b.units.count; ++i) {
    const uint32_t place = b.units.places[i];
    if (cache_.words()[place].count == CachedWord::kLoose)
      b.loose.push_back({static_cast<uint16_t>(i), b.mark_ids[place]});
  }
  std::sort(b.loose.begin(), b.loose.end(), [](const Loose& x, const Loose& y) { return x.unit < y.unit; });
}

void BlockEncoder::keep_missed() {
  const cpu::Units& units = buffers_->units;
  for (size_t i = 0; i < units.missed_count; ++i) {
    const uint16_t number = units.missed[i].word;
    const uint32_t place = units.places[units.numbers[number]];
    const std::string_view raw = word(number);
    if (place != 0) cache_.keep(raw.data(), raw.size(), units.hashes[number], place);
  }
  cache_.drop_staged();
}

// Appends the ids of units [begin, end) and notes where each one's end, counted from `first`.
template <class Id>
void BlockEncoder::append(size_t begin, size_t end, size_t first, std::vector<Id>& ids) {
  Buffers& b = *buffers_;
  const CachedWord* const held = cache_.words();
  const auto before = static_cast<uint32_t>(ids.size() - first);
  uint16_t* out = b.ids;
  for (size_t i = begin; i < end; ++i) {
    const CachedWord& word = held[b.units.places[i]];
    std::memcpy(out, word.ids, 8 * sizeof(uint16_t));  // wanted or not: no branch
    if (word.count > CachedWord::kIds) [[unlikely]] {
      std::copy_n(word.further_ids(), word.count - CachedWord::kIds, out + CachedWord::kIds);
    }
    out += word.count;
    b.positions[i + 1] = before + static_cast<uint32_t>(out - b.ids);
  }
  ids.insert(ids.end(), static_cast<const uint16_t*>(b.ids), static_cast<const uint16_t*>(out));
}

template <class Id>
void BlockEncoder::flush(std::vector<Id>& ids, std::vector<uint64_t>* ends) {
  if (used_ == 0) return;
  Buffers& b = *buffers_;
  const size_t before = ids.size();
  kernel_->cut(words_->separators(), text(), used_, b.units);
  kernel_->find(cache_, text(), b.units);
  b.loose.clear();
  if (b.units.missed_count > 0) encode_missed();
  if (loose_marks_) find_loose_marks();
  size_t begin = 0;
  for (const Loose& loose : b.loose) {
    append(begin, loose.unit, before, ids);
    ids.insert(ids.end(), loose.ids.begin(), loose.ids.end());
    begin = size_t{loose.unit} + 1;
    b.positions[begin] = static_cast<uint32_t>(ids.size() - before);
  }
  append(begin, b.units.count, before, ids);
  if (b.units.missed_count > 0) keep_missed();
  if (ends != nullptr) {
    for (size_t i = 0; i < texts_; ++i) ends->push_back(before + b.positions[b.units.rank(b.text_ends[i])]);
  }
  used_ = 0;
  texts_ = 0;
}

// A unit that no block holds.
template <class Id>
void BlockEncoder::encode_alone(std::string_view unit, std::vector<Id>& ids) {
  Buffers& b = *buffers_;
  b.long_ids.resize(WordEncoder::max_ids(unit.size()));
  WordEncoder::Unit alone{unit, b.long_ids.data(), 0};
  words_->encode({&alone, 1}, *kernel_, b.work);
  ids.insert(ids.end(), alone.ids, alone.ids + alone.count);
}

template <class Id>
void BlockEncoder::encode(std::span<const std::string_view> texts, std::vector<Id>& ids, std::vector<uint64_t>* ends) {
  used_ = 0;
  texts_ = 0;
  const cpu::Separators& separators = words_->separators();
  const auto separates = [&](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return separators.spaces.has(byte) || separators.marks.has(byte);
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

template void BlockEncoder::encode(std::span<const std::string_view>, std::vector<uint16_t>&, std::vector<uint64_t>*);
template void BlockEncoder::encode(std::span<const std::string_view>, std::vector<int32_t>&, std::vector<uint64_t>*);

}  // namespace lmkor::tokenizer
