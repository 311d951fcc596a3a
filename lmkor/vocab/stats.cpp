#include "lmkor/vocab/stats.h"

#include <algorithm>
#include <numeric>

#include "lmkor/base/interrupt.h"
#include "lmkor/base/parallel.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/scratch_pool.h"

namespace lmkor::vocab {
namespace {

constexpr size_t kSliceWords = 100000;
constexpr size_t kMostPieces = 10;  // words of as many or more pieces share a bar
constexpr size_t kMostLength = 12;
constexpr size_t kListed = 40;

}  // namespace

Stats measure(const tokenizer::Tokenizer& tokenizer, const Counts& counts, int threads) {
  Stats out;
  out.bytes = counts.bytes;
  out.eojeols = counts.eojeols;
  out.words = counts.total;
  out.different_words = counts.words.size();
  const auto size = static_cast<size_t>(tokenizer.size());

  struct Part {
    std::vector<uint64_t> uses, words_by_pieces;
    uint64_t pieces = 0, unknown = 0;
  };
  const size_t slices = (counts.words.size() + kSliceWords - 1) / kSliceWords;
  std::vector<Part> parts(slices);
  tokenizer::ScratchPool pool;
  base::parallel_for(slices, threads, [&](size_t slice) {
    base::check_interrupt();
    Part& part = parts[slice];
    part.uses.assign(size, 0);
    part.words_by_pieces.assign(kMostPieces + 1, 0);
    auto lease = pool.lease();
    std::vector<int32_t> ids;
    const size_t end = std::min(counts.words.size(), (slice + 1) * kSliceWords);
    for (size_t i = slice * kSliceWords; i < end; ++i) {
      const WordCount& word = counts.words[i];
      ids.clear();
      tokenizer.encode(word.word, *lease, ids);
      for (const int32_t id : ids) part.uses[static_cast<size_t>(id)] += word.count;
      part.pieces += ids.size() * word.count;
      part.words_by_pieces[std::min(ids.size(), kMostPieces)] += word.count;
      if (ids.size() == 1 && ids[0] == tokenizer.unk_id()) part.unknown += word.count;
    }
  });
  out.uses.assign(size, 0);
  out.words_by_pieces.assign(kMostPieces + 1, 0);
  for (const Part& part : parts) {
    for (size_t id = 0; id < size; ++id) out.uses[id] += part.uses[id];
    for (size_t n = 0; n <= kMostPieces; ++n) out.words_by_pieces[n] += part.words_by_pieces[n];
    out.pieces += part.pieces;
    out.unknown_words += part.unknown;
  }

  out.tokens_by_length.assign(kMostLength + 1, 0);
  std::vector<size_t> length(size);
  std::vector<int32_t> learned;
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (tokenizer.is_special(id) || tokenizer.is_unused(id)) continue;
    const size_t prefix = tokenizer.is_continuation(id) ? tokenizer.settings().continuing_prefix.size() : 0;
    const size_t characters = text::count_code_points(tokenizer.token(id).substr(prefix));
    length[static_cast<size_t>(id)] = characters;
    ++out.tokens_by_length[std::min(characters, kMostLength)];
    out.unused_pieces += out.uses[static_cast<size_t>(id)] == 0;
    learned.push_back(id);
  }
  const auto first = [&](size_t count, const auto& before) {
    std::vector<int32_t> ids = learned;
    const auto middle = ids.begin() + static_cast<ptrdiff_t>(std::min(count, ids.size()));
    std::partial_sort(ids.begin(), middle, ids.end(), before);
    ids.erase(middle, ids.end());
    return ids;
  };
  const auto falling = [](const auto& values) {
    return [&values](int32_t a, int32_t b) {
      const auto x = values[static_cast<size_t>(a)], y = values[static_cast<size_t>(b)];
      return x != y ? x > y : a < b;
    };
  };
  for (const int32_t id : first(kListed, falling(out.uses))) {
    out.most_used.push_back({id, out.uses[static_cast<size_t>(id)]});
  }
  out.longest = first(kListed, falling(length));
  return out;
}

}  // namespace lmkor::vocab
