// A model as an ONNX file: inputs input_ids, attention_mask, token_type_ids (int64 [batch, sequence], both sizes free),
// outputs named as Transformers names them. Opset 17; no node that ONNX Runtime or Transformers.js lacks.
#pragma once

#include <filesystem>

#include "lmkor/hub/model_info.h"
#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

struct OnnxReport {
  double weight_error = 0;  // int8: the largest relative root mean square error of a matrix
  std::string worst;        // its name
};

// `weights` holds every tensor of expected_tensors(info). With `is_int8` matrices are int8 with a scale for each
// output, activations are quantised as they come (DynamicQuantizeLinear). Throws kIncompatible (an activation that is
// not known, a tensor that is missing), kOutput.
OnnxReport write_onnx(const std::filesystem::path& path, const ModelInfo& info, const Tensors& weights, bool is_int8);

}  // namespace lmkor::hub
