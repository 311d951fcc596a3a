#include "lmkor/kernels/linear.h"

#include "lmkor/kernels/tensors.h"

namespace lmkor::kernels {

namespace {

// One matrix multiplication for all maps; parameters are cast once, for the forward and the backward pass.
struct JoinedLinear : torch::autograd::Function<JoinedLinear> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x_ND, at::TensorList weights,
                            at::TensorList biases, at::ScalarType compute) {
    const at::Tensor cast_ND = x_ND.to(compute).contiguous();
    const at::Tensor weight = joined(weights, compute), bias = joined(biases, compute);
    context->save_for_backward({cast_ND, weight});
    std::vector<int64_t> outs;
    for (const at::Tensor& one : weights) outs.push_back(one.size(0));
    context->saved_data["outs"] = outs;
    context->saved_data["biased"] = !biases.empty();
    context->saved_data["x type"] = x_ND.scalar_type();
    context->saved_data["weight type"] = weights[0].scalar_type();
    return product(cast_ND, weight.t(), bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& d_outs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x_ND = saved[0], &weight = saved[1], d_out = d_outs[0].contiguous();
    const std::vector<int64_t> outs = context->saved_data["outs"].toIntVector();
    const bool biased = context->saved_data["biased"].toBool();
    const at::ScalarType weight_type = context->saved_data["weight type"].toScalarType();
    variable_list gradients = {{}};
    if (context->needs_input_grad(0)) {
      gradients[0] = product(d_out, weight).to(context->saved_data["x type"].toScalarType());
    }
    for (int part = 0; part < (biased ? 2 : 1); ++part) {
      at::Tensor all;
      if (context->needs_input_grad(1 + static_cast<size_t>(part) * outs.size())) {
        all = (part == 0 ? transposed_product(d_out, x_ND) : column_sums(d_out)).to(weight_type);
      }
      int64_t begin = 0;
      for (const int64_t out : outs) {
        gradients.push_back(all.defined() && outs.size() > 1 ? all.narrow(0, begin, out) : all);
        begin += out;
      }
    }
    gradients.emplace_back();  // compute
    return gradients;
  }

 private:
  // The parts one behind the other in type `compute`; undefined where there are none.
  static at::Tensor joined(at::TensorList parts, at::ScalarType compute) {
    if (parts.empty()) return {};
    if (parts.size() == 1) return parts[0].to(compute).contiguous();
    std::vector<int64_t> sizes = parts[0].sizes().vec();
    sizes[0] = 0;
    for (const at::Tensor& part : parts) sizes[0] += part.size(0);
    const at::Tensor out = at::empty(sizes, compute);
    int64_t begin = 0;
    for (const at::Tensor& part : parts) {
      out.narrow(0, begin, part.size(0)).copy_(part);
      begin += part.size(0);
    }
    return out;
  }
};

}  // namespace

at::Tensor linear(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias, at::ScalarType compute) {
  if (!has_loops(x_ND)) return linear_plain(x_ND, weight, bias, compute);
  if (!bias.defined()) return JoinedLinear::apply(x_ND, at::TensorList(weight), at::TensorList(), compute);
  return JoinedLinear::apply(x_ND, at::TensorList(weight), at::TensorList(bias), compute);
}

at::Tensor joined_linear(const at::Tensor& x_ND, std::vector<at::Tensor> weights, std::vector<at::Tensor> biases,
                         at::ScalarType compute) {
  if (!has_loops(x_ND)) return linear_plain(x_ND, at::cat(weights), at::cat(biases), compute);
  return JoinedLinear::apply(x_ND, at::TensorList(weights), at::TensorList(biases), compute);
}

at::Tensor linear_plain(const at::Tensor& x_ND, const at::Tensor& weight, const at::Tensor& bias,
                        at::ScalarType compute) {
  return at::linear(x_ND.to(compute), weight.to(compute), bias.defined() ? bias.to(compute) : bias);
}

}  // namespace lmkor::kernels
