// How TensorFlow's models of Hugging Face (TFBertForMaskedLM, ...) and Google's own checkpoints call the tensors, and
// which of them they hold transposed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/hub/hdf5.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

// A tensor's name in a PyTorch model, and whether its two sizes are the other way round here.
struct ForeignName {
  std::string name;
  bool transposed = false;
};

// "tf_bert_for_masked_lm/bert/encoder/layer_._0/attention/self/query/kernel:0" to
// "bert.encoder.layer.0.attention.self.query.weight", transposed.
ForeignName from_keras_name(std::string_view name);

// The layers of a Keras file for `tensors` of Hugging Face's names, of the model class `architecture`
// ("BertForMaskedLM"). Transposed data is kept in `memory`.
std::vector<KerasLayer> keras_layers(std::string_view family, std::string_view architecture,
                                     std::vector<TensorView> tensors, Tensors& memory);

// Which of the two networks of an ELECTRA checkpoint is meant.
enum class ElectraPart { kDiscriminator, kGenerator };
// A variable of Google's BERT, ALBERT or ELECTRA code; nothing for what is no weight of the model (the optimiser's
// moments, the step) or belongs to the other network.
std::optional<ForeignName> from_google_name(std::string_view family, std::string_view name, ElectraPart part);

// The two-dimensional tensor `view` with its sizes the other way round; the bytes are kept in `memory`.
TensorView transposed(const TensorView& view, Tensors& memory);

}  // namespace lmkor::hub
