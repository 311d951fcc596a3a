// The part of JSON Schema that the routes are written in. Requests are held against the same schemas that
// /openapi.json shows, so that what is documented is what is taken.
#pragma once

#include <string>

#include "lmkor/base/json.h"

namespace lmkor::serve {

struct SchemaFault {
  std::string text;    // empty: there is none
  bool empty = false;  // what is wrong is that there is nothing: an empty text or list
};
// What is wrong with `value`: the first fault as "inputs[2]: got a number, expected a string". Knows type, properties,
// required, additionalProperties (a bool), items, minItems, maxItems, minLength, minimum, maximum, enum, anyOf and $ref
// into `components`.
SchemaFault schema_fault(const base::Json& schema, const base::Json& components, const base::Json& value);

}  // namespace lmkor::serve
