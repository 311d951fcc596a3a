// The networks: transformers' modeling_bert.py, modeling_albert.py, modeling_electra.py. Tokens are kept as rows [N, H]
// of all sequences, so that every linear layer is one Gemm with its bias, over the weights as they are stored; the
// batch comes back only around attention. Legend: B sequences, T their length, N = B * T, H width, E of embeddings.
#include "lmkor/hub/onnx_export.h"

#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/names.h"
#include "lmkor/hub/onnx_graph.h"
#include "lmkor/hub/quantize.h"

namespace lmkor::hub {

using base::Error;
using base::ErrorKind;
using base::str;
using Names = std::vector<std::string>;

namespace {

constexpr std::string_view kBatch = "batch_size", kLength = "sequence_length";
constexpr float kMasked = -3.4028234663852886e38f;  // the smallest fp32, as Transformers masks
constexpr int64_t kFloatType = 1;

class Exporter {
 public:
  Exporter(const ModelInfo& info, const Tensors& weights, bool is_int8)
      : info_(info), weights_(weights), is_int8_(is_int8) {}

  OnnxReport write(const std::filesystem::path& path) {
    for (const char* name : {"input_ids", "attention_mask", "token_type_ids"}) graph_.input(name, {kBatch, kLength});
    sizes_ = graph_.add("Shape", {"input_ids"});
    const std::string hidden_ND = encoder();
    heads(hidden_ND);
    graph_.write(path, info_.architecture);
    return report_;
  }

 private:
  // ---- weights

  TensorView tensor(const std::string& neutral) {
    const std::string name = hugging_face_name(info_.family, neutral);
    const TensorView* view = weights_.find(name);
    const std::string prefix = body_prefix(info_.family);
    if (!view && name.starts_with(prefix)) view = weights_.find(std::string_view(name).substr(prefix.size()));
    if (!view) throw Error(ErrorKind::kIncompatible, str("tensor \"", name, "\" is missing"));
    return as_f32(*view, memory_);
  }
  std::string weight(const std::string& neutral) { return graph_.weight(tensor(neutral)); }

  struct Quantized {
    std::string values, scales;
  };
  Quantized quantized(const std::string& neutral) {
    if (const auto found = quantized_.find(neutral); found != quantized_.end()) return found->second;
    const QuantizedRows rows = quantize_rows(tensor(neutral), memory_);
    if (rows.error > report_.weight_error) report_ = {rows.error, rows.values.name};
    return quantized_[neutral] = {graph_.weight(rows.values), graph_.weight(rows.scales)};
  }

  // ---- parts

  std::string linear(const std::string& x_NI, const std::string& weight_OI, const std::string& bias_O) {
    if (!is_int8_) {
      return graph_.add("Gemm", {x_NI, weight(weight_OI), weight(bias_O)}, {{"transB", int64_t{1}}});
    }
    const Quantized q = quantized(weight_OI);
    const std::string x = graph_.add("DynamicQuantizeLinear", {x_NI}, {}, 3), x_scale = x + ".1", x_zero = x + ".2";
    const std::string turned = graph_.add("Transpose", {q.values}, {{"perm", std::vector<int64_t>{1, 0}}});
    const std::string product = graph_.add("MatMulInteger", {x, turned, x_zero});
    const std::string real = graph_.add("Cast", {product}, {{"to", kFloatType}});
    const std::string scaled = graph_.add("Mul", {real, graph_.add("Mul", {x_scale, q.scales})});
    return graph_.add("Add", {scaled, weight(bias_O)});
  }
  std::string linear(const std::string& x, const std::string& name) {
    return linear(x, name + ".weight", name + ".bias");
  }

  std::string norm(const std::string& x, const std::string& name) {
    return graph_.add("LayerNormalization", {x, weight(name + ".weight"), weight(name + ".bias")},
                      {{"axis", int64_t{-1}}, {"epsilon", static_cast<float>(info_.layer_norm_eps)}});
  }

  // Rows of a table by ids.
  std::string gather(const std::string& name, const std::string& ids) {
    if (!is_int8_) return graph_.add("Gather", {weight(name), ids});
    const Quantized q = quantized(name);
    const std::string values = graph_.add("Cast", {graph_.add("Gather", {q.values, ids})}, {{"to", kFloatType}});
    const std::string scales = graph_.add("Gather", {q.scales, ids});
    return graph_.add("Mul", {values, graph_.add("Unsqueeze", {scales, graph_.constant(std::vector<int64_t>{-1})})});
  }

  std::string erf_gelu(const std::string& x) {
    const std::string erf = graph_.add("Erf", {graph_.add("Div", {x, graph_.constant(std::sqrt(2.0f))})});
    const std::string gate = graph_.add("Mul", {x, graph_.add("Add", {erf, graph_.constant(1.0f)})});
    return graph_.add("Mul", {gate, graph_.constant(0.5f)});
  }
  std::string tanh_gelu(const std::string& x) {
    const std::string cube = graph_.add("Pow", {x, graph_.constant(3.0f)});
    const std::string sum = graph_.add("Add", {x, graph_.add("Mul", {cube, graph_.constant(0.044715f)})});
    const auto root = static_cast<float>(std::sqrt(2 / 3.14159265358979323846));
    const std::string tanh = graph_.add("Tanh", {graph_.add("Mul", {sum, graph_.constant(root)})});
    const std::string half = graph_.add("Mul", {x, graph_.constant(0.5f)});
    return graph_.add("Mul", {half, graph_.add("Add", {tanh, graph_.constant(1.0f)})});
  }
  std::string activation(const std::string& x) {
    if (info_.hidden_act == "gelu") return erf_gelu(x);
    for (const char* name : {"gelu_new", "gelu_pytorch_tanh", "gelu_fast"}) {
      if (info_.hidden_act == name) return tanh_gelu(x);
    }
    throw Error(ErrorKind::kIncompatible, str("hidden_act: got \"", info_.hidden_act,
                                              "\", expected gelu, gelu_new, gelu_pytorch_tanh or gelu_fast"));
  }

  std::string reshape(const std::string& x, const std::vector<int64_t>& shape) {
    return graph_.add("Reshape", {x, graph_.constant(shape)});
  }
  // [N, ...] to [B, T, more...]
  std::string unflatten(const std::string& x, const std::vector<int64_t>& more = {}) {
    if (more.empty()) return graph_.add("Reshape", {x, sizes_});
    return graph_.add("Reshape", {x, graph_.add("Concat", {sizes_, graph_.constant(more)}, {{"axis", int64_t{0}}})});
  }

  // ---- the encoder

  std::string embeddings() {
    const std::string words = gather("embeddings.word.weight", "input_ids");
    const std::string types = gather("embeddings.type.weight", "token_type_ids");
    const auto at = [&](int64_t place) { return graph_.constant(std::vector<int64_t>{place}); };
    const std::string length = graph_.add("Gather", {sizes_, at(1)});
    const std::string positions = graph_.add("Slice", {weight("embeddings.position.weight"), at(0), length, at(0)});
    const std::string sum = graph_.add("Add", {graph_.add("Add", {words, types}), positions});
    const std::string rows = reshape(norm(sum, "embeddings.norm"), {-1, info_.embedding_size});
    const bool projects = info_.family == "albert" || info_.embedding_size != info_.hidden_size;
    return projects ? linear(rows, "encoder.projection") : rows;
  }

  std::string attention(const std::string& x_NH, const std::string& name, const std::string& mask_B11T) {
    const int64_t heads = info_.num_attention_heads, width = info_.hidden_size / heads;
    const auto divided = [&](const std::string& x, std::vector<int64_t> order) {
      return graph_.add("Transpose", {unflatten(x, {heads, width})}, {{"perm", std::move(order)}});
    };
    const std::string scale = graph_.constant(1 / std::sqrt(static_cast<float>(width)));
    const std::string query = divided(graph_.add("Mul", {linear(x_NH, name + "query"), scale}), {0, 2, 1, 3});
    const std::string key = divided(linear(x_NH, name + "key"), {0, 2, 3, 1});
    const std::string value = divided(linear(x_NH, name + "value"), {0, 2, 1, 3});
    const std::string scores = graph_.add("Add", {graph_.add("MatMul", {query, key}), mask_B11T});
    const std::string shares = graph_.add("Softmax", {scores}, {{"axis", int64_t{-1}}});
    const std::string mixed = graph_.add("MatMul", {shares, value});
    const std::string rows = graph_.add("Transpose", {mixed}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
    return linear(reshape(rows, {-1, info_.hidden_size}), name + "output");
  }

  std::string encoder() {
    const std::string real = graph_.add("Cast", {"attention_mask"}, {{"to", kFloatType}});
    const std::string hidden =
        graph_.add("Mul", {graph_.add("Sub", {graph_.constant(1.0f), real}), graph_.constant(kMasked)});
    const std::string mask = graph_.add("Unsqueeze", {hidden, graph_.constant(std::vector<int64_t>{1, 2})});
    std::string x = embeddings();
    for (int64_t layer = 0; layer < info_.num_hidden_layers; ++layer) {
      const std::string name = str("encoder.", info_.stored_layer(layer), ".");
      x = norm(graph_.add("Add", {attention(x, name + "attention.", mask), x}), name + "attention.norm");
      const std::string inner = activation(linear(x, name + "feed_forward.in"));
      x = norm(graph_.add("Add", {linear(inner, name + "feed_forward.out"), x}), name + "feed_forward.norm");
    }
    return x;
  }

  // ---- heads

  std::string first_token(const std::string& x_NH) {
    return graph_.add("Gather", {unflatten(x_NH, {info_.hidden_size}), first()}, {{"axis", int64_t{1}}});
  }
  // A scalar index, so that Gather drops the axis.
  std::string first() { return graph_.add("Squeeze", {graph_.constant(std::vector<int64_t>{0})}); }
  std::string pooled(const std::string& x_NH) { return graph_.add("Tanh", {linear(first_token(x_NH), "pooler")}); }

  std::string masked_lm(const std::string& x_NH) {
    const std::string dense = linear(x_NH, "masked_lm.transform");
    // Transformers gives the generator's head the erf form whatever hidden_act says
    const std::string active = info_.family == "electra" ? erf_gelu(dense) : activation(dense);
    const std::string rows = linear(norm(active, "masked_lm.norm"), "embeddings.word.weight", "masked_lm.bias");
    return unflatten(rows, {info_.vocab_size});
  }

  void heads(const std::string& x_NH) {
    const std::vector<OnnxSize> tokens{kBatch, kLength};
    const auto with = [](std::vector<OnnxSize> sizes, int64_t last) {
      sizes.emplace_back(last);
      return sizes;
    };
    switch (info_.head) {
      case HeadKind::kNone:
        graph_.output("last_hidden_state", unflatten(x_NH, {info_.hidden_size}), with(tokens, info_.hidden_size));
        if (info_.has_pooler) graph_.output("pooler_output", pooled(x_NH), {kBatch, info_.hidden_size});
        return;
      case HeadKind::kMaskedLm:
        return graph_.output("logits", masked_lm(x_NH), with(tokens, info_.vocab_size));
      case HeadKind::kPretraining:
        graph_.output("prediction_logits", masked_lm(x_NH), with(tokens, info_.vocab_size));
        return graph_.output(info_.family == "albert" ? "sop_logits" : "seq_relationship_logits",
                             linear(pooled(x_NH), "pair"), {kBatch, int64_t{2}});
      case HeadKind::kReplacedToken: {
        const std::string dense = activation(linear(x_NH, "replaced_token.transform"));
        return graph_.output("logits", unflatten(linear(dense, "replaced_token.output")), tokens);
      }
      case HeadKind::kSequence: {
        const std::string rows =
            info_.has_pooler ? pooled(x_NH) : erf_gelu(linear(first_token(x_NH), "sequence.transform"));
        return graph_.output("logits", linear(rows, "sequence.output"), {kBatch, info_.num_labels});
      }
      case HeadKind::kTokens:
        return graph_.output("logits", unflatten(linear(x_NH, "tokens"), {info_.num_labels}),
                             with(tokens, info_.num_labels));
      case HeadKind::kQuestion: {
        const std::string both = graph_.add("Split", {linear(x_NH, "question")}, {{"axis", int64_t{-1}}}, 2);
        graph_.output("start_logits", unflatten(both), tokens);
        return graph_.output("end_logits", unflatten(both + ".1"), tokens);
      }
    }
  }

  const ModelInfo& info_;
  const Tensors& weights_;
  const bool is_int8_;
  OnnxGraph graph_;
  Tensors memory_;  // of weights that were changed
  std::map<std::string, Quantized> quantized_;
  OnnxReport report_;
  std::string sizes_;  // [B, T]
};

}  // namespace

OnnxReport write_onnx(const std::filesystem::path& path, const ModelInfo& info, const Tensors& weights, bool is_int8) {
  return Exporter(info, weights, is_int8).write(path);
}

}  // namespace lmkor::hub
