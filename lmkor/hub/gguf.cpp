// Format: ggml/docs/gguf.md, version 3. Names and keys: llama.cpp's conversion of BERT.
#include "lmkor/hub/gguf.h"

#include <algorithm>
#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/names.h"
#include "lmkor/hub/quantize.h"

namespace lmkor::hub {

using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr uint32_t kVersion = 3, kF32 = 0;
constexpr size_t kAlignment = 32;
enum ValueType : uint32_t { kUint32 = 4, kInt32 = 5, kFloat32 = 6, kBool = 7, kString = 8, kArray = 9 };
enum TokenType : int32_t { kNormal = 1, kUnknown = 2, kControl = 3, kUnused = 5 };
constexpr uint32_t kPoolingCls = 2;

struct NameRow {
  std::string_view neutral, gguf;
};
constexpr NameRow kNames[] = {
    {"embeddings.word", "token_embd"},
    {"embeddings.position", "position_embd"},
    {"embeddings.type", "token_types"},
    {"embeddings.norm", "token_embd_norm"},
    {"attention.query", "attn_q"},
    {"attention.key", "attn_k"},
    {"attention.value", "attn_v"},
    {"attention.output", "attn_output"},
    {"attention.norm", "attn_output_norm"},
    {"feed_forward.in", "ffn_up"},
    {"feed_forward.out", "ffn_down"},
    {"feed_forward.norm", "layer_output_norm"},
    {"pooler", "cls"},
    {"sequence.transform", "cls"},
    {"sequence.output", "cls.output"},
};
struct SpecialRow {
  std::string_view token, key;
};
constexpr SpecialRow kSpecials[] = {{"[PAD]", "padding_token_id"},
                                    {"[UNK]", "unknown_token_id"},
                                    {"[CLS]", "cls_token_id"},
                                    {"[SEP]", "seperator_token_id"},  // so spelt there
                                    {"[MASK]", "mask_token_id"}};

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put_text(std::string& out, std::string_view text) {
  put<uint64_t>(out, text.size());
  out += text;
}

// Keys and values, counted.
class Keys {
 public:
  template <class T>
  void add(std::string_view key, ValueType type, T value) {
    begin(key, type);
    put(bytes_, value);
  }
  void add_text(std::string_view key, std::string_view value) {
    begin(key, kString);
    put_text(bytes_, value);
  }
  void add_texts(std::string_view key, const std::vector<std::string>& values) {
    begin_list(key, kString, values.size());
    for (const std::string& value : values) put_text(bytes_, value);
  }
  void add_numbers(std::string_view key, const std::vector<int32_t>& values) {
    begin_list(key, kInt32, values.size());
    for (const int32_t value : values) put(bytes_, value);
  }
  const std::string& bytes() const { return bytes_; }
  uint64_t count() const { return count_; }

 private:
  void begin(std::string_view key, ValueType type) {
    put_text(bytes_, key);
    put<uint32_t>(bytes_, type);
    ++count_;
  }
  void begin_list(std::string_view key, ValueType type, size_t size) {
    begin(key, kArray);
    put<uint32_t>(bytes_, type);
    put<uint64_t>(bytes_, size);
  }
  std::string bytes_;
  uint64_t count_ = 0;
};

// "encoder.3.attention.query.weight" is "blk.3.attn_q.weight"; empty for what llama.cpp has no place for.
std::string gguf_name(std::string_view neutral) {
  std::string block;
  constexpr std::string_view kEncoder = "encoder.";
  if (neutral.starts_with(kEncoder) && neutral.size() > kEncoder.size() && neutral[kEncoder.size()] <= '9') {
    const size_t end = neutral.find('.', kEncoder.size());
    block = str("blk.", neutral.substr(kEncoder.size(), end - kEncoder.size()), ".");
    neutral.remove_prefix(end + 1);
  }
  const size_t dot = neutral.rfind('.');
  for (const NameRow& row : kNames) {
    if (neutral.substr(0, dot) == row.neutral) return str(block, row.gguf, neutral.substr(dot));
  }
  return "";
}

void add_tokens(Keys& keys, const GgufModel& model) {
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  for (const std::string& token : model.tokens) {
    const bool special = std::any_of(std::begin(kSpecials), std::end(kSpecials),
                                     [&](const SpecialRow& row) { return row.token == token; });
    const bool unused = token.starts_with("[unused") && token.ends_with("]");
    types.push_back(token == "[UNK]" ? kUnknown : special ? kControl : unused ? kUnused : kNormal);
    // llama.cpp marks the beginnings of words instead of their continuations
    if (special)
      tokens.push_back(token);
    else
      tokens.push_back(token.starts_with("##") ? token.substr(2) : "\u2581" + token);
  }
  keys.add_text("tokenizer.ggml.model", "bert");
  keys.add_text("tokenizer.ggml.pre", "default");
  keys.add<uint32_t>("tokenizer.ggml.token_type_count", kUint32, static_cast<uint32_t>(model.info.type_vocab_size));
  keys.add_texts("tokenizer.ggml.tokens", tokens);
  keys.add_numbers("tokenizer.ggml.token_type", types);
  for (const SpecialRow& row : kSpecials) {
    const auto found = std::find(model.tokens.begin(), model.tokens.end(), row.token);
    if (found == model.tokens.end()) continue;
    keys.add<uint32_t>(str("tokenizer.ggml.", row.key), kUint32, static_cast<uint32_t>(found - model.tokens.begin()));
  }
}

Keys keys_of(const GgufModel& model) {
  const ModelInfo& info = model.info;
  Keys keys;
  keys.add_text("general.architecture", "bert");
  keys.add_text("general.name", model.name);
  keys.add<uint32_t>("general.file_type", kUint32, 0);  // all fp32
  keys.add<uint32_t>("general.alignment", kUint32, kAlignment);
  const auto size = [&](std::string_view key, int64_t value) {
    keys.add<uint32_t>(str("bert.", key), kUint32, static_cast<uint32_t>(value));
  };
  size("context_length", info.max_position_embeddings);
  size("embedding_length", info.hidden_size);
  size("feed_forward_length", info.intermediate_size);
  size("block_count", info.num_hidden_layers);
  size("attention.head_count", info.num_attention_heads);
  size("vocab_size", info.vocab_size);
  keys.add<float>("bert.attention.layer_norm_epsilon", kFloat32, static_cast<float>(info.layer_norm_eps));
  keys.add<uint8_t>("bert.attention.causal", kBool, 0);
  size("pooling_type", kPoolingCls);
  if (info.head == HeadKind::kSequence && !info.labels.empty())
    keys.add_texts("bert.classifier.output_labels", info.labels);
  add_tokens(keys, model);
  return keys;
}

}  // namespace

void write_gguf(const std::filesystem::path& path, const GgufModel& model, const Tensors& weights) {
  const ModelInfo& info = model.info;
  if (info.family == "albert" || info.embedding_size != info.hidden_size) {
    throw Error(ErrorKind::kIncompatible,
                str(path.string(), ": llama.cpp runs BERT and ELECTRA with embedding_size = hidden_size; this is ",
                    info.family, " with ", info.embedding_size, " and ", info.hidden_size));
  }
  if (static_cast<int64_t>(model.tokens.size()) != info.vocab_size) {
    throw Error(ErrorKind::kIncompatible, str(path.string(), ": the tokenizer has ", model.tokens.size(),
                                              " tokens, config.json says ", info.vocab_size));
  }
  Tensors memory;
  std::vector<TensorView> views;
  for (const ExpectedTensor& expected : expected_tensors(info)) {
    const std::string name = gguf_name(expected.neutral);
    // a pooler alone has no place in an embedding model there
    if (name.empty() || (expected.neutral.starts_with("pooler") && info.head != HeadKind::kSequence)) continue;
    const TensorView* view = weights.find(expected.name);
    if (!view) view = weights.find(std::string_view(expected.name).substr(body_prefix(info.family).size()));
    if (!view) throw Error(ErrorKind::kIncompatible, str("tensor \"", expected.name, "\" is missing"));
    views.push_back(as_f32(*view, memory));
    views.back().name = name;
  }
  const Keys keys = keys_of(model);
  std::string head = "GGUF";
  put(head, kVersion);
  put<uint64_t>(head, views.size());
  put(head, keys.count());
  head += keys.bytes();
  const auto padding = [](uint64_t bytes) { return (kAlignment - bytes % kAlignment) % kAlignment; };
  uint64_t offset = 0;
  for (const TensorView& view : views) {
    put_text(head, view.name);
    put(head, static_cast<uint32_t>(view.shape.size()));
    for (size_t d = view.shape.size(); d-- > 0;) put<uint64_t>(head, static_cast<uint64_t>(view.shape[d]));
    put(head, kF32);
    put(head, offset);
    offset += view.bytes.size() + padding(view.bytes.size());
  }
  base::AtomicFile file(path);
  head.append(padding(head.size()), '\0');
  file.write(head);
  for (const TensorView& view : views) {
    file.write(view.bytes);
    file.write(std::string(padding(view.bytes.size()), '\0'));
  }
  file.commit();
}

}  // namespace lmkor::hub
