#include "lmkor/kernels/tensors.h"

#include <ATen/Parallel.h>

namespace lmkor::kernels {

void parallel_tasks(int64_t tasks, const std::function<void(int64_t task, int worker)>& body) {
  cpu::parallel_tasks(tasks, at::get_num_threads(), body);
}

void parallel_ranges(int64_t size, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& body) {
  cpu::parallel_ranges(size, grain, at::get_num_threads(), body);
}

at::Tensor column_sums(const at::Tensor& x_ND) {
  const int64_t columns = x_ND.size(1);
  at::Tensor sums_D = at::zeros({columns});
  by_type(x_ND, [&](auto zero) {
    using T = decltype(zero);
    parallel_ranges(columns, 64, [&](int64_t begin, int64_t end) {
      loops_of<T>().add_columns(memory<T>(x_ND) + begin, x_ND.size(0), columns, end - begin,
                                memory<float>(sums_D) + begin);
    });
  });
  return sums_D;
}

void save_dropout(AutogradContext& context, const Dropout& dropout) {
  context.saved_data["rate"] = dropout.rate;
  context.saved_data["seed"] = static_cast<int64_t>(dropout.seed);
}

Dropout saved_dropout(AutogradContext& context) {
  return {context.saved_data["rate"].toDouble(), static_cast<uint64_t>(context.saved_data["seed"].toInt())};
}

}  // namespace lmkor::kernels
