// /v1/embeddings as OpenAI's clients ask for it: they want base64 of little-endian fp32 unless told otherwise.
#include <bit>
#include <cstring>

#include "lmkor/base/str.h"
#include "lmkor/serve/plans.h"

namespace lmkor::serve {
namespace {

using base::str;

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

static_assert(std::endian::native == std::endian::little);

}  // namespace

Plan plan_openai_embeddings(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["input"]);
  const size_t tokens = check_inputs(call, inputs, false);
  const size_t dimensions = dimensions_of(call);
  const bool as_base64 = member<std::string>(call.body, "encoding_format", "float") == "base64";
  return {{.use = Use::kEmbed, .pooling = infer::pooling_of(call.api.options().pooling)},
          std::move(inputs),
          [=, name = call.engine->name()](Results&& results) {
            size_t index = 0;
            const std::string data = one_or_list(
                std::get<std::vector<infer::Embedding>>(results), true, [&](const infer::Embedding& embedding) {
                  const std::vector<float> vector = vector_of(embedding, true, dimensions);
                  const std::string_view bytes(reinterpret_cast<const char*>(vector.data()), 4 * vector.size());
                  return str("{\"object\":\"embedding\",\"index\":", index++,
                             ",\"embedding\":", as_base64 ? str('"', base64(bytes), '"') : floats(vector), "}");
                });
            return str("{\"object\":\"list\",\"data\":", data, ",\"model\":", quoted(name),
                       ",\"usage\":{\"prompt_tokens\":", tokens, ",\"total_tokens\":", tokens, "}}");
          }};
}

}  // namespace lmkor::serve
