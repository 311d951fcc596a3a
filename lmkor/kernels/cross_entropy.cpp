#include "lmkor/kernels/cross_entropy.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/linear.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

// Logits exist for kChunkRows rows at a time. A task makes those of up to kTaskRows, turns them into their gradient and
// multiplies them with the table; a second round of tasks makes kTaskColumns rows of the table's gradient each.
constexpr int64_t kChunkRows = 1024, kTaskRows = 192, kTaskColumns = 4096;

struct Rows {
  const at::Tensor &labels_M, &uniform_M;
  at::ScalarType compute;
  bool gradients;
  at::Tensor loss_M, correct_M, samples_M;

  // Softmax of logits_RV, which become their gradient; they are the rows from `first`.
  void softmax(const at::Tensor& logits_RV, const at::Tensor& bias_V, int64_t first) const {
    by_type(logits_RV, [&](auto zero) {
      using T = decltype(zero);
      loops_of<T>().softmax_rows({.rows = logits_RV.size(0),
                                  .columns = logits_RV.size(1),
                                  .logits = memory<T>(logits_RV),
                                  .bias = memory<float>(bias_V),
                                  .labels = memory<int64_t>(labels_M) + first,
                                  .uniforms = uniform_M.defined() ? memory<float>(uniform_M) + first : nullptr,
                                  .gradient_scale = gradients ? 1 / static_cast<float>(labels_M.size(0)) : 0,
                                  .loss = memory<double>(loss_M) + first,
                                  .correct = memory<bool>(correct_M) + first,
                                  .samples = uniform_M.defined() ? memory<int64_t>(samples_M) + first : nullptr});
    });
  }
};

// The gradients are made in the forward pass, while the logits are there; the backward pass hands them over, once.
struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden, const at::Tensor& table,
                            const std::optional<at::Tensor>& bias, const Rows* rows) {
    const int64_t count = hidden.size(0), whole = whole_steps(count);
    // Rows of zeros at the end, to whole steps; they get no gradient.
    const at::Tensor hidden_MD = with_zero_rows(hidden.to(rows->compute).contiguous(), whole);
    const at::Tensor table_VD = table.to(rows->compute).contiguous();
    const at::Tensor bias_V = bias ? bias->to(at::kFloat).contiguous() : at::Tensor();
    const int64_t columns = table_VD.size(0);
    const at::Tensor logits_CV = at::empty({std::min(whole, kChunkRows), columns}, rows->compute);
    at::Tensor d_hidden_MD, d_table_VD, d_bias_V;
    if (rows->gradients) {
      d_hidden_MD = at::empty_like(hidden_MD);
      if (bias) d_bias_V = at::zeros({columns});
      d_table_VD = count == 0 ? at::zeros(table.sizes()) : at::empty(table.sizes());
    }
    for (int64_t chunk = 0; chunk < whole; chunk += kChunkRows) {
      const int64_t chunk_rows = std::min(kChunkRows, whole - chunk);
      parallel_ranges(chunk_rows, even_pieces(chunk_rows, kTaskRows), [&](int64_t begin, int64_t end) {
        const at::Tensor logits_RV = logits_CV.narrow(0, begin, end - begin);
        product_out(logits_RV, hidden_MD.narrow(0, chunk + begin, end - begin), table_VD.t());
        const int64_t real = std::min(end, count - chunk) - begin;
        rows->softmax(logits_RV.narrow(0, 0, real), bias_V, chunk + begin);
        logits_RV.narrow(0, real, end - begin - real).zero_();
        if (rows->gradients) product_out(d_hidden_MD.narrow(0, chunk + begin, end - begin), logits_RV, table_VD);
      });
      if (!rows->gradients) continue;
      const at::Tensor logits_RV = logits_CV.narrow(0, 0, chunk_rows);
      const at::Tensor hidden_RD = hidden_MD.narrow(0, chunk, chunk_rows);
      parallel_ranges(columns, even_pieces(columns, kTaskColumns), [&](int64_t begin, int64_t end) {
        const at::AutoDispatchBelowAutograd no_gradient;
        at::Tensor d_part = d_table_VD.narrow(0, begin, end - begin);
        const at::Tensor part = at::mm(logits_RV.narrow(1, begin, end - begin).t(), hidden_RD);
        if (chunk == 0)
          d_part.copy_(part);
        else
          d_part.add_(part);
        if (bias) add_columns(logits_RV, begin, end, d_bias_V);
      });
    }
    if (rows->gradients) {
      context->saved_data["d_hidden"] = d_hidden_MD.narrow(0, 0, count).to(hidden.scalar_type());
      context->saved_data["d_table"] = d_table_VD.to(table.scalar_type());
      if (bias) context->saved_data["d_bias"] = d_bias_V.to(bias->scalar_type());
    }
    double total = 0;
    for (int64_t row = 0; row < count; ++row) total += memory<double>(rows->loss_M)[row];
    return at::scalar_tensor(count == 0 ? 0 : total / static_cast<double>(count), at::kFloat);
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_losses) {
    const double factor = d_losses[0].item<double>();
    // Taken out of the context, so that the engine may keep them as the gradients without a copy.
    const auto take = [&](const char* name) -> at::Tensor {
      const auto found = context->saved_data.find(name);
      if (found == context->saved_data.end()) return {};
      at::Tensor out = std::move(found->second).toTensor();
      context->saved_data.erase(found);
      return factor == 1 ? out : out.mul_(factor);
    };
    if (context->saved_data.empty()) {
      throw base::Error(base::ErrorKind::kInternal, "linear_cross_entropy: its gradients can be taken once only");
    }
    return {take("d_hidden"), take("d_table"), take("d_bias"), {}};
  }

 private:
  static void add_columns(const at::Tensor& x_RV, int64_t begin, int64_t end, const at::Tensor& sums_V) {
    by_type(x_RV, [&](auto zero) {
      using T = decltype(zero);
      loops_of<T>().add_columns(memory<T>(x_RV) + begin, x_RV.size(0), x_RV.size(1), end - begin,
                                memory<float>(sums_V) + begin);
    });
  }
};

void check_labels(const at::Tensor& labels_M, int64_t vocab) {
  for (int64_t m = 0; m < labels_M.size(0); ++m) {
    const int64_t label = memory<int64_t>(labels_M)[m];
    if (label >= 0 && label < vocab) continue;
    throw base::Error(base::ErrorKind::kData,
                      base::str("label ", m, " of a batch: got ", label, ", expected 0 to ", vocab - 1));
  }
}

}  // namespace

CrossEntropy linear_cross_entropy(const at::Tensor& hidden_MD, const at::Tensor& table_VD, const at::Tensor& bias_V,
                                  const at::Tensor& labels_M, at::ScalarType compute, const at::Tensor& uniform_M) {
  if (has_loops(hidden_MD)) {
    const at::Tensor labels = labels_M.contiguous();
    const at::Tensor uniform = uniform_M.defined() ? uniform_M.contiguous() : uniform_M;
    check_labels(labels, table_VD.size(0));
    const int64_t count = labels.size(0);
    Rows rows{labels,
              uniform,
              compute,
              at::GradMode::is_enabled() && (hidden_MD.requires_grad() || table_VD.requires_grad()),
              at::empty({count}, at::kDouble),
              at::empty({count}, at::kBool),
              uniform.defined() ? at::empty({count}, at::kLong) : at::Tensor()};
    const std::optional<at::Tensor> bias = bias_V.defined() ? std::optional(bias_V) : std::nullopt;
    CrossEntropy out;
    out.loss = LinearCrossEntropy::apply(hidden_MD, table_VD, bias, &rows);
    out.correct_M = rows.correct_M;
    out.samples_M = rows.samples_M;
    return out;
  }
  return linear_cross_entropy_plain(hidden_MD, table_VD, bias_V, labels_M, compute, uniform_M);
}

CrossEntropy linear_cross_entropy_plain(const at::Tensor& hidden_MD, const at::Tensor& table_VD,
                                        const at::Tensor& bias_V, const at::Tensor& labels_M, at::ScalarType compute,
                                        const at::Tensor& uniform_M) {
  const at::Tensor logits_MV = linear_plain(hidden_MD, table_VD, bias_V, compute).to(at::kFloat);
  CrossEntropy out;
  // A batch without a row has no mean: its loss is 0, and so are the gradients.
  out.loss = labels_M.size(0) == 0 ? logits_MV.sum() : at::cross_entropy_loss(logits_MV, labels_M);
  out.correct_M = logits_MV.detach().argmax(1).eq(labels_M);
  if (uniform_M.defined()) out.samples_M = sample_categorical_plain(logits_MV.detach(), uniform_M);
  return out;
}

at::Tensor sample_categorical(const at::Tensor& logits_MV, const at::Tensor& uniform_M) {
  return sample_categorical_plain(logits_MV, uniform_M);
}

at::Tensor sample_categorical_plain(const at::Tensor& logits_MV, const at::Tensor& uniform_M) {
  const at::Tensor sums_MV = at::softmax(logits_MV.detach().to(at::kDouble), 1).cumsum(1);
  const at::Tensor draws_M = sums_MV.le(uniform_M.to(at::kDouble).unsqueeze(1)).sum(1);
  return draws_M.clamp_max(logits_MV.size(1) - 1);
}

}  // namespace lmkor::kernels
