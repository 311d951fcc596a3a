// The vector loops of the CPU kernels over plain memory, chosen once at run time for this processor. Vectors are 16
// floats wide on all of them, so that sums are added in the same order. No libtorch here: threads and tensors are the
// callers' business. T is float, or uint16_t for bf16: the upper half of a float. Sums and statistics are fp32.
#pragma once

#include <cstdint>
#include <span>

namespace lmkor::kernels::cpu {

// Which elements a dropout drops: element (row, column) where hash(row, column) < threshold.
struct DropRule {
  uint64_t seed = 0;
  uint32_t threshold = 0;  // 0: none
  float scale = 1;
};
DropRule drop_rule(double rate, uint64_t seed);

// LN(drop(x) + residual) over some rows of width D; row r of the block is row first_row + r of the dropout.
template <class T>
struct NormRows {
  int64_t rows, width, first_row;
  const T* x;
  const T* residual;  // may be null
  const float* weight;
  float eps;
  DropRule drop;
  float* mean;  // a value per row: written by the forward pass, read by the backward pass
  float* rstd;
};

// Rows of logits (without `bias`, which is added on the way) against their labels.
template <class T>
struct SoftmaxRows {
  int64_t rows, columns;
  T* logits;          // becomes (softmax - one hot) * gradient_scale where that is not 0
  const float* bias;  // may be null
  const int64_t* labels;
  const float* uniforms;  // may be null
  float gradient_scale;
  double* loss;      // a value per row, as the next two
  bool* correct;     // the label is the first of the largest logits
  int64_t* samples;  // smallest index whose cumulated probability exceeds the uniform; unused without uniforms
};

// Attention of one head over one sequence. Rows of query, key and value lie `stride` elements apart, those of `out`
// and its gradient `out_stride`. Row r of the probabilities is row first_row + r of the dropout.
template <class T>
struct AttentionHead {
  int64_t length, width, stride, out_stride, first_row;
  const T *query, *key, *value;
  float scale;
  DropRule drop;
};

// Numbers of a packed matrix and of the rows that meet it.
enum class PanelFormat { kFloat, kBf16, kInt8 };
enum class PanelActivation { kNone, kGeluErf, kGeluTanh };
constexpr int64_t kPanelColumns = 64;

// A row of bytes stands for low + scale * byte.
struct RowScale {
  float scale, low;
};

// Rows times a packed matrix, plus bias, through an activation. Elements are 32 bits: a float, two bf16 or four bytes
// that are neighbours along the inner dimension. Arrays of columns are as long as all panels.
template <class T>
struct PanelJob {
  int64_t rows, columns, inner;  // inner and a_step in elements
  const void* a;
  int64_t a_step;
  const uint32_t* panels;
  const float* bias;
  const RowScale* row_scales;  // this and the next two: kInt8 only
  const float* column_scales;
  const float* column_sums;  // of the weights, scaled
  PanelActivation activation;
  T* out;
  int64_t out_step;
};

template <class T>
struct TypedLoops {
  // x[c] * (0 or rule.scale)
  void (*drop_row)(const T* x, T* out, int64_t columns, const DropRule& rule, int64_t row);
  void (*norm_forward)(const NormRows<T>& rows, const float* bias, T* out);
  // d_x and d_residual (null: not wanted; both may be the same memory without dropout); adds to d_weight and d_bias.
  void (*norm_backward)(const NormRows<T>& rows, const T* d_out, T* d_x, T* d_residual, float* d_weight, float* d_bias);
  void (*gelu_forward)(const T* x, T* out, int64_t size, bool tanh);
  void (*gelu_backward)(const T* x, const T* d_out, T* d_x, int64_t size, bool tanh);
  // out = the sum of three rows
  void (*sum_rows)(const float* a, const float* b, const float* c, T* out, int64_t columns);
  // sums[c] += the columns of x
  void (*add_columns)(const T* x, int64_t rows, int64_t stride, int64_t columns, float* sums);
  void (*softmax_rows)(const SoftmaxRows<T>& rows);
  // Bytes of scratch, aligned to 64, that the next two need for a head of this size.
  int64_t (*attention_scratch)(int64_t length, int64_t width);
  void (*attention_forward)(const AttentionHead<T>& head, T* out, void* scratch);
  void (*attention_backward)(const AttentionHead<T>& head, const T* d_out, T* d_query, T* d_key, T* d_value,
                             void* scratch);
  // By PanelFormat; panels [first, last) of all rows.
  void (*multiply_panels[3])(const PanelJob<T>& job, int64_t first_panel, int64_t last_panel);
  // Bytes of a row begin out_step apart; those behind its columns become 0.
  void (*quantize_rows)(const T* x, int64_t rows, int64_t columns, uint8_t* out, int64_t out_step, RowScale* scales);
};

struct Loops {
  const char* name;
  TypedLoops<float> f32;
  TypedLoops<uint16_t> bf16;

  template <class T>
  const TypedLoops<T>& of() const {
    if constexpr (sizeof(T) == 4)
      return f32;
    else
      return bf16;
  }
};

// The loops for this processor.
const Loops& loops();
// All that this processor can run, the best first.
std::span<const Loops* const> runnable_loops();

namespace avx512bf16 {
extern const Loops kLoops;
}
namespace avx512 {
extern const Loops kLoops;
}
namespace avx2 {
extern const Loops kLoops;
}
namespace generic {
extern const Loops kLoops;
}

}  // namespace lmkor::kernels::cpu
