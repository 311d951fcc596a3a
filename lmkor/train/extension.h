// The rows of tokens that lmkor vocab extend has put into [unused] slots: their first values, and training them alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "lmkor/train/objective.h"
#include "lmkor/train/optimizer.h"

namespace lmkor::train {

struct Extension {
  struct Term {
    int64_t id;
    std::vector<std::pair<int64_t, double>> pieces;  // ids of what the term was divided into, and how often they occur
  };
  std::filesystem::path path;
  std::string vocab_sha256_before, vocab_sha256;
  std::vector<Term> terms;
};

// Reads extension.json. Throws kNotFound, kData.
Extension read_extension(const std::filesystem::path& path);

// Sets the embedding of each term to the mean of its pieces' rows, weighted by how often these occur, and its output
// bias to the logarithm of the mean of their exp(bias). Never having been a target has pushed the slot's own bias far
// down, so that the model would hardly ever predict the term. In the order of the file: a term may be a piece of a
// later one. Networks without an output bias (a discriminator) get the embedding only. Throws kIncompatible where an id
// is beyond the table.
void set_new_rows(Objective& objective, const Extension& extension);

// Trains the new rows and biases and nothing else.
class NewRows {
 public:
  // AdamW by `options`.
  NewRows(Objective& objective, const Extension& extension, OptimizerOptions options);

  // One update of the rows with the gradients at hand; all gradients are dropped. Returns the norm of the rows' own, a
  // scalar; where it is not finite nothing is changed and the gradients stay.
  at::Tensor step(double learning_rate);
  uint64_t steps_done() const { return optimizer_->steps_done(); }
  void set_steps_done(uint64_t steps) { optimizer_->set_steps_done(steps); }
  std::vector<NamedTensor> state() const { return optimizer_->state(); }

 private:
  std::vector<model::Parameter> all_;
  at::Tensor ids_K_;
  std::vector<at::Tensor> tables_, rows_;  // a table, and its new rows as a leaf of their own
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace lmkor::train
