// Figures on held-out documents while a run goes on.
#pragma once

#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/train/session.h"

namespace lmkor::train {

class HeldOut {
 public:
  // The held-out rows of each folder of `job`, of which each process keeps its share of the micro-batches.
  HeldOut(const PretrainJob& job, BatchForm form, Processes& processes);

  // Figures by name with the prefix "validation_"; of several folders their mean by weight, and those of each with its
  // name. Empty where no documents are held out. Every process must call it.
  base::Json figures(Session& session) const;
  bool empty() const { return folders_.empty(); }

 private:
  struct Folder {
    std::string name;
    double weight;
    StepBatch batch;
  };
  std::vector<Folder> folders_;
  Processes& processes_;
};

// What all processes have gathered. Every process must call it.
Measures of_all(const Measures& mine, Processes& processes);

}  // namespace lmkor::train
