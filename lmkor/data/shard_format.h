// Layout of an index file, shared by reader and writer; described byte by byte in docs/formats.md. Little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace lmkor::data {

static_assert(std::endian::native == std::endian::little, "shards are written and mapped as little-endian");

constexpr std::array<char, 8> kIndexMagic = {'l', 'm', 'k', 'o', 'r', 'I', 'D', 'X'};
constexpr uint32_t kIndexVersion = 1;
constexpr int64_t kMaxVocabSize = 65536;  // ids are u16

// After it: document_starts u32[documents + 1], document_sentences u32[documents + 1], sentence_starts u32[sentences].
struct IndexHeader {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t vocab_size;
  uint64_t tokens;
  uint64_t documents;
  uint64_t sentences;
  uint64_t text_bytes;
  std::array<char, 64> vocab_sha256;  // lower-case digits
};
static_assert(sizeof(IndexHeader) == 112);

// Bytes of the index file that belongs to `header`.
constexpr uint64_t index_bytes(const IndexHeader& header) {
  return sizeof(IndexHeader) + 4 * (2 * (header.documents + 1) + header.sentences);
}

}  // namespace lmkor::data
