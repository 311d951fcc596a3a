#include "lmkor/kernels/embedding.h"

#include <cstring>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

constexpr int64_t kRows = 64;     // of a task
constexpr int64_t kColumns = 64;  // of a task that adds up gradients: all tokens in their order

struct Embed : torch::autograd::Function<Embed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& word_VE, const at::Tensor& ids_N,
                            const at::Tensor& position_PE, const at::Tensor& position_ids_N, const at::Tensor& type_TE,
                            const at::Tensor& type_ids_N, at::ScalarType compute) {
    const at::Tensor indices_3N = at::stack({ids_N, position_ids_N, type_ids_N});
    const std::vector<at::Tensor> tables = {word_VE.contiguous(), position_PE.contiguous(), type_TE.contiguous()};
    std::vector<int64_t> sizes;
    for (const at::Tensor& table : tables) sizes.push_back(table.size(0));
    check(indices_3N, sizes);
    context->save_for_backward({indices_3N});
    context->saved_data["sizes"] = sizes;
    const int64_t tokens = ids_N.size(0), width = word_VE.size(1);
    const int64_t* indices = memory<int64_t>(indices_3N);
    const at::Tensor out_NE = at::empty({tokens, width}, compute);
    by_type(out_NE, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(tokens, kRows, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; ++n) {
          const float* rows[3];
          for (int t = 0; t < 3; ++t) rows[t] = memory<float>(tables[t]) + indices[t * tokens + n] * width;
          loops_of<T>().sum_rows(rows[0], rows[1], rows[2], memory<T>(out_NE) + n * width, width);
        }
      });
    });
    return out_NE;
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const at::Tensor indices_3N = context->get_saved_variables()[0], d_out_NE = d_outs[0].contiguous();
    const std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const int64_t tokens = indices_3N.size(1), width = d_out_NE.size(1);
    const int64_t* indices = memory<int64_t>(indices_3N);
    std::vector<at::Tensor> tables;
    for (const int64_t size : sizes) tables.push_back(at::zeros({size, width}));
    by_type(d_out_NE, [&](auto zero) {
      using T = decltype(zero);
      parallel_ranges(width, kColumns, [&](int64_t begin, int64_t end) {
        for (int t = 0; t < 3; ++t) {
          float* table = memory<float>(tables[t]) + begin;
          const T* d_out = memory<T>(d_out_NE) + begin;
          for (int64_t n = 0; n < tokens; ++n) {
            loops_of<T>().add_columns(d_out + n * width, 1, width, end - begin,
                                      table + indices[t * tokens + n] * width);
          }
        }
      });
    });
    return {tables[0], {}, tables[1], {}, tables[2], {}, {}};
  }

 private:
  static void check(const at::Tensor& indices_3N, const std::vector<int64_t>& sizes) {
    const int64_t tokens = indices_3N.size(1);
    for (int t = 0; t < 3; ++t) {
      const int64_t* row = memory<int64_t>(indices_3N) + t * tokens;
      for (int64_t n = 0; n < tokens; ++n) {
        if (row[n] >= 0 && row[n] < sizes[t]) continue;
        const char* const names[] = {"word", "position", "type"};
        throw base::Error(base::ErrorKind::kData, base::str("token ", n, " of a batch has ", names[t], " id ", row[n],
                                                            ", the table has ", sizes[t], " rows"));
      }
    }
  }
};

struct GatherRows : torch::autograd::Function<GatherRows> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_ND, const at::Tensor& index_M) {
    context->save_for_backward({index_M});
    context->saved_data["rows"] = x_ND.size(0);
    return x_ND.index_select(0, index_M);
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const at::Tensor index_M = context->get_saved_variables()[0].contiguous(), d_out_MD = d_outs[0].contiguous();
    const int64_t width = d_out_MD.size(1);
    at::Tensor d_x_ND = at::zeros({context->saved_data["rows"].toInt(), width}, d_out_MD.scalar_type());
    by_type(d_out_MD, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t m = 0; m < index_M.size(0); ++m) {
        std::memcpy(memory<T>(d_x_ND) + memory<int64_t>(index_M)[m] * width, memory<T>(d_out_MD) + m * width,
                    static_cast<size_t>(width) * sizeof(T));
      }
    });
    return {d_x_ND, {}};
  }
};

}  // namespace

at::Tensor embed(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                 const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                 at::ScalarType compute) {
  if (!has_loops(word_VE))
    return embed_plain(word_VE, ids_N, position_PE, position_ids_N, type_TE, type_ids_N, compute);
  return Embed::apply(word_VE, ids_N, position_PE, position_ids_N, type_TE, type_ids_N, compute);
}

at::Tensor embed_plain(const at::Tensor& word_VE, const at::Tensor& ids_N, const at::Tensor& position_PE,
                       const at::Tensor& position_ids_N, const at::Tensor& type_TE, const at::Tensor& type_ids_N,
                       at::ScalarType compute) {
  return (word_VE.index_select(0, ids_N).to(at::kFloat) + position_PE.index_select(0, position_ids_N) +
          type_TE.index_select(0, type_ids_N))
      .to(compute);
}

at::Tensor gather_rows(const at::Tensor& x_ND, const at::Tensor& index_M) {
  return has_loops(x_ND) ? GatherRows::apply(x_ND, index_M) : gather_rows_plain(x_ND, index_M);
}

at::Tensor gather_rows_plain(const at::Tensor& x_ND, const at::Tensor& index_M) {
  return x_ND.index_select(0, index_M);
}

}  // namespace lmkor::kernels
