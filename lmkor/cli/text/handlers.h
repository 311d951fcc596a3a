// Handlers of the commands that run without libtorch. One file per command.
#pragma once

#include "lmkor/cli/command.h"

namespace lmkor::cli {

int run_completion(Invocation& call);
int run_corpus_build(Invocation& call);
int run_corpus_remove(Invocation& call);
int run_model_card(Invocation& call);
int run_model_export(Invocation& call);
int run_model_import(Invocation& call);
int run_pull(Invocation& call);
int run_push(Invocation& call);
int run_corpus_train_categories(Invocation& call);
int run_corpus_restore(Invocation& call);
int run_corpus_stats(Invocation& call);
int run_runs_compare(Invocation& call);
int run_shard(Invocation& call);
int run_tokenize(Invocation& call);
int run_vocab_count(Invocation& call);
int run_vocab_extend(Invocation& call);
int run_vocab_report(Invocation& call);
int run_vocab_train(Invocation& call);

std::span<const HandlerRow> text_handlers();

}  // namespace lmkor::cli
