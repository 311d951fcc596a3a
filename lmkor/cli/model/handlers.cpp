#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {
namespace {

constexpr HandlerRow kHandlers[] = {
    {"audit", run_audit},       {"audit apply", run_audit_apply}, {"doctor", run_doctor},
    {"evaluate", run_evaluate}, {"finetune", run_finetune},       {"inspect", run_inspect},
    {"pretrain", run_pretrain}, {"scaling fit", run_scaling_fit}, {"scaling plan", run_scaling_plan},
    {"suite", run_suite},
};

}  // namespace

std::span<const HandlerRow> model_handlers() { return kHandlers; }

}  // namespace lmkor::cli
