// Replaced token detection: ELECTRA (Clark et al., 2020; google-research/electra, run_pretraining.py). A small masked
// language model proposes tokens for the masked places, a discriminator says of every token whether it was replaced.
#include "lmkor/kernels/embedding.h"
#include "lmkor/train/objective.h"

namespace lmkor::train {

namespace {

class ReplacedToken : public Objective {
 public:
  explicit ReplacedToken(const ObjectiveSpec& spec)
      : discriminator_(model::make_network(spec.config, model::Head::kReplacedToken, 0, spec.seed)),
        generator_(model::make_generator(spec.config, spec.generator, discriminator_, spec.seed + 1)),
        generator_weight_(spec.generator_weight),
        discriminator_weight_(spec.discriminator_weight) {}

  std::vector<NamedNetwork> networks() override { return {{"model", &discriminator_}, {"generator", &generator_}}; }

  void run(const data::MaskedBatch& part, const StepBatch& step, const layers::Mode& mode, at::Device device,
           Measures& measures) override {
    if (part.labels.empty()) return;
    model::PackedInput input =
        layers::make_packed(part.masked_ids, part.position_ids, part.type_ids, part.cu_seqlens, device);
    const at::Tensor positions_M = index_tensor(part.masked_positions, device);
    const at::Tensor originals_M = index_tensor(part.labels, device);
    const auto predictions = static_cast<double>(part.labels.size());

    const at::Tensor hidden_MD = kernels::gather_rows(model::encode(generator_, input, mode), positions_M);
    const at::Tensor draws_M = at::tensor(at::ArrayRef<float>(part.draws), at::kFloat).to(device);
    const kernels::CrossEntropy proposed = model::masked_lm_loss(generator_, hidden_MD, originals_M, mode, draws_M);
    // The generator's graph is freed before the discriminator's is made.
    backward(proposed.loss, generator_weight_ * predictions / static_cast<double>(step.predictions));

    // A draw that happens to be the original counts as original.
    const at::Tensor is_replaced_M = proposed.samples_M.ne(originals_M);
    input.ids_N = index_tensor(part.ids, device).index_put({positions_M}, proposed.samples_M);
    const at::Tensor labels_N = at::zeros({input.tokens()}, is_replaced_M.options().dtype(at::kFloat))
                                    .index_put({positions_M}, is_replaced_M.to(at::kFloat));
    const at::Tensor logits_N =
        model::replaced_token_logits(discriminator_, model::encode(discriminator_, input, mode), mode);
    const at::Tensor loss = at::binary_cross_entropy_with_logits(logits_N, labels_N);
    const auto tokens = static_cast<double>(part.size());
    backward(loss, discriminator_weight_ * tokens / static_cast<double>(step.tokens));

    // What this part gives to the loss of the step, so that the parts add up to it.
    const double share_of_step = tokens / static_cast<double>(step.tokens);
    measures.add("loss",
                 proposed.loss * (generator_weight_ * predictions / static_cast<double>(step.predictions)) +
                     loss * (discriminator_weight_ * share_of_step),
                 share_of_step);
    measures.add("masked_lm_loss", proposed.loss * predictions, predictions);
    measures.add("masked_lm_accuracy", proposed.correct_M.sum(), predictions);
    measures.add("sampled_masked_lm_accuracy", is_replaced_M.logical_not().sum(), predictions);
    add_decisions(logits_N.detach(), labels_N, loss * tokens, tokens, measures);
  }

 private:
  static void backward(const at::Tensor& loss, double weight) {
    if (at::GradMode::is_enabled()) (loss * weight).backward();
  }

  static void add_decisions(const at::Tensor& logits_N, const at::Tensor& labels_N, const at::Tensor& loss_sum,
                            double tokens, Measures& measures) {
    const at::Tensor said_N = logits_N.gt(0).to(at::kFloat);
    const at::Tensor hits = (said_N * labels_N).sum();
    measures.add("disc_loss", loss_sum, tokens);
    measures.add("disc_accuracy", said_N.eq(labels_N).sum(), tokens);
    measures.add_decisions("disc_auc", at::sigmoid(logits_N), labels_N);
    measures.add("disc_precision", hits, said_N.sum());
    measures.add("disc_recall", hits, labels_N.sum());
  }

  model::Network discriminator_, generator_;
  double generator_weight_, discriminator_weight_;
};

}  // namespace

std::unique_ptr<Objective> make_replaced_token(const ObjectiveSpec& spec) {
  return std::make_unique<ReplacedToken>(spec);
}

}  // namespace lmkor::train
