#include "lmkor/layers/packed.h"

#include <algorithm>
#include <functional>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::layers {

namespace {

// Also finds the largest value.
at::Tensor to_long(std::span<const int32_t> values, int32_t& largest) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (low != values.end() && *low < 0) {
    throw base::Error(base::ErrorKind::kInternal, base::str("packed batch: got ", *low, ", expected 0 or more"));
  }
  largest = high == values.end() ? 0 : *high;
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.data_ptr<int64_t>());
  return out;
}

}  // namespace

PackedInput make_packed(std::span<const int32_t> ids, std::span<const int32_t> position_ids,
                        std::span<const int32_t> type_ids, std::span<const int32_t> cu_seqlens, at::Device device) {
  const bool rises =
      std::adjacent_find(cu_seqlens.begin(), cu_seqlens.end(), std::greater_equal<>()) == cu_seqlens.end();
  const bool fits = rises && cu_seqlens.size() >= 2 && cu_seqlens.front() == 0 &&
                    static_cast<size_t>(cu_seqlens.back()) == ids.size() &&
                    (position_ids.empty() || position_ids.size() == ids.size()) &&
                    (type_ids.empty() || type_ids.size() == ids.size());
  if (!fits) {
    throw base::Error(base::ErrorKind::kInternal,
                      base::str("packed batch: ", ids.size(), " ids, ", position_ids.size(), " positions, ",
                                type_ids.size(), " types and ", cu_seqlens.size(), " starts do not fit together"));
  }
  PackedInput out;
  out.cu_seqlens_host.assign(cu_seqlens.begin(), cu_seqlens.end());
  out.ids_N = to_long(ids, out.max_id);
  out.position_ids_N =
      position_ids.empty() ? at::empty({out.tokens()}, at::kLong) : to_long(position_ids, out.max_position);
  out.type_ids_N = type_ids.empty() ? at::zeros({out.tokens()}, at::kLong) : to_long(type_ids, out.max_type);
  out.cu_seqlens_S1 = at::empty({out.sequences() + 1}, at::kInt);
  std::copy(cu_seqlens.begin(), cu_seqlens.end(), out.cu_seqlens_S1.data_ptr<int32_t>());
  for (int64_t s = 0; s < out.sequences(); ++s) {
    const int64_t begin = cu_seqlens[s], length = cu_seqlens[s + 1] - begin;
    out.max_length = std::max(out.max_length, length);
    if (!position_ids.empty()) continue;
    int64_t* positions = out.position_ids_N.data_ptr<int64_t>() + begin;
    for (int64_t i = 0; i < length; ++i) positions[i] = i;
  }
  if (position_ids.empty()) out.max_position = static_cast<int32_t>(std::max<int64_t>(out.max_length - 1, 0));
  if (device.is_cpu()) return out;
  for (at::Tensor* tensor : {&out.ids_N, &out.position_ids_N, &out.type_ids_N, &out.cu_seqlens_S1}) {
    *tensor = tensor->pin_memory().to(device, /*non_blocking=*/true);
  }
  return out;
}

}  // namespace lmkor::layers
