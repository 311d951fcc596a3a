// KServe's open inference protocol, version 2: texts in as a tensor of BYTES, and out what the model's head gives:
// vectors, labels with scores, or the JSON of our own routes.
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/serve/plans.h"

namespace lmkor::serve {
namespace {

using base::Json;
using base::str;
using model::Head;

Query query_of(const Call& call) {
  switch (call.engine->model()->head()) {
    case Head::kSequence:
      return {.use = Use::kClassify};
    case Head::kTokens:
      return {.use = Use::kTag};
    case Head::kQuestion:
      return {.use = Use::kAnswer};
    case Head::kReplacedToken:
      return {.use = Use::kDetect};
    case Head::kMaskedLm:
      return {.use = Use::kFillMask};
    default:
      return {.use = Use::kEmbed, .pooling = infer::pooling_of(call.api.options().pooling)};
  }
}

Json tensor(const char* name, const char* type, Json shape) {
  return {{"name", name}, {"datatype", type}, {"shape", std::move(shape)}};
}

HttpResponse answer(const Json& body) {
  HttpResponse out;
  out.body = body.dump();
  return out;
}

std::string outputs_of(const std::vector<infer::Embedding>& results) {
  std::vector<float> all;
  for (const infer::Embedding& result : results) {
    const std::vector<float> vector = vector_of(result, false, 0);
    all.insert(all.end(), vector.begin(), vector.end());
  }
  return str("[{\"name\":\"embedding\",\"datatype\":\"FP32\",\"shape\":[", results.size(), ",",
             all.size() / results.size(), "],\"data\":", floats(all), "}]");
}

std::string outputs_of(const std::vector<infer::Prediction>& results) {
  std::vector<float> scores;
  for (const infer::Prediction& result : results) {
    for (const auto& [label, score] : result.scores) scores.push_back(static_cast<float>(score));
  }
  const std::string labels =
      one_or_list(results, true, [](const infer::Prediction& result) { return quoted(result.label); });
  return str("[{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[", results.size(), "],\"data\":", labels,
             "},{\"name\":\"scores\",\"datatype\":\"FP32\",\"shape\":[", results.size(), ",",
             scores.size() / results.size(), "],\"data\":", floats(scores), "}]");
}

template <class Result>
std::string outputs_of(const std::vector<Result>& results) {
  if constexpr (requires(const Result& result) { result.fault; }) check_faults(results);
  const std::string data =
      one_or_list(results, true, [](const Result& result) { return quoted(infer::to_json(result)); });
  return str("[{\"name\":\"json\",\"datatype\":\"BYTES\",\"shape\":[", results.size(), "],\"data\":", data, "}]");
}

}  // namespace

Plan plan_infer(Call& call) {
  const Query query = query_of(call);
  const Json& tensors = call.body["inputs"];
  std::vector<Input> inputs = inputs_of(tensors[0]["data"]);
  for (const Json& tensor : tensors) {
    const size_t given = tensor["data"].size();
    if (tensor["shape"][0].get<double>() != static_cast<double>(given) || given != inputs.size()) {
      throw ApiError{422, "Validation",
                     str("inputs: tensor ", tensor["name"].dump(), " has ", given, " texts and the shape ",
                         tensor["shape"].dump(), ", expected ", inputs.size(), " in both, as in the first tensor")};
    }
  }
  const bool pairs = tensors.size() == 2;
  if (query.use == Use::kAnswer && !pairs) {
    throw ApiError{422, "Validation", "inputs: got one tensor, expected two, the questions and the contexts"};
  }
  if (pairs) {
    std::vector<Input> second = inputs_of(tensors[1]["data"]);
    for (size_t i = 0; i < inputs.size(); ++i) inputs[i].second = std::move(second[i].text);
  }
  check_inputs(call, inputs, true);
  std::string head = str("{\"model_name\":", quoted(call.engine->name()));
  if (call.body.contains("id")) head += str(",\"id\":", quoted(call.body["id"].get<std::string>()));
  return {query, std::move(inputs), [head](Results&& results) {
            return std::visit([&](const auto& list) { return str(head, ",\"outputs\":", outputs_of(list), "}"); },
                              results);
          }};
}

HttpResponse model_metadata(Call& call) {
  const auto model = call.engine->model();
  Json outputs = Json::array();
  switch (query_of(call).use) {
    case Use::kEmbed:
      outputs.push_back(tensor("embedding", "FP32", {-1, model->engine().network().config.hidden_size}));
      break;
    case Use::kClassify:
      outputs.push_back(tensor("label", "BYTES", Json::array({-1})));
      outputs.push_back(tensor("scores", "FP32", {-1, model->labels().size()}));
      break;
    default:
      outputs.push_back(tensor("json", "BYTES", Json::array({-1})));
  }
  return answer({{"name", call.engine->name()},
                 {"versions", Json::array()},
                 {"platform", "lmkor"},
                 {"inputs", Json::array({tensor("text", "BYTES", Json::array({-1}))})},
                 {"outputs", outputs}});
}

HttpResponse server_metadata(Call&) {
  return answer({{"name", "lmkor"}, {"version", base::kVersion}, {"extensions", Json::array()}});
}

HttpResponse model_ready(Call& call) {
  if (call.api.draining()) throw ApiError{503, "Unhealthy", "the server is going down"};
  return answer({{"name", call.engine->name()}, {"ready", true}});
}

}  // namespace lmkor::serve
