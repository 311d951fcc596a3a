// The masked language model: BERT (Devlin et al., 2019, section 3.1), without next sentence prediction; ALBERT without
// sentence order prediction.
#include "lmkor/kernels/embedding.h"
#include "lmkor/train/objective.h"

namespace lmkor::train {

namespace {

class MaskedLm : public Objective {
 public:
  explicit MaskedLm(const ObjectiveSpec& spec)
      : network_(model::make_network(spec.config, model::Head::kMaskedLm, 0, spec.seed)) {}

  std::vector<NamedNetwork> networks() override { return {{"model", &network_}}; }

  void run(const data::MaskedBatch& part, const StepBatch& step, const layers::Mode& mode, at::Device device,
           Measures& measures) override {
    if (part.labels.empty()) return;
    const auto predictions = static_cast<double>(part.labels.size());
    const model::PackedInput input =
        layers::make_packed(part.masked_ids, part.position_ids, part.type_ids, part.cu_seqlens, device);
    const at::Tensor hidden_ND = model::encode(network_, input, mode);
    const at::Tensor hidden_MD = kernels::gather_rows(hidden_ND, index_tensor(part.masked_positions, device));
    const kernels::CrossEntropy out =
        model::masked_lm_loss(network_, hidden_MD, index_tensor(part.labels, device), mode);
    if (at::GradMode::is_enabled()) (out.loss * (predictions / static_cast<double>(step.predictions))).backward();
    measures.add("loss", out.loss * predictions, predictions);
    measures.add("masked_lm_accuracy", out.correct_M.sum(), predictions);
  }

 private:
  model::Network network_;
};

}  // namespace

std::unique_ptr<Objective> make_masked_lm(const ObjectiveSpec& spec) { return std::make_unique<MaskedLm>(spec); }

}  // namespace lmkor::train
