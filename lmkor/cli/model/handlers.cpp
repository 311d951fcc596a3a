#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {
namespace {

constexpr HandlerRow kHandlers[] = {
    {"doctor", run_doctor},   {"evaluate", run_evaluate}, {"finetune", run_finetune},
    {"inspect", run_inspect}, {"pretrain", run_pretrain},
};

}  // namespace

std::span<const HandlerRow> model_handlers() { return kHandlers; }

}  // namespace lmkor::cli
