#include "lmkor/hub/tensors.h"

#include <algorithm>
#include <iterator>

#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace {

struct Dtype {
  std::string_view name;
  size_t bytes;
};
// In the order in which the safetensors library lays tensors out.
constexpr Dtype kDtypes[] = {{"U64", 8},     {"I64", 8},     {"F64", 8}, {"C64", 8}, {"F32", 4}, {"U32", 4},
                             {"I32", 4},     {"BF16", 2},    {"F16", 2}, {"U16", 2}, {"I16", 2}, {"F8_E8M0", 1},
                             {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};

}  // namespace

size_t dtype_rank(std::string_view dtype) {
  const auto found =
      std::find_if(std::begin(kDtypes), std::end(kDtypes), [&](const Dtype& d) { return d.name == dtype; });
  return static_cast<size_t>(found - std::begin(kDtypes));
}

size_t element_size(std::string_view dtype) {
  const size_t rank = dtype_rank(dtype);
  return rank < std::size(kDtypes) ? kDtypes[rank].bytes : 0;
}

std::string shape_text(std::span<const int64_t> shape) { return base::str("[", base::join(shape, ", "), "]"); }

std::optional<uint64_t> byte_count(std::string_view dtype, std::span<const int64_t> shape) {
  // A size of 0 anywhere makes the product 0, so the largest part of it is what is bounded.
  unsigned __int128 count = element_size(dtype);
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0) return {};
    empty |= size == 0;
    if (size > 0) count *= static_cast<uint64_t>(size);
    if (count > INT64_MAX) return {};
  }
  return empty ? 0 : static_cast<uint64_t>(count);
}

const TensorView* Tensors::find(std::string_view name) const {
  const auto found =
      std::find_if(views.begin(), views.end(), [&](const TensorView& view) { return view.name == name; });
  return found == views.end() ? nullptr : &*found;
}

std::string_view Tensors::keep(std::string bytes) {
  const auto kept = std::make_shared<const std::string>(std::move(bytes));
  memory.push_back(kept);
  return *kept;
}

}  // namespace lmkor::hub
