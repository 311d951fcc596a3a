#include "lmkor/kernels/lamb.h"

namespace lmkor::kernels {

void lamb(at::Tensor& value, const at::Tensor& gradient, at::Tensor& moment1, at::Tensor& moment2,
          const at::Tensor& gradient_scale, const AdamWStep& step, bool adapt) {
  const at::NoGradGuard guard;
  const at::Tensor g = gradient * gradient_scale;
  moment1.mul_(step.beta1).add_(g, 1 - step.beta1);
  moment2.mul_(step.beta2).addcmul_(g, g, 1 - step.beta2);
  at::Tensor update = (moment2 / step.correction2).sqrt_().add_(step.epsilon).reciprocal_().mul_(moment1);
  if (step.correction1 != 1) update.div_(step.correction1);
  if (step.weight_decay != 0) update.add_(value.detach(), step.weight_decay);
  if (adapt) {
    const at::Tensor own = sum_of_squares(value.detach()).sqrt(), its = sum_of_squares(update).sqrt();
    update.mul_(at::where(own.gt(0).logical_and(its.gt(0)), own / its, at::ones_like(own)).to(update.scalar_type()));
  }
  value.sub_(update, step.learning_rate);
}

}  // namespace lmkor::kernels
