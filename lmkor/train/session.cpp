#include "lmkor/train/session.h"

#include <cmath>

#include <ATen/record_function.h>

#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_dir.h"
#include "lmkor/model/weights.h"
#include "lmkor/train/precision.h"

namespace lmkor::train {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

constexpr size_t kNamesShown = 4;

bool is_finite(const at::Tensor& x) { return at::isfinite(x).all().item<bool>(); }

}  // namespace

Session::Session(const PretrainJob& job, const model::Config& config, const Extension* extension)
    : device_(device_of(job.device)),
      mode_{.training = job.train.dropout,
            .compute = compute_type(job.train.precision),
            .recompute = job.train.recompute_activations},
      seed_(job.seed),
      extension_steps_(static_cast<uint64_t>(job.train.extension_steps)),
      objective_(make_objective({.config = config,
                                 .generator = job.generator,
                                 .form = batch_form(config.family, job.train.pairs),
                                 .pair_weight = job.train.pair_weight,
                                 .generator_weight = job.train.generator_weight,
                                 .discriminator_weight = job.train.discriminator_weight,
                                 .seed = job.seed})) {
  if (!job.init.empty()) load_weights(job.init);
  if (extension != nullptr) set_new_rows(*objective_, *extension);
  for (const NamedNetwork& named : objective_->networks()) model::to_device(*named.network, device_);
  if (extension != nullptr) new_rows_ = std::make_unique<NewRows>(*objective_, *extension, job.train.optimizer);
  optimizer_ = std::make_unique<Optimizer>(objective_->parameters(), job.train.optimizer);
  if (job.processes != nullptr && job.processes->size() > 1) {
    gradient_sum_ = std::make_unique<GradientSum>(*job.processes, objective_->parameters(), !mode_.recompute);
  }
  if (job.train.ema_decay > 0) average_ = std::make_unique<Average>(objective_->parameters(), job.train.ema_decay);
}

// The published network's folder; a generator is taken from the folder beside it where there is one.
void Session::load_weights(const fs::path& init) {
  for (const NamedNetwork& named : objective_->networks()) {
    const fs::path dir = named.folder == "model" ? init : init.parent_path() / named.folder;
    if (named.folder != "model" && !fs::exists(dir / hub::kConfigFile)) {
      base::log_warning(str("--init ", init.string(), ": no ", named.folder, " beside it; the new ", named.folder,
                            " starts from random weights"));
      continue;
    }
    const model::LoadReport report = model::load_pretrained(dir, *named.network);
    for (const std::string& name : report.missing)
      base::log_warning(str("--init ", dir.string(), ": no tensor \"", name, "\"; it starts from random values"));
  }
}

at::Tensor Session::update(const StepBatch& batch, double learning_rate, Measures& measures) {
  uint64_t row = batch.first_row;
  for (size_t i = 0; i < batch.parts.size(); ++i) {
    RECORD_USER_SCOPE("forward and backward");
    seed_generators(seed_, batch.step, row);
    if (gradient_sum_ && i + 1 == batch.parts.size()) gradient_sum_->begin_last_part();
    objective_->run(batch.parts[i], batch, mode_, device_, measures);
    row += batch.parts[i].rows;
  }
  if (gradient_sum_) {
    RECORD_USER_SCOPE("gradients of all processes");
    gradient_sum_->finish();
  }
  RECORD_USER_SCOPE("optimizer");
  const bool rows_only = batch.step < extension_steps_;
  const at::Tensor norm = rows_only ? new_rows_->step(learning_rate) : optimizer_->step(learning_rate);
  const bool changed = !norm.is_cpu() || std::isfinite(norm.item<double>());
  if (average_ && changed) average_->update(optimizer_->steps_done());
  return norm;
}

void Session::evaluate(const StepBatch& batch, Measures& measures) {
  const at::NoGradGuard guard;
  layers::Mode mode = mode_;
  mode.training = mode.recompute = false;
  if (average_) average_->swap();
  for (const data::MaskedBatch& part : batch.parts) objective_->run(part, batch, mode, device_, measures);
  if (average_) average_->swap();
}

Session::NotFinite Session::not_finite() {
  NotFinite out;
  for (const model::Parameter& parameter : objective_->parameters()) {
    const auto add = [&](const at::Tensor& x, std::vector<std::string>& names) {
      if (x.defined() && names.size() < kNamesShown && !is_finite(x)) names.push_back(parameter.name);
    };
    add(parameter.tensor.grad(), out.gradients);
    add(parameter.tensor.detach(), out.parameters);
  }
  return out;
}

void Session::take_average() {
  if (average_) average_->swap();
  average_.reset();
}

std::vector<NamedTensor> Session::tensors() const {
  std::vector<NamedTensor> out = optimizer_->state();
  const auto add = [&out](const std::vector<NamedTensor>& more) { out.insert(out.end(), more.begin(), more.end()); };
  if (new_rows_) add(new_rows_->state());
  if (average_) add(average_->state());
  return out;
}

Json Session::counters() const {
  return {{"updates", optimizer_->steps_done()}, {"row_updates", new_rows_ ? new_rows_->steps_done() : 0}};
}

void Session::restore_counters(const Json& counters) {
  optimizer_->set_steps_done(counters.at("updates").get<uint64_t>());
  if (new_rows_) new_rows_->set_steps_done(counters.at("row_updates").get<uint64_t>());
}

}  // namespace lmkor::train
