// The table of routes, and those of text-embeddings-inference and our own. OpenAI's and KServe's are in files of their
// own.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/hub/model_info.h"
#include "lmkor/serve/plans.h"
#include "lmkor/tokenizer/decode.h"

namespace lmkor::serve {
namespace {

using base::Json;
using base::str;

bool truncate(const Call& call) { return member(call.body, "truncate", false); }
bool raw(const Call& call) { return member(call.body, "raw_scores", false); }
bool holds_list(const Call& call) { return call.body["inputs"].is_array(); }

Plan plan_embed(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["inputs"]);
  check_inputs(call, inputs, truncate(call));
  const bool normalize = member(call.body, "normalize", true);
  const size_t dimensions = dimensions_of(call);
  return {{.use = Use::kEmbed, .pooling = infer::pooling_of(call.api.options().pooling)},
          std::move(inputs),
          [=](Results&& results) {
            return one_or_list(
                std::get<std::vector<infer::Embedding>>(results), true,
                [&](const infer::Embedding& embedding) { return floats(vector_of(embedding, normalize, dimensions)); });
          }};
}

Plan plan_embed_all(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["inputs"]);
  check_inputs(call, inputs, truncate(call));
  return {{.use = Use::kEmbed, .pooling = infer::Pooling::kNone}, std::move(inputs), [](Results&& results) {
            return one_or_list(std::get<std::vector<infer::Embedding>>(results), true,
                               [](const infer::Embedding& embedding) {
                                 const auto width = static_cast<size_t>(embedding.width);
                                 std::string out = "[";
                                 for (size_t at = 0; at < embedding.values.size(); at += width) {
                                   if (at > 0) out += ',';
                                   out += floats(std::span(embedding.values).subspan(at, width));
                                 }
                                 return out + ']';
                               });
          }};
}

// Labels by falling score.
std::string labels_json(const infer::Prediction& prediction) {
  auto scores = prediction.scores;
  std::stable_sort(scores.begin(), scores.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return one_or_list(scores, true, [](const auto& score) {
    return str("{\"score\":", Json(score.second).dump(), ",\"label\":", quoted(score.first), "}");
  });
}

// "a text", ["a text"] and ["a", "pair"] are one input; a list of such lists is many.
Plan plan_predict(Call& call) {
  const Json& given = call.body["inputs"];
  const bool many = given.is_array() && given[0].is_array();
  std::vector<Input> inputs;
  const auto add = [&](const Json& one) {
    std::vector<Input> parts = inputs_of(one);
    if (parts.size() == 2) parts[0].second = std::move(parts[1].text);
    inputs.push_back(std::move(parts[0]));
  };
  if (many) {
    for (const Json& one : given) add(one);
  } else {
    add(given);
  }
  check_inputs(call, inputs, truncate(call));
  return {{.use = Use::kClassify, .logits = raw(call)}, std::move(inputs), [many](Results&& results) {
            return one_or_list(std::get<std::vector<infer::Prediction>>(results), many, labels_json);
          }};
}

Plan plan_rerank(Call& call) {
  const size_t labels = call.engine->model()->labels().size();
  const std::string query = call.body["query"];
  std::vector<Input> inputs;
  for (const Json& text : call.body["texts"]) inputs.push_back({query, text.get<std::string>()});
  check_inputs(call, inputs, truncate(call));
  std::vector<std::string> texts;
  if (member(call.body, "return_text", false)) {
    for (const Input& input : inputs) texts.push_back(*input.second);
  }
  return {{.use = Use::kClassify, .logits = raw(call)}, std::move(inputs), [labels, texts](Results&& results) {
            const auto& predictions = std::get<std::vector<infer::Prediction>>(results);
            if (labels != 1) {
              throw ApiError{
                  424, "Backend",
                  str("the model has ", labels, " labels, expected one: a score of how well a text fits a query")};
            }
            std::vector<size_t> order(predictions.size());
            std::iota(order.begin(), order.end(), 0);
            std::stable_sort(order.begin(), order.end(),
                             [&](size_t a, size_t b) { return predictions[a].score > predictions[b].score; });
            return one_or_list(order, true, [&](size_t i) {
              const std::string text = texts.empty() ? "" : str(",\"text\":", quoted(texts[i]));
              return str("{\"index\":", i, text, ",\"score\":", Json(predictions[i].score).dump(), "}");
            });
          }};
}

Plan plan_similarity(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["inputs"]["sentences"]);
  inputs.insert(inputs.begin(), {call.body["inputs"]["source_sentence"].get<std::string>(), {}});
  const Json parameters = member(call.body, "parameters", Json::object());
  check_inputs(call, inputs, member(parameters, "truncate", false));
  return {
      {.use = Use::kEmbed, .pooling = infer::pooling_of(call.api.options().pooling)},
      std::move(inputs),
      [](Results&& results) {
        const auto& embeddings = std::get<std::vector<infer::Embedding>>(results);
        const std::vector<float> source = vector_of(embeddings[0], true, 0);
        std::vector<float> cosines;
        for (size_t i = 1; i < embeddings.size(); ++i) {
          const std::vector<float> other = vector_of(embeddings[i], true, 0);
          cosines.push_back(static_cast<float>(std::inner_product(source.begin(), source.end(), other.begin(), 0.0)));
        }
        return floats(cosines);
      }};
}

Plan plan_fill_mask(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["inputs"]);
  check_inputs(call, inputs, truncate(call));
  return {{.use = Use::kFillMask, .top = member<size_t>(call.body, "top_k", 5), .logits = raw(call)},
          std::move(inputs),
          [list = holds_list(call)](Results&& results) {
            const auto& filled = std::get<std::vector<infer::FilledMasks>>(results);
            check_faults(filled);
            return one_or_list(filled, list, [](const auto& result) { return infer::to_json(result); });
          }};
}

// Long texts are looked at through windows, so none is too long.
template <Use use, class Result>
Plan plan_windowed(Call& call) {
  std::vector<Input> inputs = inputs_of(call.body["inputs"]);
  check_inputs(call, inputs, true);
  return {{.use = use, .logits = raw(call)}, std::move(inputs), [list = holds_list(call)](Results&& results) {
            return one_or_list(std::get<std::vector<Result>>(results), list,
                               [](const auto& result) { return infer::to_json(result); });
          }};
}

Plan plan_answer(Call& call) {
  std::vector<Input> inputs;
  inputs.push_back({call.body["question"].get<std::string>(), call.body["context"].get<std::string>()});
  check_inputs(call, inputs, true);
  return {{.use = Use::kAnswer, .logits = raw(call)}, std::move(inputs), [](Results&& results) {
            const auto& answers = std::get<std::vector<infer::Answer>>(results);
            check_faults(answers);
            return infer::to_json(answers.front());
          }};
}

HttpResponse json(std::string body) {
  HttpResponse out;
  out.body = std::move(body);
  return out;
}

HttpResponse tokenize(Call& call) {
  const std::vector<Input> inputs = inputs_of(call.body["inputs"]);
  check_inputs(call, inputs, true);
  const auto model = call.engine->model();
  const tokenizer::Tokenizer& tokenizer = model->tokenizer();
  auto scratch = call.api.scratches().lease();
  const bool special = member(call.body, "add_special_tokens", true);
  Json out = Json::array();
  for (const Input& input : inputs) {
    const tokenizer::Encoding encoding =
        tokenizer.encode(input.text, *scratch, {.offsets = true, .match_added = true, .add_special = special});
    Json tokens = Json::array();
    for (size_t i = 0; i < encoding.ids.size(); ++i) {
      const int32_t id = encoding.ids[i];
      const bool added = encoding.special_tokens_mask[i] != 0;
      const auto [begin, end] = encoding.offsets[i];
      tokens.push_back({{"id", id},
                        {"text", tokenizer.token(id)},
                        {"special", added || tokenizer.is_special(id)},
                        {"start", added ? Json() : Json(begin)},
                        {"stop", added ? Json() : Json(end)}});
    }
    out.push_back(std::move(tokens));
  }
  return json(out.dump(-1, ' ', false, Json::error_handler_t::replace));
}

HttpResponse decode(Call& call) {
  const auto model = call.engine->model();
  const Json& given = call.body["ids"];
  const bool skip = member(call.body, "skip_special_tokens", true);
  Json out = Json::array();
  const auto add = [&](const Json& list) {
    std::vector<int32_t> ids;
    for (const Json& id : list) {
      const auto value = static_cast<int64_t>(id.get<double>());
      if (value >= model->tokenizer().size()) {
        throw ApiError{422, "Tokenizer",
                       str("ids: got ", value, ", expected less than ", model->tokenizer().size(),
                           ", the size of the vocabulary")};
      }
      ids.push_back(static_cast<int32_t>(value));
    }
    out.push_back(tokenizer::decode(model->tokenizer(), ids, {.skip_special = skip}));
  };
  if (given[0].is_array()) {
    for (const Json& list : given) add(list);
  } else {
    add(given);
  }
  return json(out.dump(-1, ' ', false, Json::error_handler_t::replace));
}

HttpResponse info(Call& call) {
  const auto model = call.engine->model();
  const ApiOptions& options = call.api.options();
  Json type = {{"embedding", {{"pooling", options.pooling}}}};
  const auto& labels = model->labels();
  if (!labels.empty()) {
    Json id2label, label2id;
    for (size_t i = 0; i < labels.size(); ++i) {
      id2label[std::to_string(i)] = labels[i];
      label2id[labels[i]] = i;
    }
    type = {{labels.size() == 1 ? "reranker" : "classifier", {{"id2label", id2label}, {"label2id", label2id}}}};
  }
  Json usable = Json::array({"/embed", "/embed_all", "/similarity", "/tokenize", "/decode", "/v1/embeddings"});
  for (const char* path : routes_of(model->head())) usable.push_back(path);
  Json names = Json::array();
  for (const auto& engine : call.api.engines()) names.push_back(engine->name());
  return json(Json{{"model_id", call.engine->name()},
                   {"model_sha", nullptr},
                   {"model_dtype", model->precision()},
                   {"model_type", type},
                   {"max_input_length", model->max_length()},
                   {"max_batch_tokens", model->batch_tokens()},
                   {"max_client_batch_size", options.max_inputs},
                   {"auto_truncate", false},
                   {"architecture", hub::architecture_name(model->engine().network().config.family, model->head())},
                   {"routes", usable},
                   {"models", names},
                   {"version", base::kVersion},
                   {"sha", base::kCommit}}
                  .dump());
}

HttpResponse health(Call& call) {
  if (call.api.draining()) throw ApiError{503, "Unhealthy", "the server is going down"};
  return json("{}");
}

HttpResponse metrics(Call& call) {
  for (const auto& engine : call.api.engines()) call.api.metrics().queue(engine->name(), engine->waiting());
  HttpResponse out;
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = call.api.metrics().text();
  return out;
}

HttpResponse document(Call& call) { return json(call.api.openapi().dump()); }

constexpr const char* kTei = "text-embeddings-inference";
constexpr const char* kOwn = "lmkor";
constexpr const char* kKserve = "KServe v2";

constexpr Route kRoutes[] = {
    {"POST", "/embed", "embed", kTei, "A vector for each text", "EmbedRequest", "Vectors", plan_embed, nullptr},
    {"POST", "/embed_all", "embed_all", kTei, "A vector for each token of each text", "EmbedRequest", "TokenVectors",
     plan_embed_all, nullptr},
    {"POST", "/predict", "predict", kTei, "The labels of texts or pairs, by falling score", "PredictRequest",
     "Predictions", plan_predict, nullptr},
    {"POST", "/rerank", "rerank", kTei, "How well texts fit a query, the best first", "RerankRequest", "Ranks",
     plan_rerank, nullptr},
    {"POST", "/similarity", "similarity", kTei, "Cosines of a sentence with others", "SimilarityRequest", "Vector",
     plan_similarity, nullptr},
    {"POST", "/tokenize", "tokenize", kTei, "Tokens with ids and offsets", "TokenizeRequest", "Tokens", nullptr,
     tokenize},
    {"POST", "/decode", "decode", kTei, "Ids back to text", "DecodeRequest", "Strings", nullptr, decode},
    {"GET", "/info", "info", kTei, "The model and the limits", nullptr, "Object", nullptr, info},
    {"GET", "/health", "health", kTei, "Whether requests are taken", nullptr, "Object", nullptr, health},
    {"GET", "/metrics", "metrics", kTei, "Metrics in Prometheus' format", nullptr, nullptr, nullptr, metrics},
    {"POST", "/v1/embeddings", "openai_embeddings", "OpenAI", "Embeddings as OpenAI's clients ask for them",
     "OpenAIEmbeddingRequest", "OpenAIEmbeddings", plan_openai_embeddings, nullptr},
    {"POST", "/fill-mask", "fill_mask", kOwn, "Tokens for each [MASK]", "FillMaskRequest", "FilledList", plan_fill_mask,
     nullptr},
    {"POST", "/ner", "ner", kOwn, "Named entities with offsets", "TextsRequest", "TaggingList",
     plan_windowed<Use::kTag, infer::Tagging>, nullptr},
    {"POST", "/detect", "detect", kOwn, "Which tokens and words look replaced", "TextsRequest", "DetectionList",
     plan_windowed<Use::kDetect, infer::Detection>, nullptr},
    {"POST", "/answer", "answer", kOwn, "The span of a context that answers a question", "AnswerRequest", "Answer",
     plan_answer, nullptr},
    {"GET", "/openapi.json", "openapi", kOwn, "This document", nullptr, "Object", nullptr, document},
    {"GET", "/v2", "server_metadata", kKserve, "Name and version of the server", nullptr, "Object", nullptr,
     server_metadata},
    {"GET", "/v2/health/live", "server_live", kKserve, "Whether the server is there", nullptr, "Object", nullptr,
     [](Call&) { return json("{\"live\":true}"); }},
    {"GET", "/v2/health/ready", "server_ready", kKserve, "Whether requests are taken", nullptr, "Object", nullptr,
     [](Call& call) {
       health(call);
       return json("{\"ready\":true}");
     }},
    {"GET", "/v2/models/{model}", "model_metadata", kKserve, "Inputs and outputs of a model", nullptr, "Object",
     nullptr, model_metadata},
    {"GET", "/v2/models/{model}/ready", "model_ready", kKserve, "Whether a model answers", nullptr, "Object", nullptr,
     model_ready},
    {"POST", "/v2/models/{model}/infer", "infer", kKserve, "Ask a model", "InferRequest", "Object", plan_infer,
     nullptr},
};

}  // namespace

std::span<const Route> routes() { return kRoutes; }

std::vector<const char*> routes_of(model::Head head) {
  switch (head) {
    case model::Head::kMaskedLm:
    case model::Head::kPretraining:
      return {"/fill-mask"};
    case model::Head::kSequence:
      return {"/predict", "/rerank"};
    case model::Head::kTokens:
      return {"/ner"};
    case model::Head::kQuestion:
      return {"/answer"};
    case model::Head::kReplacedToken:
      return {"/detect"};
    default:
      return {};
  }
}

}  // namespace lmkor::serve
