// Weights of one linear map or norm, and how fresh ones are drawn: a pure function of (seed, name), so that a tensor's
// values do not depend on what else the network has.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <ATen/ATen.h>

namespace lmkor::layers {

struct Linear {
  at::Tensor weight, bias;  // [out, in], [out]; undefined where a network has no such part
  bool defined() const { return weight.defined(); }
};
struct Norm {
  at::Tensor weight, bias;
};

Linear make_linear(int64_t in, int64_t out);
Norm make_norm(int64_t width);

enum class Role { kMatrix, kGlorotMatrix, kBias, kNormWeight, kNormBias };

// Called once per parameter with its neutral name, in a fixed order.
using Visit = std::function<void(const std::string& name, at::Tensor& tensor, Role role)>;
void visit(Linear& linear, const std::string& name, const Visit& f, Role role = Role::kMatrix);
void visit(Norm& norm, const std::string& name, const Visit& f);

// Fills `tensor` (fp32, CPU): normal of `sigma` cut off at two sigma, Glorot uniform, 0 or 1, by role.
void initialise(at::Tensor& tensor, Role role, double sigma, uint64_t seed, const std::string& name);

// The value of the standard normal distribution below which a share `p` in (0, 1) lies.
// Source: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", routine PPND7.
double normal_quantile(double p);

}  // namespace lmkor::layers
