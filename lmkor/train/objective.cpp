#include "lmkor/train/objective.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

namespace {

struct Row {
  const char* family;
  data::MaskStyle style;
  data::Pairs pairs;  // where the recipe does not say
  bool may_have_pairs;
  std::unique_ptr<Objective> (*make)(const ObjectiveSpec& spec);
};
constexpr Row kRows[] = {
    {"bert", data::MaskStyle::kBert, data::Pairs::kNone, true, make_masked_lm},
    {"albert", data::MaskStyle::kBert, data::Pairs::kSentenceOrder, true, make_masked_lm},
    {"electra", data::MaskStyle::kElectra, data::Pairs::kNone, false, make_replaced_token},
};

const Row& row_of(const std::string& family) {
  for (const Row& row : kRows) {
    if (family == row.family) return row;
  }
  throw base::Error(base::ErrorKind::kInternal, base::str("no objective for the family ", family));
}

}  // namespace

std::vector<model::Parameter> Objective::parameters() {
  std::vector<model::Parameter> out;
  for (const NamedNetwork& named : networks()) {
    for (model::Parameter& parameter : model::parameters(*named.network)) {
      if (parameter.shared) continue;
      parameter.name = base::str(named.folder, ".", parameter.name);
      out.push_back(std::move(parameter));
    }
  }
  return out;
}

BatchForm batch_form(const std::string& family, const std::string& pairs) {
  const Row& row = row_of(family);
  BatchForm out{row.style, row.pairs};
  if (pairs == "none") out.pairs = data::Pairs::kNone;
  if (pairs == "sentence_order") out.pairs = data::Pairs::kSentenceOrder;
  if (pairs == "next_sentence") out.pairs = data::Pairs::kNextSentence;
  if (out.pairs != data::Pairs::kNone && !row.may_have_pairs) {
    throw base::Error(base::ErrorKind::kConfig,
                      base::str("train.pairs: got ", pairs, ", expected none or auto for ", family));
  }
  return out;
}

std::unique_ptr<Objective> make_objective(const ObjectiveSpec& spec) { return row_of(spec.config.family).make(spec); }

at::Tensor index_tensor(const std::vector<int32_t>& values, at::Device device) {
  at::Tensor out = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), out.data_ptr<int64_t>());
  return out.to(device);
}

}  // namespace lmkor::train
