#include "lmkor/train/start.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/random.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::train {

namespace {

constexpr int64_t kExtraColumns = 16;  // of the subspace, beyond those that are kept
constexpr int kIterations = 4;

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void add_scaled(float* to, const float* from, float factor, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

// matrix x, x [rows, columns].
at::Tensor times(const data::SparseRows& matrix, const at::Tensor& x) {
  const int64_t columns = x.size(1);
  at::Tensor out = at::zeros({matrix.rows(), columns});
  const auto* from = x.data_ptr<float>();
  auto* to = out.data_ptr<float>();
  kernels::parallel_ranges(matrix.rows(), 64, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      for (uint64_t i = matrix.starts[static_cast<size_t>(row)]; i < matrix.starts[static_cast<size_t>(row) + 1]; ++i)
        add_scaled(to + row * columns, from + matrix.columns[i] * columns, matrix.values[i], columns);
    }
  });
  return out;
}

// x^T y in fp64.
at::Tensor inner_products(const at::Tensor& x, const at::Tensor& y) {
  return kernels::product(x.to(at::kDouble).t().contiguous(), y.to(at::kDouble));
}

// What libtorch's small decompositions give must not depend on the number of threads. LAPACK cuts its work by how many
// there could be, so being inside a parallel region is not enough.
void on_one_thread(const std::function<void()>& body) {
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  body();
  at::set_num_threads(threads);
}

// Columns that span what those of x span, orthonormal: Cholesky's factor of x^T x, twice for the digits.
at::Tensor orthonormal(at::Tensor x) {
  for (int i = 0; i < 2; ++i) {
    at::Tensor gram = inner_products(x, x), inverse;
    // A matrix of lower rank than the subspace: the columns of no length become noise of no weight.
    gram.diagonal().add_(gram.diagonal().max() * 1e-12 + 1e-30);
    on_one_thread([&] {
      const at::Tensor root = std::get<0>(at::linalg_cholesky_ex(gram));
      inverse = at::linalg_solve_triangular(root, at::eye(gram.size(0), gram.options()), false).t().contiguous();
    });
    x = kernels::product(x.to(at::kDouble), inverse).to(at::kFloat);
  }
  return x;
}

at::Tensor random_directions(int64_t rows, int64_t columns, uint64_t seed) {
  const base::Random random(seed, base::RandomUse::kInit, 1);
  at::Tensor out = at::empty({rows, columns});
  for (int64_t i = 0; i < out.numel(); ++i)
    out.data_ptr<float>()[i] = static_cast<float>(random.uniform(static_cast<uint64_t>(i)) - 0.5);
  return out;
}

}  // namespace

void start_from_frequencies(Objective& objective, const std::vector<uint64_t>& token_counts) {
  const at::NoGradGuard guard;
  at::Tensor logs_V = at::empty({static_cast<int64_t>(token_counts.size())}, at::kDouble);
  for (size_t id = 0; id < token_counts.size(); ++id)
    logs_V.data_ptr<double>()[id] = std::log(static_cast<double>(token_counts[id] + 1));
  logs_V -= logs_V.exp().sum().log();
  for (const NamedNetwork& named : objective.networks()) {
    if (named.network->masked_lm.bias_V.defined()) named.network->masked_lm.bias_V.copy_(logs_V);
  }
}

void start_from_cooccurrence(Objective& objective, const data::SparseRows& information, double initializer_range,
                             uint64_t seed) {
  const at::NoGradGuard guard;
  for (const NamedNetwork& named : objective.networks()) {
    if (named.network->shares_embeddings) continue;
    at::Tensor word_VE = named.network->embeddings.word_VE.detach();
    const int64_t width = word_VE.size(1);
    const at::Tensor rows =
        cooccurrence_embeddings(information, width, initializer_range * std::sqrt(static_cast<double>(width)), seed);
    word_VE.copy_(at::where(rows.abs().amax(1, true) > 0, rows.to(word_VE.device()), word_VE));
  }
}

at::Tensor cooccurrence_embeddings(const data::SparseRows& information, int64_t width, double row_length,
                                   uint64_t seed) {
  const at::NoGradGuard guard;
  const int64_t vocab = information.rows();
  if (width > vocab) {
    throw base::Error(base::ErrorKind::kConfig,
                      base::str("train.embeddings_from_cooccurrence: got embeddings of width ", width,
                                ", expected at most the vocabulary's ", vocab, " tokens"));
  }
  const int64_t columns = std::min(vocab, width + kExtraColumns);
  at::Tensor basis = orthonormal(times(information, random_directions(vocab, columns, seed)));
  for (int i = 0; i < kIterations; ++i) basis = orthonormal(times(information, basis));
  // The matrix is symmetric: its singular values are the sizes of its eigenvalues.
  const at::Tensor small = inner_products(basis, times(information, basis));
  at::Tensor values, vectors;
  on_one_thread([&] { std::tie(values, vectors) = at::linalg_eigh((small + small.t()) / 2); });
  const at::Tensor order = values.abs().argsort(0, true).narrow(0, 0, width);
  const at::Tensor scaled = vectors.index_select(1, order) * values.abs().index_select(0, order).sqrt();
  const at::Tensor rows = kernels::product(basis.to(at::kDouble), scaled.contiguous());
  const at::Tensor lengths = at::linalg_vector_norm(rows, 2, {1}, true);
  // Rows of tokens that meet no other are rounding only.
  return at::where(lengths > 1e-6, rows * (row_length / lengths.clamp_min(1e-6)), at::zeros({}, at::kDouble))
      .to(at::kFloat);
}

}  // namespace lmkor::train
