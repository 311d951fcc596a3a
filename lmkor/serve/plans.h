// What several routes have in common.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lmkor/base/str.h"
#include "lmkor/serve/api.h"

namespace lmkor::serve {

// The member of a body that has passed its schema; `otherwise` where it is missing or null.
template <class T>
T member(const base::Json& body, const char* key, T otherwise) {
  const auto found = body.find(key);
  return found == body.end() || found->is_null() ? otherwise : found->template get<T>();
}

// A string, or the strings of a list.
std::vector<Input> inputs_of(const base::Json& texts);
// Throws ApiError 413 where there are more inputs than a request may hold, or, unless they may be cut, one of more
// tokens than the model takes. Counts tokens for the metrics and returns their number.
size_t check_inputs(const Call& call, const std::vector<Input>& inputs, bool truncate);

// The text of JSON of one result, or the list of them where the request held a list.
template <class Result, class Write>
std::string one_or_list(const std::vector<Result>& results, bool list, const Write& write) {
  if (!list) return write(results.front());
  std::string out = "[";
  for (const Result& result : results) {
    if (out.size() > 1) out += ',';
    out += write(result);
  }
  return out + ']';
}

// Throws ApiError 422 for the first result that has a fault.
template <class Result>
void check_faults(const std::vector<Result>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].fault.empty()) {
      throw ApiError{422, "Validation", base::str("inputs[", i, "]: ", results[i].fault)};
    }
  }
}

std::string floats(std::span<const float> values);  // "[0.1,0.2]"
std::string quoted(const std::string& text);        // as a JSON string; broken UTF-8 as U+FFFD

// The first `dimensions` numbers (0: all), of length 1 where `normalize` holds.
std::vector<float> vector_of(const infer::Embedding& embedding, bool normalize, size_t dimensions);
size_t dimensions_of(const Call& call);  // of the body, held against the model's width

// {query, inputs, write} of one row of routes.cpp each.
Plan plan_openai_embeddings(Call& call);
Plan plan_infer(Call& call);
HttpResponse model_metadata(Call& call);
HttpResponse server_metadata(Call& call);
HttpResponse model_ready(Call& call);

}  // namespace lmkor::serve
