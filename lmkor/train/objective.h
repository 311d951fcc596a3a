// What is learnt: a loss over batches of rows, with the networks it trains. One row of the table in objective.cpp and
// one file per objective.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lmkor/data/mask.h"
#include "lmkor/layers/mode.h"
#include "lmkor/model/network.h"
#include "lmkor/train/loader.h"
#include "lmkor/train/measures.h"
#include "lmkor/train/options.h"

namespace lmkor::train {

// A network and the folder of a run that it is saved to.
struct NamedNetwork {
  std::string folder;  // "model", "generator"
  model::Network* network;
};

class Objective {
 public:
  virtual ~Objective() = default;

  virtual std::vector<NamedNetwork> networks() = 0;
  // Runs one part of a step. The loss of a step is a mean over all its predictions (or tokens), so a part counts by its
  // share of `step`. Where gradients are enabled they are added to the parameters' own; the figures join `measures`,
  // "loss" first.
  virtual void run(const data::MaskedBatch& part, const StepBatch& step, const layers::Mode& mode, at::Device device,
                   Measures& measures) = 0;

  // Parameters of all networks, each tensor once; names begin with the network's folder.
  std::vector<model::Parameter> parameters();
};

struct ObjectiveSpec {
  model::Config config;  // of the published network
  model::GeneratorShape generator;
  BatchForm form;
  double pair_weight = 1;
  double generator_weight = 1, discriminator_weight = 50;
  uint64_t seed = 1;
};

// Masks of the family, and the pairs that `pairs` (train.pairs) names. Throws kConfig for pairs that the family has
// not.
BatchForm batch_form(const std::string& family, const std::string& pairs);
// With random weights.
std::unique_ptr<Objective> make_objective(const ObjectiveSpec& spec);

// The rows of the table.
std::unique_ptr<Objective> make_masked_lm(const ObjectiveSpec& spec);       // BERT (Devlin et al., 2019), ALBERT
std::unique_ptr<Objective> make_replaced_token(const ObjectiveSpec& spec);  // ELECTRA (Clark et al., 2020)

// An int32 host vector as an int64 tensor on `device`.
at::Tensor index_tensor(const std::vector<int32_t>& values, at::Device device);

}  // namespace lmkor::train
