#include "lmkor/tokenizer/parallel_encode.h"

#include "lmkor/base/parallel.h"

namespace lmkor::tokenizer {
namespace {

// Large enough that a part fills the caches, small enough that threads end together.
constexpr size_t kPartBytes = size_t{2} << 20;

}  // namespace

template <class Id>
void encode_batch(const Tokenizer& tokenizer, std::span<const std::string_view> texts, int threads, ScratchPool& pool,
                  std::vector<FlatIds<Id>>& parts) {
  std::vector<size_t> begins = {0};
  size_t bytes = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (bytes >= kPartBytes) {
      begins.push_back(i);
      bytes = 0;
    }
    bytes += texts[i].size();
  }
  begins.push_back(texts.size());
  parts.resize(begins.size() - 1);
  base::parallel_for(parts.size(), threads, [&](size_t i) {
    auto lease = pool.lease();
    tokenizer.encode_batch(texts.subspan(begins[i], begins[i + 1] - begins[i]), *lease, parts[i]);
  });
}

template void encode_batch(const Tokenizer&, std::span<const std::string_view>, int, ScratchPool&,
                           std::vector<FlatIds<uint16_t>>&);
template void encode_batch(const Tokenizer&, std::span<const std::string_view>, int, ScratchPool&,
                           std::vector<FlatIds<int32_t>>&);

}  // namespace lmkor::tokenizer
