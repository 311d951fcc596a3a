#include "lmkor/kernels/packed_attention.h"

#include <cmath>

namespace lmkor::kernels {

at::Tensor packed_attention(const at::Tensor& qkv, const std::vector<int32_t>& cu_seqlens, int64_t num_heads,
                            const Dropout& dropout) {
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
