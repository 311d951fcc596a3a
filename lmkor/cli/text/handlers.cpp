#include "lmkor/cli/text/handlers.h"

namespace lmkor::cli {

std::span<const HandlerRow> text_handlers() { return {}; }

}  // namespace lmkor::cli
