// The routes: what a request must hold, what is asked of which model, what the answer looks like. The table in
// routes.cpp is the one place that lists them; /openapi.json is made from it.
//
// Meaning and codes are those of text-embeddings-inference where it has the route: 400 no input, 413 too much of it,
// 422 of another shape, 424 the model cannot do that, 429 overloaded, 503 not ready.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/serve/engine.h"
#include "lmkor/serve/http.h"
#include "lmkor/serve/metrics.h"
#include "lmkor/tokenizer/scratch_pool.h"

namespace lmkor::serve {

struct ApiOptions {
  int64_t max_inputs = 256;      // texts of a request
  std::string pooling = "mean";  // of /embed and its like
  void fields(config::Fields& f);
};

// A request that cannot be answered.
struct ApiError {
  int status;
  std::string type;  // as text-embeddings-inference names them
  std::string message;
};

// What a route asks of a model, and how its answer is written.
struct Plan {
  Query query;
  std::vector<Input> inputs;
  std::function<std::string(Results&& results)> write;  // as JSON
};

class Api;

// A request on its way.
struct Call {
  Api& api;
  HttpRequest request;
  base::Json body;
  std::string path_model;  // of /v2/models/{model}/...
  Engine* engine = nullptr;
  Post post;
  Respond respond;
};

struct Route {
  const char* method;
  const char* path;  // "{model}" stands for one part
  const char* id;    // operationId
  const char* tag;
  const char* summary;
  const char* request;                 // schema of the body, null for none
  const char* response;                // schema of the answer, null for one that is no JSON
  Plan (*plan)(Call& call);            // either this, for a model,
  HttpResponse (*direct)(Call& call);  // or this, at once
};
std::span<const Route> routes();
// Paths that only models with this head serve.
std::vector<const char*> routes_of(model::Head head);

class Api {
 public:
  Api(ApiOptions options, std::vector<std::unique_ptr<Engine>> engines, Metrics& metrics);

  // Answers once, at once or later. Never throws.
  void handle(HttpRequest request, Post post, Respond respond);

  const ApiOptions& options() const { return options_; }
  const std::vector<std::unique_ptr<Engine>>& engines() const { return engines_; }
  Metrics& metrics() const { return metrics_; }
  tokenizer::ScratchPool& scratches() { return scratches_; }
  // The engine of that name, the first one for an empty name. Throws ApiError 404.
  Engine& engine(const std::string& name) const;
  const base::Json& openapi() const { return openapi_; }
  const base::Json& components() const { return openapi_["components"]["schemas"]; }

  // From now on it is said not to be ready, so that no new requests come.
  void drain() { draining_ = true; }
  bool draining() const { return draining_; }

 private:
  void start(const Route& route, std::shared_ptr<Call> call);
  void submit_all(Plan plan, std::shared_ptr<Call> call);
  void stream(Plan plan, std::shared_ptr<Call> call);

  ApiOptions options_;
  std::vector<std::unique_ptr<Engine>> engines_;
  Metrics& metrics_;
  tokenizer::ScratchPool scratches_{size_t{1} << 20};
  base::Json openapi_;
  std::atomic<bool> draining_ = false;
};

// What an error of the model or of lmkor itself becomes.
ApiError api_error(const std::exception_ptr& error);
HttpResponse error_response(const ApiError& error);

}  // namespace lmkor::serve
