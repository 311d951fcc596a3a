#include "lmkor/hub/fit.h"

#include <cstring>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/names.h"

namespace lmkor::hub {

using base::str;

namespace {

// Where the bits of the exponent stand in a number; all of them set means infinite or no number.
struct FloatBits {
  std::string_view dtype;
  uint64_t exponent;
};
constexpr FloatBits kFloats[] = {{"F64", uint64_t{0x7ff} << 52},
                                 {"F32", uint64_t{0xff} << 23},
                                 {"F16", uint64_t{0x1f} << 10},
                                 {"BF16", uint64_t{0xff} << 7}};

}  // namespace

Tensors canonical(Tensors tensors, std::string_view family, const std::string& origin) {
  std::string faults;
  std::map<std::string, const TensorView*> known;
  const std::vector<TensorView> views = std::move(tensors.views);
  tensors.views.clear();
  for (const TensorView& view : views) {
    if (is_buffer(view.name)) continue;
    if (!known.emplace(modern_name(view.name), &view).second)
      faults += str("\n  ", view.name, ": is there under two names");
  }
  const std::string prefix = body_prefix(family);
  for (const TensorView& view : views) {
    const auto own = known.find(modern_name(view.name));
    if (own == known.end() || own->second != &view) continue;
    const std::string twin = tied_to(family, own->first);
    if (twin.empty()) {
      tensors.views.push_back(view);
      tensors.views.back().name = own->first;
      continue;
    }
    auto found = known.find(twin);
    if (found == known.end() && twin.starts_with(prefix)) found = known.find(twin.substr(prefix.size()));
    if (found == known.end()) {  // only the repeat is there: it is the value
      tensors.views.push_back(view);
      tensors.views.back().name = twin;
    } else if (found->second->bytes != view.bytes || found->second->dtype != view.dtype) {
      faults += str("\n  ", view.name, ": differs from ", twin, ", to which it should be tied");
    }
  }
  if (!faults.empty()) {
    throw base::Error(base::ErrorKind::kIncompatible, str(origin, ": the weights are not those of one model", faults));
  }
  return tensors;
}

Fit compare(const ModelInfo& info, const Tensors& tensors) {
  std::map<std::string_view, const TensorView*> left;
  for (const TensorView& view : tensors.views) left.emplace(view.name, &view);
  const std::string prefix = body_prefix(info.family);
  Fit out;
  for (const ExpectedTensor& expected : expected_tensors(info)) {
    const std::string_view name = expected.name;
    auto found = left.find(name);
    if (found == left.end() && name.starts_with(prefix)) found = left.find(name.substr(prefix.size()));
    if (found == left.end()) {
      out.faults.push_back(str(name, ": missing, expected ", shape_text(expected.shape)));
      continue;
    }
    if (found->second->shape != expected.shape) {
      out.faults.push_back(
          str(found->first, ": got ", shape_text(found->second->shape), ", expected ", shape_text(expected.shape)));
    }
    left.erase(found);
  }
  for (const auto& [name, view] : left) {
    if (is_encoder(info.family, name)) {
      out.faults.push_back(str(name, ": got ", shape_text(view->shape), ", expected no such tensor"));
    } else {
      out.unexpected.emplace_back(name);
    }
  }
  return out;
}

std::vector<std::string> not_finite(const Tensors& tensors) {
  std::vector<std::string> out;
  for (const TensorView& view : tensors.views) {
    for (const FloatBits& row : kFloats) {
      if (row.dtype != view.dtype) continue;
      const size_t width = element_size(view.dtype);
      uint64_t broken = 0;
      for (size_t at = 0; at < view.bytes.size(); at += width) {
        uint64_t bits = 0;
        std::memcpy(&bits, view.bytes.data() + at, width);
        broken += (bits & row.exponent) == row.exponent;
      }
      if (broken > 0) {
        out.push_back(str(view.name, ": ", broken, " of ", view.bytes.size() / width, " values are not finite"));
      }
    }
  }
  return out;
}

}  // namespace lmkor::hub
