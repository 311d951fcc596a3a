// Values before the first step that statistics of the corpus give, so that no steps are spent on learning them.
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/ATen.h>

#include "lmkor/data/cooccurrence.h"
#include "lmkor/train/objective.h"

namespace lmkor::train {

// Output biases of masked language models at log((count + 1) / all): what a model without input would learn.
// `token_counts` by id.
void start_from_frequencies(Objective& objective, const std::vector<uint64_t>& token_counts);

// Token embeddings at cooccurrence_embeddings(), with rows as long as random ones of `initializer_range` are. Tokens
// that meet no other keep their random rows.
void start_from_cooccurrence(Objective& objective, const data::SparseRows& information, double initializer_range,
                             uint64_t seed);

// Rows [vocab, width], fp32, in the directions of U sqrt(|S|) of the matrix's truncated singular value decomposition
// (Levy, Goldberg and Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", 2015),
// each of length `row_length`; rows of tokens that meet no other are 0. By randomised subspace iteration (Halko,
// Martinsson and Tropp, 2011), drawn from `seed`; the same for any number of threads. Throws kConfig if width exceeds
// the vocabulary.
at::Tensor cooccurrence_embeddings(const data::SparseRows& information, int64_t width, double row_length,
                                   uint64_t seed);

}  // namespace lmkor::train
