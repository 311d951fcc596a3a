#include "lmkor/model/trial.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/model/network.h"
#include "lmkor/model/weights.h"

namespace lmkor::model {

using base::str;

namespace {

// Sequences whose ids and types are spread over all there are.
PackedInput trial_input(const Config& config) {
  std::vector<int32_t> ids, types, starts = {0};
  for (const int64_t length : {int64_t{3}, int64_t{1}, config.max_position_embeddings}) {
    for (int64_t i = 0; i < length; ++i) {
      ids.push_back(static_cast<int32_t>((i * 7919 + length) % config.vocab_size));
      types.push_back(static_cast<int32_t>(i % config.type_vocab_size));
    }
    starts.push_back(static_cast<int32_t>(ids.size()));
  }
  return layers::make_packed(ids, {}, types, starts);
}

at::Tensor logits_of(const Network& network, const at::Tensor& hidden_ND, const PackedInput& input, const Mode& mode) {
  switch (network.head) {
    case Head::kNone:
      return hidden_ND;
    case Head::kMaskedLm:
    case Head::kPretraining:
      return masked_lm_logits(network, hidden_ND.narrow(0, 0, std::min<int64_t>(16, hidden_ND.size(0))), mode);
    case Head::kReplacedToken:
      return replaced_token_logits(network, hidden_ND, mode);
    case Head::kSequence:
      return sequence_logits(network, hidden_ND, input, mode);
    case Head::kTokens:
      return token_logits(network, hidden_ND, mode);
    case Head::kQuestion:
      return question_logits(network, hidden_ND, mode);
  }
  return hidden_ND;
}

std::string not_finite(const char* what, const at::Tensor& values) {
  const int64_t broken = values.numel() - values.isfinite().sum().item<int64_t>();
  return broken == 0 ? "" : str(what, ": ", broken, " of ", values.numel(), " values are not finite");
}

}  // namespace

std::string try_forward_pass(const std::filesystem::path& dir) {
  const at::NoGradGuard guard;
  const hub::ModelInfo info = hub::read_model_info(dir);
  const Network network = load_network(dir, info.head, info.num_labels, /*seed=*/1, {.read_only = true}).network;
  const PackedInput input = trial_input(network.config);
  const Mode mode;
  const at::Tensor hidden_ND = encode(network, input, mode);
  if (const std::string fault = not_finite("hidden states", hidden_ND); !fault.empty()) return fault;
  return not_finite("logits", logits_of(network, hidden_ND, input, mode));
}

}  // namespace lmkor::model
