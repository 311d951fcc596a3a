#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {
namespace {

// clang-format off: a row a line
constexpr HandlerRow kHandlers[] = {
    {"answer", run_answer},
    {"audit", run_audit},
    {"audit apply", run_audit_apply},
    {"detect", run_detect},
    {"doctor", run_doctor},
    {"encode", run_encode},
    {"evaluate", run_evaluate},
    {"fill-mask", run_fill_mask},
    {"finetune", run_finetune},
    {"inspect", run_inspect},
    {"model verify", run_model_verify},
    {"ner", run_ner},
    {"predict", run_predict},
    {"pretrain", run_pretrain},
    {"scaling fit", run_scaling_fit},
    {"scaling plan", run_scaling_plan},
    {"serve", run_serve},
    {"suite", run_suite},
};
// clang-format on

}  // namespace

std::span<const HandlerRow> model_handlers() { return kHandlers; }

}  // namespace lmkor::cli
