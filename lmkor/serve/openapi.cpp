#include "lmkor/serve/openapi.h"

#include "lmkor/base/str.h"
#include "lmkor/base/version.h"

namespace lmkor::serve {
namespace {

using base::Json;
using base::str;

// What the routes of the table refer to.
constexpr const char* kSchemas = R"json({
  "Text": {"type": "string", "minLength": 1},
  "Texts": {"anyOf": [{"$ref": "#/components/schemas/Text", "description": "a string"},
                      {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Text"}, "description": "a list of strings"}]},
  "EmbedRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"$ref": "#/components/schemas/Texts"},
    "model": {"type": "string"},
    "normalize": {"type": ["boolean", "null"], "default": true},
    "truncate": {"type": ["boolean", "null"], "default": false, "description": "cut a text that is too long, instead of 413"},
    "dimensions": {"type": ["integer", "null"], "minimum": 1, "description": "keep only so many numbers of a vector"}}},
  "TextsRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"$ref": "#/components/schemas/Texts"},
    "model": {"type": "string"},
    "raw_scores": {"type": "boolean", "default": false, "description": "logits instead of probabilities"},
    "truncate": {"type": ["boolean", "null"], "default": false}}},
  "FillMaskRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"$ref": "#/components/schemas/Texts"},
    "model": {"type": "string"},
    "top_k": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5},
    "raw_scores": {"type": "boolean", "default": false},
    "truncate": {"type": ["boolean", "null"], "default": false}}},
  "PredictRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"anyOf": [{"$ref": "#/components/schemas/Text", "description": "a string"},
      {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/components/schemas/Text"}, "description": "a text or a pair in a list"},
      {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/components/schemas/Text"}}, "description": "a list of such lists"}]},
    "model": {"type": "string"},
    "raw_scores": {"type": "boolean", "default": false},
    "truncate": {"type": ["boolean", "null"], "default": false}}},
  "RerankRequest": {"type": "object", "required": ["query", "texts"], "properties": {
    "query": {"$ref": "#/components/schemas/Text"},
    "texts": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Text"}},
    "model": {"type": "string"},
    "raw_scores": {"type": "boolean", "default": false},
    "return_text": {"type": "boolean", "default": false},
    "truncate": {"type": ["boolean", "null"], "default": false}}},
  "SimilarityRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"type": "object", "required": ["source_sentence", "sentences"], "properties": {
      "source_sentence": {"$ref": "#/components/schemas/Text"},
      "sentences": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Text"}}}},
    "model": {"type": "string"},
    "parameters": {"type": ["object", "null"], "properties": {"truncate": {"type": ["boolean", "null"], "default": false}}}}},
  "AnswerRequest": {"type": "object", "required": ["question", "context"], "properties": {
    "question": {"$ref": "#/components/schemas/Text"},
    "context": {"$ref": "#/components/schemas/Text"},
    "model": {"type": "string"},
    "raw_scores": {"type": "boolean", "default": false}}},
  "TokenizeRequest": {"type": "object", "required": ["inputs"], "properties": {
    "inputs": {"$ref": "#/components/schemas/Texts"},
    "model": {"type": "string"},
    "add_special_tokens": {"type": "boolean", "default": true}}},
  "DecodeRequest": {"type": "object", "required": ["ids"], "properties": {
    "ids": {"anyOf": [{"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0, "maximum": 4294967295}, "description": "a list of ids"},
      {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0, "maximum": 4294967295}}, "description": "a list of such lists"}]},
    "model": {"type": "string"},
    "skip_special_tokens": {"type": "boolean", "default": true}}},
  "OpenAIEmbeddingRequest": {"type": "object", "required": ["input"], "properties": {
    "input": {"$ref": "#/components/schemas/Texts"},
    "model": {"type": ["string", "null"]},
    "encoding_format": {"type": ["string", "null"], "enum": ["float", "base64", null], "default": "float"},
    "dimensions": {"type": ["integer", "null"], "minimum": 1},
    "user": {"type": ["string", "null"]}}},
  "InferTensor": {"type": "object", "required": ["name", "shape", "datatype", "data"], "properties": {
    "name": {"type": "string"},
    "shape": {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "integer", "minimum": 1}},
    "datatype": {"type": "string", "enum": ["BYTES"]},
    "data": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Text"}}}},
  "InferRequest": {"type": "object", "required": ["inputs"], "properties": {
    "id": {"type": "string"},
    "inputs": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"$ref": "#/components/schemas/InferTensor"}}}},
  "Vector": {"type": "array", "items": {"type": "number"}},
  "Vectors": {"type": "array", "items": {"$ref": "#/components/schemas/Vector"}},
  "TokenVectors": {"type": "array", "items": {"$ref": "#/components/schemas/Vectors"}},
  "Rank": {"type": "object", "required": ["index", "score"], "properties": {"index": {"type": "integer"}, "score": {"type": "number"}, "text": {"type": "string"}}},
  "Ranks": {"type": "array", "items": {"$ref": "#/components/schemas/Rank"}},
  "LabelScore": {"type": "object", "required": ["score", "label"], "properties": {"score": {"type": "number"}, "label": {"type": "string"}}},
  "Labels": {"type": "array", "items": {"$ref": "#/components/schemas/LabelScore"}},
  "Predictions": {"anyOf": [{"$ref": "#/components/schemas/Labels"}, {"type": "array", "items": {"$ref": "#/components/schemas/Labels"}}]},
  "Token": {"type": "object", "required": ["id", "text", "special"], "properties": {"id": {"type": "integer"}, "text": {"type": "string"},
    "special": {"type": "boolean"}, "start": {"type": ["integer", "null"]}, "stop": {"type": ["integer", "null"]}}},
  "Tokens": {"type": "array", "items": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}}},
  "Strings": {"type": "array", "items": {"type": "string"}},
  "Filled": {"type": "object", "required": ["masks"], "properties": {"masks": {"type": "array", "items": {"type": "array", "items": {"type": "object",
    "required": ["id", "token", "score"], "properties": {"id": {"type": "integer"}, "token": {"type": "string"}, "score": {"type": "number"}}}}}}},
  "FilledList": {"anyOf": [{"$ref": "#/components/schemas/Filled"}, {"type": "array", "items": {"$ref": "#/components/schemas/Filled"}}]},
  "Span": {"type": "object", "required": ["begin", "end", "score"], "properties": {"begin": {"type": "integer"}, "end": {"type": "integer"}, "score": {"type": "number"}}},
  "Tagging": {"type": "object", "required": ["words", "tags", "entities"], "properties": {"words": {"$ref": "#/components/schemas/Strings"},
    "tags": {"$ref": "#/components/schemas/Strings"}, "entities": {"type": "array", "items": {"$ref": "#/components/schemas/Span"}}}},
  "TaggingList": {"anyOf": [{"$ref": "#/components/schemas/Tagging"}, {"type": "array", "items": {"$ref": "#/components/schemas/Tagging"}}]},
  "Detection": {"type": "object", "required": ["tokens", "words"], "properties": {"tokens": {"type": "array", "items": {"$ref": "#/components/schemas/Span"}},
    "words": {"type": "array", "items": {"$ref": "#/components/schemas/Span"}}}},
  "DetectionList": {"anyOf": [{"$ref": "#/components/schemas/Detection"}, {"type": "array", "items": {"$ref": "#/components/schemas/Detection"}}]},
  "Answer": {"type": "object", "required": ["answer", "begin", "end", "score"], "properties": {"answer": {"type": "string"},
    "begin": {"type": "integer"}, "end": {"type": "integer"}, "score": {"type": "number"}}},
  "OpenAIEmbeddings": {"type": "object", "required": ["object", "data", "model", "usage"], "properties": {"object": {"type": "string"},
    "data": {"type": "array", "items": {"type": "object"}}, "model": {"type": "string"}, "usage": {"type": "object"}}},
  "Object": {"type": "object"},
  "Error": {"type": "object", "required": ["error", "error_type"], "properties": {"error": {"type": "string"}, "error_type": {"type": "string"}}}
})json";

// Codes that a route may answer with beside 200.
std::vector<std::pair<const char*, const char*>> codes(const Route& route) {
  std::vector<std::pair<const char*, const char*>> out = {{"401", "the key is missing or wrong"}};
  if (route.request != nullptr) {
    out.insert(out.end(), {{"400", "no JSON, or no input in it"},
                           {"413", "more than the server or the model takes"},
                           {"415", "the body is not application/json"},
                           {"422", "JSON of another shape, or a text that cannot be answered"}});
  }
  if (route.request != nullptr || std::string_view(route.path).find("{model}") != std::string_view::npos) {
    out.emplace_back("404", "no such model");
  }
  if (route.plan != nullptr) {
    out.insert(out.end(), {{"424", "the model cannot do this"},
                           {"429", "too much is waiting; try again after Retry-After seconds"}});
  }
  out.emplace_back("503", "the server is going down or not ready");
  return out;
}

Json ref(const char* name) { return {{"$ref", str("#/components/schemas/", name)}}; }

Json operation(const Route& route) {
  Json out = {{"operationId", route.id}, {"tags", {route.tag}}, {"summary", route.summary}};
  if (std::string_view(route.path).find("{model}") != std::string_view::npos) {
    out["parameters"] = {{{"name", "model"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "string"}}}}};
  }
  if (route.request != nullptr) {
    out["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", ref(route.request)}}}}}};
  }
  Json& responses = out["responses"];
  responses["200"] = {{"description", "the answer"}};
  responses["200"]["content"] = route.response != nullptr
                                    ? Json{{"application/json", {{"schema", ref(route.response)}}}}
                                    : Json{{"text/plain", {{"schema", {{"type", "string"}}}}}};
  if (route.plan != nullptr) {
    responses["200"]["content"]["text/event-stream"] = {{"schema", {{"type", "string"}}}};
  }
  for (const auto& [code, description] : codes(route)) {
    responses[code] = {{"description", description}, {"content", {{"application/json", {{"schema", ref("Error")}}}}}};
  }
  return out;
}

}  // namespace

Json openapi(std::span<const Route> routes, const ApiOptions& options) {
  Json out = {{"openapi", "3.1.0"},
              {"info",
               {{"title", "lmkor"},
                {"version", base::kVersion},
                {"description", str("Korean BERT, ALBERT and ELECTRA over HTTP. A request holds at most ",
                                    options.max_inputs, " texts. Offsets are code points of the text.")},
                {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
              {"servers", {{{"url", "/"}}}},
              {"security", {Json::object(), {{"key", Json::array()}}}},
              {"tags", Json::array()}};
  std::vector<std::string> tags;
  for (const Route& route : routes) {
    if (std::find(tags.begin(), tags.end(), route.tag) == tags.end()) tags.push_back(route.tag);
    std::string method = route.method;
    for (char& c : method) c = static_cast<char>(std::tolower(c));
    out["paths"][route.path][method] = operation(route);
  }
  for (const std::string& tag : tags) out["tags"].push_back({{"name", tag}});
  out["components"] = {{"schemas", Json::parse(kSchemas)},
                       {"securitySchemes", {{"key", {{"type", "http"}, {"scheme", "bearer"}}}}}};
  return out;
}

}  // namespace lmkor::serve
