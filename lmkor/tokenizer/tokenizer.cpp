#include "lmkor/tokenizer/tokenizer.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/block_encoder.h"
#include "lmkor/tokenizer/word_encoder.h"

namespace lmkor::tokenizer {

using base::Error;
using base::ErrorKind;
using base::str;

struct Tokenizer::Core {
  Core(HfFiles files, int32_t unk_id)
      : settings(std::move(files.settings)), tokens(std::move(files.tokens)), words(tokens, settings, unk_id) {}

  // Length of the added token that `text` begins with, 0 if none.
  size_t added_at(std::string_view text) const {
    for (const std::string& token : added) {
      if (text.starts_with(token)) return token.size();
    }
    return 0;
  }

  Settings settings;
  std::vector<std::string> tokens;
  std::vector<std::string> added;  // longest first
  std::string added_first;         // the bytes that added tokens begin with
  std::unordered_map<std::string_view, int32_t> ids;
  std::vector<uint8_t> special;
  WordEncoder words;
  int32_t pad = -1, unk = -1, cls = -1, sep = -1, mask = -1;
  std::string sha256;
};

struct Tokenizer::Scratch::State {
  State(size_t cache_bytes, const cpu::Kernel& kernel) : encoder(cache_bytes, kernel) {}
  // The cache holds words of one vocabulary only.
  void attach(const std::shared_ptr<const Core>& core) {
    if (owner == core) return;
    encoder.use(core->words);
    owner = core;
  }

  std::shared_ptr<const Core> owner;
  BlockEncoder encoder;
};

Tokenizer::Scratch::Scratch(size_t cache_bytes, const cpu::Kernel* kernel)
    : state_(std::make_unique<State>(cache_bytes, kernel != nullptr ? *kernel : *cpu::kernels().front())) {}
Tokenizer::Scratch::~Scratch() = default;
Tokenizer::Scratch::Scratch(Scratch&&) noexcept = default;
Tokenizer::Scratch& Tokenizer::Scratch::operator=(Scratch&&) noexcept = default;

Tokenizer Tokenizer::load(const std::filesystem::path& path) { return from_files(read_hf_files(path), path.string()); }

Tokenizer Tokenizer::from_files(HfFiles files, const std::string& origin) {
  std::unordered_map<std::string_view, int32_t> found;
  for (size_t id = 0; id < files.tokens.size(); ++id) {
    if (!files.tokens[id].empty()) found[files.tokens[id]] = static_cast<int32_t>(id);
  }
  const auto id_of = [&found](const std::string& token) {
    const auto it = found.find(token);
    return it == found.end() ? -1 : it->second;
  };
  const int32_t unk = id_of(files.settings.unk);
  if (unk < 0) {
    throw Error(ErrorKind::kData, str(origin, ": got ", files.tokens.size(), " tokens without the unknown token ",
                                      files.settings.unk, ", expected it among them; is this a WordPiece vocabulary?"));
  }
  const std::vector<AddedToken> added = files.added;
  auto core = std::make_shared<Core>(std::move(files), unk);
  for (size_t id = 0; id < core->tokens.size(); ++id) {
    if (!core->tokens[id].empty()) core->ids[core->tokens[id]] = static_cast<int32_t>(id);
  }
  const auto find = [&core](const std::string& token) {
    const auto it = core->ids.find(token);
    return it == core->ids.end() ? -1 : it->second;
  };
  const Settings& settings = core->settings;
  core->unk = unk;
  core->pad = find(settings.pad);
  core->cls = find(settings.cls);
  core->sep = find(settings.sep);
  core->mask = find(settings.mask);
  core->special.assign(core->tokens.size(), 0);
  const auto add = [&core](int32_t id, bool special) {
    if (id < 0) return;
    const std::string& token = core->tokens[static_cast<size_t>(id)];
    if (special) core->special[static_cast<size_t>(id)] = 1;
    if (std::find(core->added.begin(), core->added.end(), token) == core->added.end()) core->added.push_back(token);
    if (core->added_first.find(token.front()) == std::string::npos) core->added_first.push_back(token.front());
  };
  for (const int32_t id : {core->unk, core->pad, core->cls, core->sep, core->mask}) add(id, true);
  for (const AddedToken& token : added) add(find(token.content), token.special);
  std::stable_sort(core->added.begin(), core->added.end(),
                   [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  core->sha256 = base::sha256(vocab_text(core->tokens));
  return Tokenizer(std::move(core));
}

void Tokenizer::encode(std::string_view utf8, Scratch& scratch, std::vector<int32_t>& ids) const {
  scratch.state_->attach(core_);
  scratch.state_->encoder.encode({&utf8, 1}, ids, nullptr);
}

template <class Id>
void Tokenizer::encode_batch(std::span<const std::string_view> texts, Scratch& scratch, FlatIds<Id>& out) const {
  if (size() > std::numeric_limits<Id>::max() + int64_t{1}) {
    throw Error(ErrorKind::kIncompatible,
                str("vocabulary: got ", size(), " tokens, expected at most ",
                    std::numeric_limits<Id>::max() + int64_t{1}, ", because ids are ", 8 * sizeof(Id), "-bit here"));
  }
  scratch.state_->attach(core_);
  out.ids.clear();
  out.ends.clear();
  scratch.state_->encoder.encode(texts, out.ids, &out.ends);
}
template void Tokenizer::encode_batch(std::span<const std::string_view>, Scratch&, FlatIds<uint16_t>&) const;
template void Tokenizer::encode_batch(std::span<const std::string_view>, Scratch&, FlatIds<int32_t>&) const;

// Encodes a stretch of text that holds no added token; `first_code_point` is where it begins in the whole text.
void Tokenizer::append(std::string_view utf8, uint32_t first_code_point, Scratch& scratch, const EncodeOptions& options,
                       Encoding& out) const {
  if (!options.offsets) return encode(utf8, scratch, out.ids);
  WordEncoder::Work& work = scratch.state_->encoder.work();
  const Words& words = work.words;
  const auto source = [&](uint32_t char_index) { return first_code_point + words.sources[char_index]; };
  core_->words.pretokenizer().split(utf8, work.words);
  for (const Words::Word& word : words.words) {
    work.pieces.clear();
    core_->words.wordpiece().encode({words.chars.data() + word.begin, word.end - word.begin}, work.pieces);
    uint32_t begin = word.begin;
    for (const WordPiece::Piece& piece : work.pieces) {
      const uint32_t stop = word.begin + piece.end;
      out.ids.push_back(piece.id);
      out.offsets.emplace_back(source(begin), source(stop - 1) + 1);
      begin = stop;
    }
  }
}

void Tokenizer::append_text(std::string_view utf8, Scratch& scratch, const EncodeOptions& options,
                            Encoding& out) const {
  size_t begin = 0;
  uint32_t code_point = 0;
  const auto find = [&](size_t from) {
    if (!options.match_added) return std::string_view::npos;
    return core_->added_first.size() == 1 ? utf8.find(core_->added_first[0], from)
                                          : utf8.find_first_of(core_->added_first, from);
  };
  for (size_t at = 0; (at = find(at)) != std::string_view::npos;) {
    const size_t length = core_->added_at(utf8.substr(at));
    if (length == 0) {
      ++at;
      continue;
    }
    const std::string_view before = utf8.substr(begin, at - begin);
    append(before, code_point, scratch, options, out);
    out.ids.push_back(core_->ids.at(utf8.substr(at, length)));
    if (options.offsets) {
      const auto from = code_point + static_cast<uint32_t>(text::count_code_points(before));
      code_point = from + static_cast<uint32_t>(text::count_code_points(utf8.substr(at, length)));
      out.offsets.emplace_back(from, code_point);
    }
    at += length;
    begin = at;
  }
  append(utf8.substr(begin), code_point, scratch, options, out);
}

// How many ids of text max_length leaves; throws where special tokens are wanted that the vocabulary lacks.
size_t Tokenizer::text_budget(const EncodeOptions& options, bool pair) const {
  if (options.add_special && (core_->cls < 0 || core_->sep < 0)) {
    throw Error(ErrorKind::kIncompatible,
                str("the vocabulary has no ", core_->cls < 0 ? settings().cls : settings().sep,
                    ", which special tokens around a text need"));
  }
  if (options.max_length == 0) return std::numeric_limits<size_t>::max();
  const size_t specials = !options.add_special ? 0 : pair ? 3 : 2;
  return options.max_length > specials ? options.max_length - specials : 0;
}

void Tokenizer::encode(std::string_view first, const std::string_view* second, Scratch& scratch,
                       const EncodeOptions& options, Encoding& out) const {
  const size_t budget = text_budget(options, second != nullptr);
  out.clear();
  if (options.add_special) out.add_special(core_->cls, 0, options.offsets);
  const size_t begin = out.ids.size();
  append_text(first, scratch, options, out);
  const size_t middle = out.ids.size();
  if (second != nullptr) append_text(*second, scratch, options, out);
  Lengths lengths{middle - begin, out.ids.size() - middle};
  lengths = truncated(lengths, budget, options.truncation);
  const auto cut = [&](auto& values) {
    values.resize(middle + lengths.second);
    values.erase(values.begin() + static_cast<ptrdiff_t>(begin + lengths.first),
                 values.begin() + static_cast<ptrdiff_t>(middle));
  };
  cut(out.ids);
  if (options.offsets) cut(out.offsets);
  const size_t end = begin + lengths.first;
  if (options.add_special && second != nullptr) {
    out.ids.insert(out.ids.begin() + static_cast<ptrdiff_t>(end), core_->sep);
    if (options.offsets) out.offsets.insert(out.offsets.begin() + static_cast<ptrdiff_t>(end), {0, 0});
  }
  out.type_ids.resize(end + (options.add_special && second != nullptr ? 1 : 0), 0);
  out.type_ids.resize(out.ids.size(), 1);
  out.special_tokens_mask.resize(out.ids.size(), 0);
  out.attention_mask.resize(out.ids.size(), 1);
  if (!options.add_special) return;
  if (second != nullptr) out.special_tokens_mask[end] = 1;
  out.add_special(core_->sep, second != nullptr ? 1 : 0, options.offsets);
}

std::vector<Encoding> Tokenizer::encode_windows(std::string_view first, const std::string_view* second,
                                                Scratch& scratch, const EncodeOptions& options) const {
  const size_t budget = text_budget(options, second != nullptr);
  EncodeOptions whole = options;
  whole.add_special = false;
  whole.max_length = 0;
  Encoding texts[2];
  encode(first, nullptr, scratch, whole, texts[0]);
  if (second != nullptr) encode(*second, nullptr, scratch, whole, texts[1]);
  const Lengths lengths = truncated({texts[0].ids.size(), texts[1].ids.size()}, budget, options.truncation);
  using Windows = std::vector<std::pair<size_t, size_t>>;
  const Windows of_first = windows_of(texts[0].ids.size(), lengths.first, options.stride);
  const Windows of_second = windows_of(texts[1].ids.size(), lengths.second, options.stride);

  std::vector<Encoding> out;
  const auto add = [&](size_t a, size_t b) {
    Encoding& made = out.emplace_back();
    const auto put = [&](const Encoding& text, std::pair<size_t, size_t> window, int32_t type) {
      const auto copy = [&](auto& to, const auto& from) {
        to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(window.first),
                  from.begin() + static_cast<ptrdiff_t>(window.second));
      };
      copy(made.ids, text.ids);
      copy(made.special_tokens_mask, text.special_tokens_mask);
      copy(made.attention_mask, text.attention_mask);
      if (options.offsets) copy(made.offsets, text.offsets);
      made.type_ids.resize(made.ids.size(), type);
      if (options.add_special) made.add_special(core_->sep, type, options.offsets);
    };
    if (options.add_special) made.add_special(core_->cls, 0, options.offsets);
    put(texts[0], of_first[a], 0);
    if (second != nullptr) put(texts[1], of_second[b], 1);
  };
  add(0, 0);
  for (size_t a = 1; a < of_first.size(); ++a) {
    for (size_t b = 0; b < of_second.size(); ++b) add(a, b);
  }
  for (size_t b = 1; b < of_second.size(); ++b) add(0, b);
  return out;
}

int32_t Tokenizer::size() const { return static_cast<int32_t>(core_->tokens.size()); }
const std::string& Tokenizer::token(int32_t id) const { return core_->tokens.at(static_cast<size_t>(id)); }
int32_t Tokenizer::id(std::string_view token) const {
  const auto found = core_->ids.find(token);
  return found == core_->ids.end() ? -1 : found->second;
}
int32_t Tokenizer::pad_id() const { return core_->pad; }
int32_t Tokenizer::unk_id() const { return core_->unk; }
int32_t Tokenizer::cls_id() const { return core_->cls; }
int32_t Tokenizer::sep_id() const { return core_->sep; }
int32_t Tokenizer::mask_id() const { return core_->mask; }
bool Tokenizer::is_special(int32_t id) const { return core_->special.at(static_cast<size_t>(id)) != 0; }
bool Tokenizer::is_continuation(int32_t id) const {
  const std::string& prefix = core_->settings.continuing_prefix;
  return !prefix.empty() && token(id).size() > prefix.size() && token(id).starts_with(prefix);
}
bool Tokenizer::is_unused(int32_t id) const {
  const std::string& name = token(id);
  constexpr std::string_view kHead = "[unused";
  return name.size() > kHead.size() + 1 && name.starts_with(kHead) && name.back() == ']' &&
         std::all_of(name.begin() + kHead.size(), name.end() - 1, [](char c) { return c >= '0' && c <= '9'; });
}
const std::string& Tokenizer::vocab_sha256() const { return core_->sha256; }
const Settings& Tokenizer::settings() const { return core_->settings; }
const std::vector<std::string>& Tokenizer::tokens() const { return core_->tokens; }

}  // namespace lmkor::tokenizer
