#include "lmkor/train/extension.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::train {

using base::Error;
using base::ErrorKind;
using base::Json;
using base::json_get;
using base::str;

namespace {

// The tables of `objective` that hold a row for each token, with a name for each.
std::vector<NamedTensor> token_tables(Objective& objective) {
  std::vector<NamedTensor> out;
  for (const NamedNetwork& named : objective.networks()) {
    model::Network& network = *named.network;
    if (!network.shares_embeddings) out.push_back({str(named.folder, ".embeddings"), network.embeddings.word_VE});
    if (network.masked_lm.bias_V.defined()) out.push_back({str(named.folder, ".bias"), network.masked_lm.bias_V});
  }
  return out;
}

}  // namespace

Extension read_extension(const std::filesystem::path& path) {
  const std::string origin = path.string();
  const Json json = base::read_json(path);
  if (json.value("kind", Json()) != "extension") {
    throw Error(ErrorKind::kData, str(origin, ": kind: got ", json.value("kind", Json()).dump(),
                                      ", expected \"extension\"; give the extension.json of lmkor vocab extend"));
  }
  Extension out{.path = path,
                .vocab_sha256_before = json_get<std::string>(json, "vocab_sha256_before", origin),
                .vocab_sha256 = json_get<std::string>(json, "vocab_sha256", origin),
                .terms = {}};
  for (const Json& row : json_get<Json>(json, "terms", origin)) {
    Extension::Term term{.id = json_get<int64_t>(row, "id", origin), .pieces = {}};
    for (const Json& piece : json_get<Json>(row, "old_pieces", origin)) {
      term.pieces.emplace_back(json_get<int64_t>(piece, "id", origin),
                               static_cast<double>(json_get<uint64_t>(piece, "count", origin)));
    }
    if (term.pieces.empty()) throw Error(ErrorKind::kData, str(origin, ": id ", term.id, ": has no old_pieces"));
    // Pieces that were never counted weigh the same.
    if (std::ranges::all_of(term.pieces, [](const auto& piece) { return piece.second == 0; })) {
      for (auto& piece : term.pieces) piece.second = 1;
    }
    out.terms.push_back(std::move(term));
  }
  if (out.terms.empty()) throw Error(ErrorKind::kData, str(origin, ": holds no terms"));
  return out;
}

void set_new_rows(Objective& objective, const Extension& extension) {
  const at::NoGradGuard guard;
  for (const NamedTensor& table : token_tables(objective)) {
    at::Tensor values = table.tensor.detach();
    for (const Extension::Term& term : extension.terms) {
      at::Tensor sum;
      double weights = 0;
      for (const auto& [id, count] : term.pieces) {
        if (id < 0 || term.id < 0 || std::max(id, term.id) >= values.size(0)) {
          throw Error(ErrorKind::kIncompatible, str(extension.path.string(), ": id ", std::max(id, term.id),
                                                    ": the model has ", values.size(0), " tokens"));
        }
        const at::Tensor row = values[id].to(at::kDouble);
        const at::Tensor part = (values.dim() == 1 ? row.exp() : row) * count;
        sum = sum.defined() ? sum + part : part;
        weights += count;
      }
      const at::Tensor mean = sum / weights;
      values[term.id].copy_(values.dim() == 1 ? mean.log() : mean);
    }
  }
}

NewRows::NewRows(Objective& objective, const Extension& extension, OptimizerOptions options)
    : all_(objective.parameters()) {
  const at::NoGradGuard guard;
  std::vector<int64_t> ids;
  for (const Extension::Term& term : extension.terms) ids.push_back(term.id);
  std::vector<model::Parameter> rows;
  for (const NamedTensor& table : token_tables(objective)) {
    ids_K_ = at::tensor(at::ArrayRef<int64_t>(ids), at::kLong).to(table.tensor.device());
    tables_.push_back(table.tensor);
    rows_.push_back(table.tensor.detach().index_select(0, ids_K_).set_requires_grad(true));
    rows.push_back({.name = str("new_rows.", table.name), .tensor = rows_.back(), .decay = table.tensor.dim() > 1});
  }
  options.optimizer = "adamw";
  options.layer_decay = 1;
  optimizer_ = std::make_unique<Optimizer>(std::move(rows), options);
}

at::Tensor NewRows::step(double learning_rate) {
  const at::NoGradGuard guard;
  for (size_t i = 0; i < tables_.size(); ++i) {
    const at::Tensor& gradient = tables_[i].grad();
    if (gradient.defined()) rows_[i].mutable_grad() = gradient.index_select(0, ids_K_);
  }
  const at::Tensor norm = optimizer_->step(learning_rate);
  if (norm.is_cpu() && !std::isfinite(norm.item<double>())) return norm;
  for (size_t i = 0; i < tables_.size(); ++i) tables_[i].detach().index_copy_(0, ids_K_, rows_[i].detach());
  for (model::Parameter& parameter : all_) parameter.tensor.mutable_grad() = at::Tensor();
  return norm;
}

}  // namespace lmkor::train
