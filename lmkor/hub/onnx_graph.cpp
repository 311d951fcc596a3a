// Field numbers: onnx/onnx.proto.
#include "lmkor/hub/onnx_graph.h"

#include <algorithm>
#include <cstring>

#include <protozero/pbf_writer.hpp>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"

namespace lmkor::hub {

using base::str;
using protozero::pbf_writer;

namespace {

constexpr int64_t kIrVersion = 8, kOpset = 17;
constexpr int32_t kFloat = 1, kInt64 = 7;
constexpr uint64_t kMaxBytes = INT32_MAX;

namespace model {
enum : uint32_t { kIrVersionField = 1, kProducerName = 2, kProducerVersion = 3, kGraph = 7, kOpsetImport = 8 };
}
namespace graph {
enum : uint32_t { kNode = 1, kName = 2, kInitializer = 5, kInput = 11, kOutput = 12 };
}

struct DataType {
  std::string_view name;
  int32_t number;
};
constexpr DataType kDataTypes[] = {{"F32", kFloat}, {"U8", 2},   {"I8", 3},  {"I32", 6},
                                   {"I64", kInt64}, {"F16", 10}, {"F64", 11}};

std::string value_info(std::string_view name, int32_t type, const std::vector<OnnxSize>& sizes) {
  std::string tensor;
  {
    pbf_writer message(tensor);
    message.add_int32(1, type);
    pbf_writer shape(message, 2);
    for (const OnnxSize& size : sizes) {
      pbf_writer dim(shape, 1);
      if (const auto* number = std::get_if<int64_t>(&size)) dim.add_int64(1, *number);
      if (const auto* symbol = std::get_if<std::string_view>(&size)) dim.add_string(2, symbol->data(), symbol->size());
    }
  }
  std::string holder, out;
  pbf_writer(holder).add_message(1, tensor);
  pbf_writer info(out);
  info.add_string(1, name.data(), name.size());
  info.add_message(2, holder);
  return out;
}

// The head of a field that holds `size` bytes.
std::string field_head(uint32_t field, uint64_t size) {
  std::string out;
  protozero::write_varint(std::back_inserter(out), field << 3 | 2);
  protozero::write_varint(std::back_inserter(out), size);
  return out;
}

}  // namespace

std::string OnnxGraph::add(std::string_view op, const std::vector<std::string>& inputs,
                           const std::vector<OnnxAttribute>& attributes, int outputs) {
  const std::string name = str(op, "_", count_++);
  pbf_writer holder(nodes_);
  pbf_writer node(holder, graph::kNode);
  for (const std::string& input : inputs) node.add_string(1, input);
  for (int i = 0; i < outputs; ++i) node.add_string(2, i == 0 ? name : str(name, ".", i));
  node.add_string(3, name);
  node.add_string(4, op.data(), op.size());
  for (const OnnxAttribute& attribute : attributes) {
    pbf_writer message(node, 5);
    message.add_string(1, attribute.name.data(), attribute.name.size());
    if (const auto* number = std::get_if<int64_t>(&attribute.value)) {
      message.add_int64(3, *number);
      message.add_enum(20, 2);
    } else if (const auto* real = std::get_if<float>(&attribute.value)) {
      message.add_float(2, *real);
      message.add_enum(20, 1);
    } else {
      for (const int64_t value : std::get<std::vector<int64_t>>(attribute.value)) message.add_int64(8, value);
      message.add_enum(20, 7);
    }
  }
  return name;
}

std::string OnnxGraph::weight(const TensorView& view) {
  if (std::find(weight_names_.begin(), weight_names_.end(), view.name) != weight_names_.end()) return view.name;
  const auto row = std::find_if(std::begin(kDataTypes), std::end(kDataTypes),
                                [&](const DataType& type) { return type.name == view.dtype; });
  if (row == std::end(kDataTypes)) {
    throw base::Error(base::ErrorKind::kInternal, str("tensor \"", view.name, "\": no ONNX type for ", view.dtype));
  }
  std::string message;
  pbf_writer tensor(message);
  for (const int64_t size : view.shape) tensor.add_int64(1, size);
  tensor.add_int32(2, row->number);
  tensor.add_string(8, view.name);
  message += field_head(9, view.bytes.size());
  weights_.push_back({field_head(graph::kInitializer, message.size() + view.bytes.size()) + message, view.bytes});
  weight_names_.push_back(view.name);
  return view.name;
}

std::string OnnxGraph::constant(const std::vector<int64_t>& values) {
  const std::string name = str("const [", base::join(values, ","), "]");
  kept_.emplace_back(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(int64_t));
  return weight({.name = name, .dtype = "I64", .shape = {static_cast<int64_t>(values.size())}, .bytes = kept_.back()});
}

std::string OnnxGraph::constant(float value) {
  kept_.emplace_back(reinterpret_cast<const char*>(&value), sizeof value);
  return weight({.name = str("const ", value), .dtype = "F32", .shape = {}, .bytes = kept_.back()});
}

void OnnxGraph::input(std::string_view name, const std::vector<OnnxSize>& shape) {
  pbf_writer(inputs_).add_message(graph::kInput, value_info(name, kInt64, shape));
}

void OnnxGraph::output(std::string_view name, const std::string& value, const std::vector<OnnxSize>& shape) {
  pbf_writer holder(nodes_);
  pbf_writer node(holder, graph::kNode);
  node.add_string(1, value);
  node.add_string(2, name.data(), name.size());
  node.add_string(3, name.data(), name.size());
  node.add_string(4, "Identity");
  pbf_writer(outputs_).add_message(graph::kOutput, value_info(name, kFloat, shape));
}

void OnnxGraph::write(const std::filesystem::path& path, std::string_view graph_name) const {
  std::string head;
  {
    pbf_writer model(head);
    model.add_int64(model::kIrVersionField, kIrVersion);
    model.add_string(model::kProducerName, "lmkor");
    model.add_string(model::kProducerVersion, base::kVersion);
    pbf_writer opset(model, model::kOpsetImport);
    opset.add_string(1, "");
    opset.add_int64(2, kOpset);
  }
  std::string name;
  pbf_writer(name).add_string(graph::kName, graph_name.data(), graph_name.size());
  uint64_t bytes = nodes_.size() + name.size() + inputs_.size() + outputs_.size();
  for (const Piece& piece : weights_) bytes += piece.header.size() + piece.data.size();
  head += field_head(model::kGraph, bytes);
  if (head.size() + bytes > kMaxBytes) {
    throw base::Error(base::ErrorKind::kIncompatible,
                      str(path.string(), ": the model has ", bytes, " bytes, ONNX files hold at most ", kMaxBytes,
                          "; export onnx-int8, which is a quarter of it"));
  }
  base::AtomicFile file(path);
  file.write(head);
  file.write(nodes_);
  file.write(name);
  for (const Piece& piece : weights_) {
    file.write(piece.header);
    file.write(piece.data);
  }
  file.write(inputs_);
  file.write(outputs_);
  file.commit();
}

}  // namespace lmkor::hub
