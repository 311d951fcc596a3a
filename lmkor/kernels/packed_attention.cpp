#include "lmkor/kernels/packed_attention.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>

#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

// The calls of the loops, one per (sequence, head).
template <class T>
struct Heads {
  const at::Tensor& qkv;
  const std::vector<int32_t>& cu_seqlens;
  int64_t num_heads;
  cpu::DropRule drop;

  int64_t tokens() const { return qkv.size(0); }
  int64_t width() const { return qkv.size(1) / 3; }
  int64_t head_width() const { return width() / num_heads; }

  // f(head, its place in qkv, its place in the output, scratch)
  template <class Body>
  void for_each(const Body& f) const {
    const auto sequences = static_cast<int64_t>(cu_seqlens.size()) - 1;
    int32_t longest = 0;
    for (int64_t s = 0; s < sequences; ++s) longest = std::max(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
    const at::Tensor scratch =
        at::empty({at::get_num_threads(), loops_of<T>().attention_scratch(longest, head_width())}, at::kByte);
    parallel_tasks(sequences * num_heads, [&](int64_t task, int worker) {
      const int64_t begin = cu_seqlens[task / num_heads], length = cu_seqlens[task / num_heads + 1] - begin;
      const int64_t head = task % num_heads, place = begin * 3 * width() + head * head_width();
      const T* query = memory<T>(qkv) + place;
      f(cpu::AttentionHead<T>{.length = length,
                              .width = head_width(),
                              .stride = 3 * width(),
                              .out_stride = width(),
                              .first_row = head * tokens() + begin,
                              .query = query,
                              .key = query + width(),
                              .value = query + 2 * width(),
                              .scale = static_cast<float>(1 / std::sqrt(static_cast<double>(head_width()))),
                              .drop = drop},
        place, begin * width() + head * head_width(), memory<uint8_t>(scratch) + worker * scratch.size(1));
    });
  }
};

struct PackedAttention : torch::autograd::Function<PackedAttention> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& any, const std::vector<int32_t>* cu_seqlens,
                            int64_t num_heads, const Dropout* dropout) {
    const at::Tensor qkv = any.contiguous(), out_ND = at::empty({qkv.size(0), qkv.size(1) / 3}, qkv.scalar_type());
    context->save_for_backward({qkv});
    context->saved_data["cu_seqlens"] = std::vector<int64_t>(cu_seqlens->begin(), cu_seqlens->end());
    context->saved_data["num_heads"] = num_heads;
    save_dropout(*context, *dropout);
    by_type(qkv, [&](auto zero) {
      using T = decltype(zero);
      Heads<T>{qkv, *cu_seqlens, num_heads, rule_of(*dropout)}.for_each(
          [&](const cpu::AttentionHead<T>& head, int64_t, int64_t out_place, void* scratch) {
            loops_of<T>().attention_forward(head, memory<T>(out_ND) + out_place, scratch);
          });
    });
    return out_ND;
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const at::Tensor qkv = context->get_saved_variables()[0], d_out_ND = d_outs[0].contiguous();
    const at::Tensor d_qkv = at::empty_like(qkv);
    const std::vector<int64_t> starts = context->saved_data["cu_seqlens"].toIntVector();
    const std::vector<int32_t> cu_seqlens(starts.begin(), starts.end());
    const int64_t num_heads = context->saved_data["num_heads"].toInt();
    by_type(qkv, [&](auto zero) {
      using T = decltype(zero);
      const Heads<T> heads{qkv, cu_seqlens, num_heads, rule_of(saved_dropout(*context))};
      heads.for_each([&](const cpu::AttentionHead<T>& head, int64_t place, int64_t out_place, void* scratch) {
        T* d_query = memory<T>(d_qkv) + place;
        loops_of<T>().attention_backward(head, memory<T>(d_out_ND) + out_place, d_query, d_query + heads.width(),
                                         d_query + 2 * heads.width(), scratch);
      });
    });
    return {d_qkv, {}, {}, {}};
  }
};

}  // namespace

at::Tensor packed_attention(const at::Tensor& qkv, const std::vector<int32_t>& cu_seqlens, int64_t num_heads,
                            const Dropout& dropout) {
  // The loops take bf16 in pairs along the head's width.
  const bool even = qkv.size(1) / 3 / num_heads % 2 == 0;
  if (has_loops(qkv) && (even || qkv.scalar_type() == at::kFloat)) {
    return PackedAttention::apply(qkv, &cu_seqlens, num_heads, &dropout);
  }
  return packed_attention_plain(qkv, cu_seqlens, num_heads, dropout);
}

at::Tensor packed_attention_plain(const at::Tensor& qkv, const std::vector<int32_t>& cu_seqlens, int64_t num_heads,
                                  const Dropout& dropout) {
  const int64_t tokens = qkv.size(0), width = qkv.size(1) / 3, head_width = width / num_heads;
  const double scale = 1 / std::sqrt(static_cast<double>(head_width));
  const at::Tensor qkv_N3hd = qkv.to(at::kFloat).view({tokens, 3, num_heads, head_width});
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s)
    longest = std::max<int64_t>(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
  at::Tensor factors;
  if (dropout.on()) factors = dropout_factors(dropout, num_heads * tokens, longest).view({num_heads, tokens, longest});
  std::vector<at::Tensor> outs;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t begin = cu_seqlens[s], length = cu_seqlens[s + 1] - begin;
    const at::Tensor part = qkv_N3hd.narrow(0, begin, length).permute({1, 2, 0, 3});  // [3, heads, length, head width]
    at::Tensor probs = at::softmax(at::matmul(part[0], part[1].transpose(-2, -1)) * scale, -1);
    if (dropout.on()) probs = probs * factors.narrow(1, begin, length).narrow(2, 0, length).to(probs.device());
    outs.push_back(at::matmul(probs, part[2]).transpose(0, 1).reshape({length, width}));
  }
  return at::cat(outs).to(qkv.scalar_type());
}

}  // namespace lmkor::kernels
