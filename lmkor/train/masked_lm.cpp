// The masked language model of BERT (Devlin et al., 2019, section 3.1) and ALBERT (Lan et al., 2020), with next
// sentence or sentence order prediction where pairs are asked for.
#include <string>

#include "lmkor/kernels/embedding.h"
#include "lmkor/train/objective.h"

namespace lmkor::train {

namespace {

class MaskedLm : public Objective {
 public:
  explicit MaskedLm(const ObjectiveSpec& spec)
      : pairs_(spec.form.pairs),
        pair_weight_(spec.pair_weight),
        network_(model::make_network(spec.config,
                                     pairs_ == data::Pairs::kNone ? model::Head::kMaskedLm : model::Head::kPretraining,
                                     0, spec.seed)) {}

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
    // What this part gives to the loss of the step, so that the parts add up to it.
    const double share = predictions / static_cast<double>(step.predictions);
    at::Tensor loss = out.loss * share;
    const Decided pairs = decide_pairs(part, hidden_ND, input, mode, device);
    if (pairs.count > 0) loss = loss + pairs.loss * (pair_weight_ * pairs.count / static_cast<double>(step.pairs));
    if (at::GradMode::is_enabled()) loss.backward();
    measures.add("loss", loss, share);
    measures.add("masked_lm_loss", out.loss * predictions, predictions);
    measures.add("masked_lm_accuracy", out.correct_M.sum(), predictions);
    if (pairs.count == 0) return;
    const std::string name = pairs_ == data::Pairs::kSentenceOrder ? "sentence_order" : "next_sentence";
    measures.add(name + "_loss", pairs.loss * pairs.count, pairs.count);
    measures.add(name + "_accuracy", pairs.correct_P.sum(), pairs.count);
  }

 private:
  // The pairs of a part: their mean loss, which were decided right, how many.
  struct Decided {
    at::Tensor loss, correct_P;
    double count = 0;
  };
  Decided decide_pairs(const data::MaskedBatch& part, const at::Tensor& hidden_ND, const model::PackedInput& input,
                       const layers::Mode& mode, at::Device device) const {
    std::vector<int32_t> places, labels;
    for (size_t i = 0; i < part.pair_labels.size(); ++i) {
      if (part.pair_labels[i] == data::Segments::kNoLabel) continue;
      places.push_back(static_cast<int32_t>(i));
      labels.push_back(part.pair_labels[i]);
    }
    if (places.empty()) return {};
    const at::Tensor labels_P = index_tensor(labels, device);
    const at::Tensor logits_P2 =
        model::pair_logits(network_, hidden_ND, input, mode).index_select(0, index_tensor(places, device));
    return {at::cross_entropy_loss(logits_P2, labels_P), logits_P2.argmax(1).eq(labels_P),
            static_cast<double>(places.size())};
  }

  data::Pairs pairs_;
  double pair_weight_;
  model::Network network_;
};

}  // namespace

std::unique_ptr<Objective> make_masked_lm(const ObjectiveSpec& spec) { return std::make_unique<MaskedLm>(spec); }

}  // namespace lmkor::train
