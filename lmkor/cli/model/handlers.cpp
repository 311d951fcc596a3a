#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {

std::span<const HandlerRow> model_handlers() { return {}; }

}  // namespace lmkor::cli
