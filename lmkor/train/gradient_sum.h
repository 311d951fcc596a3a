// Adds up the gradients of all processes of a run, in buckets, while the backward pass still computes those of other
// layers (Li et al., 2020, "PyTorch Distributed", section 3.2).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lmkor/model/network.h"
#include "lmkor/train/distributed.h"

namespace lmkor::train {

class GradientSum {
 public:
  // `processes` must outlive it. With `overlap` a gradient is taken to be whole when it arrives in the last part of a
  // step, which holds where no layer is computed again in the backward pass; those of depth 0 (embeddings, which
  // ELECTRA's two networks share) are waited for in any case.
  GradientSum(Processes& processes, std::vector<model::Parameter> parameters, bool overlap);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // From here on the gradients of the step's last part arrive.
  void begin_last_part() { is_last_part_ = overlap_; }
  // After the last part, on every process: each gradient is the sum of all processes, the same bits on each; one that
  // no process has stays undefined.
  void finish();

 private:
  struct Hook;
  struct Bucket {
    std::vector<size_t> parameters;
    std::vector<int64_t> begins;  // of each in `flat`; behind them one element for each: how many processes have it
    at::Tensor flat;
    size_t missing = 0;  // gradients that have not arrived in this step
    bool waits = false;  // for the end of the step
    std::unique_ptr<Processes::Pending> pending;
  };
  void arrived(size_t bucket);
  void send(Bucket& bucket);

  Processes& processes_;
  std::vector<model::Parameter> parameters_;
  std::vector<Bucket> buckets_;
  size_t sent_ = 0;  // buckets of this step: all processes send them in the same order
  bool overlap_, is_last_part_ = false;
};

}  // namespace lmkor::train
