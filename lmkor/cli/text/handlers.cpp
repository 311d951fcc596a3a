#include "lmkor/cli/text/handlers.h"

namespace lmkor::cli {
namespace {

constexpr HandlerRow kHandlers[] = {
    {"completion", run_completion},
    {"corpus build", run_corpus_build},
    {"corpus remove", run_corpus_remove},
    {"model card", run_model_card},
    {"model export", run_model_export},
    {"model import", run_model_import},
    {"pull", run_pull},
    {"push", run_push},
    {"corpus train-categories", run_corpus_train_categories},
    {"corpus restore", run_corpus_restore},
    {"corpus stats", run_corpus_stats},
    {"runs compare", run_runs_compare},
    {"shard", run_shard},
    {"tokenize", run_tokenize},
    {"vocab count", run_vocab_count},
    {"vocab extend", run_vocab_extend},
    {"vocab report", run_vocab_report},
    {"vocab train", run_vocab_train},
};

}  // namespace

std::span<const HandlerRow> text_handlers() { return kHandlers; }

}  // namespace lmkor::cli
