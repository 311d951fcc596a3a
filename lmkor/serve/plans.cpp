#include "lmkor/serve/plans.h"

#include <charconv>
#include <cmath>

#include "lmkor/base/str.h"

namespace lmkor::serve {

using base::Json;
using base::str;

std::vector<Input> inputs_of(const Json& texts) {
  std::vector<Input> out;
  if (texts.is_string()) {
    out.push_back({texts.get<std::string>(), {}});
  } else {
    for (const Json& text : texts) out.push_back({text.get<std::string>(), {}});
  }
  return out;
}

size_t check_inputs(const Call& call, const std::vector<Input>& inputs, bool truncate) {
  const auto most = static_cast<size_t>(call.api.options().max_inputs);
  if (inputs.size() > most) {
    throw ApiError{413, "Validation", str("got ", inputs.size(), " texts, expected at most ", most, " in a request")};
  }
  const auto model = call.engine->model();
  auto scratch = call.api.scratches().lease();
  tokenizer::Encoding encoding;
  size_t tokens = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string_view second = inputs[i].second ? std::string_view(*inputs[i].second) : std::string_view();
    model->tokenizer().encode(inputs[i].text, inputs[i].second ? &second : nullptr, *scratch,
                              {.match_added = true, .add_special = true}, encoding);
    tokens += encoding.ids.size();
    if (!truncate && encoding.ids.size() > model->max_length()) {
      throw ApiError{413, "Validation",
                     str("inputs[", i, "]: got ", encoding.ids.size(), " tokens, expected at most ",
                         model->max_length(), "; \"truncate\": true cuts it")};
    }
  }
  call.api.metrics().tokens(call.engine->name(), tokens);
  return tokens;
}

std::string floats(std::span<const float> values) {
  std::string out(16 * values.size() + 2, '[');
  char* at = out.data() + 1;
  for (const float value : values) {
    at = std::to_chars(at, at + 15, std::isfinite(value) ? value : 0.0f).ptr;
    *at++ = ',';
  }
  if (!values.empty()) --at;
  *at++ = ']';
  out.resize(static_cast<size_t>(at - out.data()));
  return out;
}

std::string quoted(const std::string& text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

std::vector<float> vector_of(const infer::Embedding& embedding, bool normalize, size_t dimensions) {
  std::vector<float> out = embedding.values;
  if (dimensions > 0) out.resize(dimensions);
  if (!normalize) return out;
  double sum = 0;
  for (const float value : out) sum += double{value} * double{value};
  const double length = std::sqrt(sum);
  if (length > 0) {
    for (float& value : out) value = static_cast<float>(value / length);
  }
  return out;
}

size_t dimensions_of(const Call& call) {
  const auto wanted = member<int64_t>(call.body, "dimensions", 0);
  const int64_t width = call.engine->model()->engine().network().config.hidden_size;
  if (wanted > width) {
    throw ApiError{422, "Validation",
                   str("dimensions: got ", wanted, ", expected at most ", width, ", the width of the model")};
  }
  return static_cast<size_t>(wanted);
}

}  // namespace lmkor::serve
