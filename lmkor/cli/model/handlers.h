// Handlers of the commands that need libtorch. One file per command.
#pragma once

#include "lmkor/cli/command.h"

namespace lmkor::cli {

int run_answer(Invocation& call);
int run_audit(Invocation& call);
int run_audit_apply(Invocation& call);
int run_detect(Invocation& call);
int run_doctor(Invocation& call);
int run_encode(Invocation& call);
int run_evaluate(Invocation& call);
int run_fill_mask(Invocation& call);
int run_finetune(Invocation& call);
int run_inspect(Invocation& call);
int run_model_verify(Invocation& call);
int run_ner(Invocation& call);
int run_predict(Invocation& call);
int run_pretrain(Invocation& call);
int run_scaling_fit(Invocation& call);
int run_scaling_plan(Invocation& call);
int run_serve(Invocation& call);
int run_suite(Invocation& call);

std::span<const HandlerRow> model_handlers();
// Version of libtorch and the devices it sees.
base::Json model_facts();

}  // namespace lmkor::cli
