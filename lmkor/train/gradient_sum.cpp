#include "lmkor/train/gradient_sum.h"

#include <algorithm>
#include <utility>

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace lmkor::train {

namespace {

constexpr int64_t kBucketElements = (int64_t{25} << 20) / 4;  // 25 MB, as DistributedDataParallel

}  // namespace

struct GradientSum::Hook : torch::autograd::PostAccumulateGradHook {
  Hook(GradientSum& owner, size_t bucket) : owner(owner), bucket(bucket) {}
  void operator()(const at::Tensor&) override { owner.arrived(bucket); }
  GradientSum& owner;
  size_t bucket;
};

GradientSum::GradientSum(Processes& processes, std::vector<model::Parameter> parameters, bool overlap)
    : processes_(processes), parameters_(std::move(parameters)), overlap_(overlap) {
  // In the order in which the backward pass makes them: from the output to the input.
  std::vector<size_t> order;
  for (size_t i = parameters_.size(); i > 0; --i) order.push_back(i - 1);
  std::ranges::stable_partition(order, [this](size_t i) { return parameters_[i].depth > 0; });
  int64_t elements = 0;
  for (const size_t i : order) {
    const bool waits = parameters_[i].depth == 0;
    if (buckets_.empty() || elements >= kBucketElements || waits != buckets_.back().waits) {
      buckets_.emplace_back().waits = waits;
      elements = 0;
    }
    Bucket& bucket = buckets_.back();
    bucket.parameters.push_back(i);
    bucket.begins.push_back(elements);
    elements += parameters_[i].tensor.numel();
    if (overlap_) {
      torch::autograd::impl::set_post_acc_grad_hooks(parameters_[i].tensor,
                                                     std::make_unique<Hook>(*this, buckets_.size() - 1));
    }
  }
  for (Bucket& bucket : buckets_) {
    const at::Tensor& last = parameters_[bucket.parameters.back()].tensor;
    bucket.flat = at::empty({bucket.begins.back() + last.numel() + static_cast<int64_t>(bucket.parameters.size())},
                            last.options());
    bucket.missing = bucket.parameters.size();
  }
}

GradientSum::~GradientSum() {
  if (!overlap_) return;
  for (const model::Parameter& parameter : parameters_)
    torch::autograd::impl::set_post_acc_grad_hooks(parameter.tensor, nullptr);
}

void GradientSum::arrived(size_t bucket) {
  if (!is_last_part_) return;
  --buckets_[bucket].missing;
  while (sent_ < buckets_.size() && buckets_[sent_].missing == 0 && !buckets_[sent_].waits) send(buckets_[sent_++]);
}

void GradientSum::send(Bucket& bucket) {
  const at::NoGradGuard guard;
  const auto count = static_cast<int64_t>(bucket.parameters.size());
  at::Tensor has = bucket.flat.narrow(0, bucket.flat.numel() - count, count);
  for (int64_t i = 0; i < count; ++i) {
    const at::Tensor& value = parameters_[bucket.parameters[static_cast<size_t>(i)]].tensor;
    at::Tensor place = bucket.flat.narrow(0, bucket.begins[static_cast<size_t>(i)], value.numel());
    const bool defined = value.grad().defined();
    if (defined) {
      place.copy_(value.grad().reshape({-1}));
    } else {
      place.zero_();
    }
    has[i].fill_(defined ? 1 : 0);
  }
  bucket.pending = processes_.begin_sum(bucket.flat);
}

void GradientSum::finish() {
  is_last_part_ = false;
  while (sent_ < buckets_.size()) send(buckets_[sent_++]);
  for (Bucket& bucket : buckets_) {
    bucket.pending->wait();
    bucket.pending.reset();
    bucket.missing = bucket.parameters.size();
    const auto count = static_cast<int64_t>(bucket.parameters.size());
    const at::Tensor has = bucket.flat.narrow(0, bucket.flat.numel() - count, count).cpu();
    for (size_t i = 0; i < bucket.parameters.size(); ++i) {
      at::Tensor& value = parameters_[bucket.parameters[i]].tensor;
      value.mutable_grad() = has.data_ptr<float>()[i] > 0
                                 ? bucket.flat.narrow(0, bucket.begins[i], value.numel()).view(value.sizes())
                                 : at::Tensor();
    }
  }
  sent_ = 0;
}

}  // namespace lmkor::train
