// The OpenAPI 3.1 document of the routes.
#pragma once

#include <span>

#include "lmkor/serve/api.h"

namespace lmkor::serve {

base::Json openapi(std::span<const Route> routes, const ApiOptions& options);

}  // namespace lmkor::serve
