// The tokenizer that everything else uses: text to ids, equal to Hugging Face's BertTokenizerFast. The vocabulary is
// immutable and shared by threads; each thread brings a Scratch, which holds its buffers and its cache of words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmkor/tokenizer/encoding.h"
#include "lmkor/tokenizer/hf_files.h"
#include "lmkor/tokenizer/settings.h"

namespace lmkor::tokenizer {

// Many texts as one run of ids: those of text i are ids[ends[i - 1], ends[i]), from 0 for the first.
template <class Id>
struct FlatIds {
  std::vector<Id> ids;
  std::vector<uint64_t> ends;
};

namespace cpu {
struct Kernel;
}

class Tokenizer {
 public:
  // A folder or a vocab.txt; see read_hf_files(). Throws kData too where there is no unknown token.
  static Tokenizer load(const std::filesystem::path& path);
  static Tokenizer from_files(HfFiles files, const std::string& origin);

  class Scratch;
  // Appends the ids of `utf8`, without special tokens and without matching any in the text. Broken UTF-8 reads as
  // U+FFFD, which is deleted.
  void encode(std::string_view utf8, Scratch& scratch, std::vector<int32_t>& ids_appended) const;
  // The ids of many texts, each as encode() above; replaces what `out` held. Id is uint16_t or int32_t; throws
  // kIncompatible where the vocabulary is larger than Id holds.
  template <class Id>
  void encode_batch(std::span<const std::string_view> texts, Scratch& scratch, FlatIds<Id>& out) const;

  // One text, or a pair where `second` is not null, for a model; replaces what `out` held. Broken UTF-8 counts as one
  // code point per broken part. Throws kIncompatible where special tokens are to be added and the vocabulary has none,
  // kData where truncation is impossible (see truncated()).
  void encode(std::string_view first, const std::string_view* second, Scratch& scratch, const EncodeOptions& options,
              Encoding& out) const;
  Encoding encode(std::string_view utf8, Scratch& scratch, const EncodeOptions& options) const {
    Encoding out;
    encode(utf8, nullptr, scratch, options, out);
    return out;
  }
  // As above, and what was cut off in further windows of the same length, in Hugging Face's order (its "overflowing"
  // encodings): the windows of the first text with all of the second, then the first window with those of the second.
  // Throws kData unless stride is less than what a window holds of a text that is cut.
  std::vector<Encoding> encode_windows(std::string_view first, const std::string_view* second, Scratch& scratch,
                                       const EncodeOptions& options) const;

  int32_t size() const;
  // "" for an id that no token has.
  const std::string& token(int32_t id) const;
  int32_t id(std::string_view token) const;  // -1 if there is none
  // -1 where the vocabulary has no such token, except for unk_id().
  int32_t pad_id() const;
  int32_t unk_id() const;
  int32_t cls_id() const;
  int32_t sep_id() const;
  int32_t mask_id() const;
  bool is_special(int32_t id) const;
  bool is_continuation(int32_t id) const;  // begins with the prefix of continuing pieces
  bool is_unused(int32_t id) const;        // [unused0] and so on
  // SHA-256 of the vocabulary as a vocab.txt.
  const std::string& vocab_sha256() const;
  const Settings& settings() const;
  const std::vector<std::string>& tokens() const;

 private:
  struct Core;
  explicit Tokenizer(std::shared_ptr<const Core> core) : core_(std::move(core)) {}
  void append_text(std::string_view utf8, Scratch& scratch, const EncodeOptions& options, Encoding& out) const;
  void append(std::string_view utf8, uint32_t first_code_point, Scratch& scratch, const EncodeOptions& options,
              Encoding& out) const;
  size_t text_budget(const EncodeOptions& options, bool pair) const;
  std::shared_ptr<const Core> core_;
};

// Working space of one thread. Its cache is a pure speed-up: results never depend on it.
class Tokenizer::Scratch {
 public:
  static constexpr size_t kCacheBytes = size_t{64} << 20;
  // Its cache grows with the different words it has met, to `cache_bytes` for words and a quarter as much for their
  // index: 80 MiB by default, a few MB for a few thousand texts. The rest takes 0.5 MB. `kernel` is
  // one of cpu::kernels(), the fastest of this processor if null.
  explicit Scratch(size_t cache_bytes = kCacheBytes, const cpu::Kernel* kernel = nullptr);
  ~Scratch();
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;

 private:
  friend class Tokenizer;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lmkor::tokenizer
