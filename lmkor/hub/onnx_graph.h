// Builds an ONNX model node by node and writes it. Messages of a few bytes are made with protozero; the weights are
// never copied into them, so a model of any size is written straight from where it lies.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

struct OnnxAttribute {
  std::string_view name;
  std::variant<int64_t, float, std::vector<int64_t>> value;
};

// A size that is known, or the name of one that the caller of the model chooses.
using OnnxSize = std::variant<int64_t, std::string_view>;

class OnnxGraph {
 public:
  // Appends a node and returns the name of its first output; the others (`outputs` in all) are NAME.1, NAME.2, ...
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  const std::vector<OnnxAttribute>& attributes = {}, int outputs = 1);
  // A weight under its own name; one that is known already is not added again. `view.bytes` must outlive write().
  std::string weight(const TensorView& view);
  // Constants; those of equal value are one.
  std::string constant(const std::vector<int64_t>& values);  // one-dimensional
  std::string constant(float value);                         // scalar

  void input(std::string_view name, const std::vector<OnnxSize>& shape);  // int64
  // Gives `value` the name `name` as an output of the model, fp32.
  void output(std::string_view name, const std::string& value, const std::vector<OnnxSize>& shape);

  // Complete or absent. Throws kOutput; kIncompatible for a model of over 2 GiB, which no protobuf reader takes.
  void write(const std::filesystem::path& path, std::string_view graph_name) const;

 private:
  struct Piece {
    std::string header;
    std::string_view data;
  };
  std::string nodes_, inputs_, outputs_;
  std::vector<Piece> weights_;
  std::vector<std::string> weight_names_;
  std::deque<std::string> kept_;
  int64_t count_ = 0;
};

}  // namespace lmkor::hub
