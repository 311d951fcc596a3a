#include "lmkor/vocab/stats.h"

#include <algorithm>
#include <map>

#include "lmkor/base/interrupt.h"
#include "lmkor/text/block.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/scratch_pool.h"

namespace lmkor::vocab {
namespace {

constexpr size_t kMostPieces = 10;  // words of as many or more pieces share a bar
constexpr size_t kMostLength = 12;
constexpr size_t kListed = 40;
constexpr size_t kDividedPieces = 4;

struct Unknown {
  uint64_t without_piece = 0, words = 0;
};

// Of one block of words.
struct Part {
  std::vector<uint64_t> uses, words_by_pieces;
  uint64_t pieces = 0, unknown_words = 0, different = 0;
  TopWords divided, unknown;
  std::map<std::string_view, Unknown> blocks;
};

// Which blocks make a word unknown.
void find_causes(const tokenizer::Tokenizer& tokenizer, const WordCount& word, Part& part) {
  std::vector<std::string_view> found;
  std::string piece;
  std::string_view rest = word.word;
  for (bool inside = false; !rest.empty(); inside = true) {
    const text::Decoded decoded = text::decode_one(rest);
    piece = inside ? tokenizer.settings().continuing_prefix : "";
    piece += rest.substr(0, decoded.bytes);
    rest.remove_prefix(decoded.bytes);
    if (tokenizer.id(piece) >= 0) continue;
    const std::string_view block = text::block_name(decoded.code_point);
    Unknown& unknown = part.blocks[block];
    unknown.without_piece += word.count;
    if (std::find(found.begin(), found.end(), block) != found.end()) continue;
    found.push_back(block);
    unknown.words += word.count;
  }
}

Part measure_block(const tokenizer::Tokenizer& tokenizer, tokenizer::Tokenizer::Scratch& scratch, WordReader&& reader) {
  base::check_interrupt();
  Part part;
  part.uses.assign(static_cast<size_t>(tokenizer.size()), 0);
  part.words_by_pieces.assign(kMostPieces + 1, 0);
  std::vector<int32_t> ids;
  WordCount word;
  while (reader.next(word)) {
    ++part.different;
    ids.clear();
    tokenizer.encode(word.word, scratch, ids);
    for (const int32_t id : ids) part.uses[static_cast<size_t>(id)] += word.count;
    part.pieces += ids.size() * word.count;
    part.words_by_pieces[std::min(ids.size(), kMostPieces)] += word.count;
    if (ids.size() >= kDividedPieces) part.divided.add(word.word, word.count);
    if (ids.size() != 1 || ids[0] != tokenizer.unk_id()) continue;
    part.unknown_words += word.count;
    part.unknown.add(word.word, word.count);
    find_causes(tokenizer, word, part);
  }
  return part;
}

// What the vocabulary itself holds: lengths, longest and most used pieces, pieces never given.
void list_pieces(const tokenizer::Tokenizer& tokenizer, Stats& out) {
  std::vector<size_t> length(out.uses.size());
  std::vector<int32_t> learned;
  out.tokens_by_length.assign(kMostLength + 1, 0);
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (tokenizer.is_special(id) || tokenizer.is_unused(id) || tokenizer.token(id).empty()) continue;
    const size_t prefix = tokenizer.is_continuation(id) ? tokenizer.settings().continuing_prefix.size() : 0;
    const size_t characters = text::count_code_points(std::string_view(tokenizer.token(id)).substr(prefix));
    length[static_cast<size_t>(id)] = characters;
    ++out.tokens_by_length[std::min(characters, kMostLength)];
    if (out.uses[static_cast<size_t>(id)] == 0) out.never_given.push_back(id);
    learned.push_back(id);
  }
  const auto first = [&](const auto& values) {
    std::vector<int32_t> ids = learned;
    const auto middle = ids.begin() + static_cast<ptrdiff_t>(std::min(kListed, ids.size()));
    std::partial_sort(ids.begin(), middle, ids.end(), [&](int32_t a, int32_t b) {
      const auto x = values[static_cast<size_t>(a)], y = values[static_cast<size_t>(b)];
      return x != y ? x > y : a < b;
    });
    ids.erase(middle, ids.end());
    return ids;
  };
  out.most_used = first(out.uses);
  out.longest = first(length);
}

}  // namespace

void TopWords::insert(std::string_view word, uint64_t count) {
  const auto worse_on_top = [](const Example& a, const Example& b) { return before(a.count, a.word, b); };
  if (heap_.size() == most_) {
    std::pop_heap(heap_.begin(), heap_.end(), worse_on_top);
    heap_.pop_back();
  }
  heap_.push_back({std::string(word), count});
  std::push_heap(heap_.begin(), heap_.end(), worse_on_top);
}

void TopWords::add(const TopWords& other) {
  for (const Example& example : other.heap_) add(example.word, example.count);
}

std::vector<Example> TopWords::falling() const {
  std::vector<Example> out = heap_;
  std::sort(out.begin(), out.end(), [](const Example& a, const Example& b) { return before(a.count, a.word, b); });
  return out;
}

std::vector<std::pair<uint64_t, double>> Stats::coverage() const {
  std::vector<uint64_t> falling;
  for (const uint64_t count : uses) {
    if (count > 0) falling.push_back(count);
  }
  std::sort(falling.rbegin(), falling.rend());
  std::vector<std::pair<uint64_t, double>> out;
  uint64_t sum = 0;
  for (uint64_t k = 1; k <= falling.size(); ++k) {
    sum += falling[k - 1];
    if ((k & (k - 1)) == 0 || k == falling.size()) out.emplace_back(k, ratio(sum, pieces));
  }
  return out;
}

Stats measure(const tokenizer::Tokenizer& tokenizer, const Counts& counts, const std::vector<Character>& alphabet,
              int threads) {
  Stats out;
  out.unit = counts.info.unit;
  out.bytes = counts.info.bytes;
  out.eojeols = counts.info.eojeols;
  out.words = counts.info.total;
  out.uses.assign(static_cast<size_t>(tokenizer.size()), 0);
  out.words_by_pieces.assign(kMostPieces + 1, 0);
  constexpr size_t kCacheBytes = size_t{1} << 18;  // a cache is of no use: no word comes twice
  tokenizer::ScratchPool pool(kCacheBytes);
  TopWords divided, unknown;
  std::map<std::string_view, BlockUse> blocks;
  visit_blocks<Part>(
      counts, threads,
      [&](WordReader&& reader) {
        auto lease = pool.lease();
        return measure_block(tokenizer, *lease, std::move(reader));
      },
      [&](Part&& part) {
        for (size_t id = 0; id < out.uses.size(); ++id) out.uses[id] += part.uses[id];
        for (size_t n = 0; n <= kMostPieces; ++n) out.words_by_pieces[n] += part.words_by_pieces[n];
        out.pieces += part.pieces;
        out.unknown_words += part.unknown_words;
        out.different_words += part.different;
        divided.add(part.divided);
        unknown.add(part.unknown);
        for (const auto& [name, cause] : part.blocks) {
          blocks[name].without_piece += cause.without_piece;
          blocks[name].unknown_words += cause.words;
        }
      });
  out.divided = divided.falling();
  out.unknown = unknown.falling();
  for (const Character& character : alphabet) {
    blocks[text::block_name(character.code_point)].characters += character.count;
  }
  for (auto& [name, block] : blocks) {
    block.block = name;
    out.blocks.push_back(std::move(block));
  }
  std::stable_sort(out.blocks.begin(), out.blocks.end(),
                   [](const BlockUse& a, const BlockUse& b) { return a.characters > b.characters; });
  list_pieces(tokenizer, out);
  return out;
}

}  // namespace lmkor::vocab
