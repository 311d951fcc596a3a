#include "lmkor/hub/fit.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/names.h"

namespace lmkor::hub {

using base::str;

namespace {

// How many numbers have all bits of the exponent set: they are infinite or none. Sums of narrow width let the compiler
// use whole vectors; a base model is read at the memory's speed.
template <class Bits>
uint64_t count_broken(std::string_view bytes, Bits exponent) {
  constexpr size_t kBlock = 1 << 14;
  uint64_t broken = 0;
  for (size_t begin = 0; begin < bytes.size() / sizeof(Bits); begin += kBlock) {
    const size_t count = std::min(kBlock, bytes.size() / sizeof(Bits) - begin);
    Bits in_block = 0;
    for (size_t i = 0; i < count; ++i) {
      Bits bits;
      std::memcpy(&bits, bytes.data() + (begin + i) * sizeof(Bits), sizeof(Bits));
      in_block = static_cast<Bits>(in_block + ((bits & exponent) == exponent));
    }
    broken += in_block;
  }
  return broken;
}

// Where the bits of the exponent stand in a number.
uint64_t count_broken(std::string_view dtype, std::string_view bytes) {
  if (dtype == "F64") return count_broken<uint64_t>(bytes, uint64_t{0x7ff} << 52);
  if (dtype == "F32") return count_broken<uint32_t>(bytes, 0xffu << 23);
  if (dtype == "F16") return count_broken<uint16_t>(bytes, 0x1f << 10);
  if (dtype == "BF16") return count_broken<uint16_t>(bytes, 0xff << 7);
  return 0;
}

}  // namespace

Tensors canonical(Tensors tensors, std::string_view family, const std::string& origin, Repeats repeats) {
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
    } else if (repeats == Repeats::kMustAgree &&
               (found->second->bytes != view.bytes || found->second->dtype != view.dtype)) {
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
    if (const std::string fault = not_finite(view); !fault.empty()) out.push_back(str(view.name, ": ", fault));
  }
  return out;
}

std::string not_finite(const TensorView& view) {
  const uint64_t broken = count_broken(view.dtype, view.bytes);
  return broken == 0 ? "" : str(broken, " of ", view.bytes.size() / element_size(view.dtype), " values are not finite");
}

}  // namespace lmkor::hub
