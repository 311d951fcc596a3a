// What is minimised for each kind of task, over rows of logits as learn.cpp makes them.
#pragma once

#include <vector>

#include <ATen/ATen.h>

#include "lmkor/task/task.h"

namespace lmkor::task {

// Mean loss: cross-entropy (kClass, kTags, kAnswer: targets [rows], int64), squared error (kScore: [rows]), binary
// cross-entropy (kMultiLabel: [rows, labels]). `class_weights` of each label may be empty.
at::Tensor task_loss(Kind kind, const at::Tensor& logits, const at::Tensor& targets,
                     const std::vector<double>& class_weights);
// R-drop's term between two passes: the mean of both directions' Kullback-Leibler divergence, averaged over rows; for
// kScore the squared difference.
at::Tensor disagreement(Kind kind, const at::Tensor& once, const at::Tensor& again);

// n / (labels * n_label), as scikit-learn's class_weight="balanced"; 0 for a label that does not occur.
std::vector<double> balanced_weights(const std::vector<Example>& examples, size_t labels);

}  // namespace lmkor::task
