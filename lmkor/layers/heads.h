// What stands on the encoder: masked LM, replaced token, classifiers.
#pragma once

#include "lmkor/kernels/activation.h"
#include "lmkor/layers/init.h"
#include "lmkor/layers/mode.h"
#include "lmkor/layers/packed.h"

namespace lmkor::layers {

// dense, activation, LayerNorm; then the word table (tied) and a bias of the vocabulary.
struct MaskedLmHead {
  Linear transform;  // [E, D]
  Norm norm;
  at::Tensor bias_V;
};
MaskedLmHead make_masked_lm_head(int64_t width, int64_t embedding_width, int64_t vocab);
void visit(MaskedLmHead& head, const std::string& name, const Visit& f);
// hidden_MD -> what meets the word table, [M, E]
at::Tensor masked_lm_transform(const MaskedLmHead& head, const at::Tensor& hidden_MD, kernels::Activation activation,
                               double eps, const Mode& mode);

// ELECTRA's discriminator: dense, activation, one logit per token.
struct ReplacedTokenHead {
  Linear transform, output;
};
ReplacedTokenHead make_replaced_token_head(int64_t width);
void visit(ReplacedTokenHead& head, const std::string& name, const Visit& f);
at::Tensor replaced_token_logits(const ReplacedTokenHead& head, const at::Tensor& hidden_ND,
                                 kernels::Activation activation, const Mode& mode);  // [N], fp32

// The classifier of a sequence, on the pooled vector (BERT, ALBERT) or on [CLS] through a hidden layer of its own
// (ELECTRA).
struct SequenceHead {
  Linear transform;  // undefined without a hidden layer
  Linear output;
};
SequenceHead make_sequence_head(int64_t width, int64_t labels, bool hidden_layer);
void visit(SequenceHead& head, const std::string& name, const Visit& f);
at::Tensor sequence_logits(const SequenceHead& head, const at::Tensor& first_SD, double dropout,
                           const Mode& mode);  // [S, C], fp32

// hidden rows of each sequence's first token, [S, D].
at::Tensor first_tokens(const at::Tensor& hidden_ND, const PackedInput& input);
// tanh(dense(first token)), [S, D]
at::Tensor pool(const Linear& pooler, const at::Tensor& hidden_ND, const PackedInput& input, const Mode& mode);
// A small linear map in fp32 whatever the mode, for logits.
at::Tensor classify(const Linear& linear, const at::Tensor& hidden);

}  // namespace lmkor::layers
