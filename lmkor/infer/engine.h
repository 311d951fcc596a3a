// A network made ready for many forward passes and no training: weights packed for the processor in the precision of
// the products. A sequence's results do not depend on what else is in its batch, nor on the number of threads.
// model::encode and the heads of model/network.h are the plain reference, and what runs on other devices.
// Legend: layers/packed.h.
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "lmkor/kernels/packed_linear.h"
#include "lmkor/model/network.h"

namespace lmkor::infer {

// Immutable, so any number of threads may use it.
class Engine {
 public:
  // Throws kConfig for int8 on a device other than the CPU.
  Engine(model::Network network, kernels::Precision precision, at::Device device);

  at::Device device() const { return device_; }
  const model::Network& network() const { return network_; }

  // The last layer's output, in the type of the activations. `layers` gets that of every layer too, the encoder's input
  // first.
  at::Tensor encode(const model::PackedInput& input, std::vector<at::Tensor>* layers = nullptr) const;

  // fp32 logits of the network's head. Throws kInternal where it has no such head.
  at::Tensor masked_lm_logits(const at::Tensor& hidden_MD) const;                                  // [M, V]
  at::Tensor replaced_token_logits(const at::Tensor& hidden_ND) const;                             // [N]
  at::Tensor sequence_logits(const at::Tensor& hidden_ND, const model::PackedInput& input) const;  // [S, C]
  at::Tensor token_logits(const at::Tensor& hidden_ND) const;                                      // [N, C]
  at::Tensor question_logits(const at::Tensor& hidden_ND) const;                                   // [N, 2]

 private:
  struct Layer {
    kernels::PackedLinear qkv, attention_out, in, out;
    layers::Norm attention_norm, norm;
  };
  bool packed() const { return device_.is_cpu(); }
  layers::Mode mode() const { return {.compute = kernels::activation_type(precision_)}; }
  kernels::PackedLinear pack(const layers::Linear& linear, kernels::Precision precision) const;
  void check_head(bool there, const char* name) const;

  model::Network network_;
  kernels::Precision precision_;
  at::Device device_;
  kernels::PackedLinear projection_;
  std::vector<Layer> layers_;
  // Of the heads those that the network has. What sees few rows, or makes logits, is fp32.
  kernels::PackedLinear masked_lm_transform_, word_table_, replaced_token_transform_, replaced_token_output_, pooler_,
      sequence_transform_, sequence_output_, tokens_, question_;
};

}  // namespace lmkor::infer
