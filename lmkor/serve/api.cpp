#include "lmkor/serve/api.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/model_info.h"
#include "lmkor/serve/openapi.h"
#include "lmkor/serve/schema.h"

namespace lmkor::serve {
namespace {

using base::Json;
using base::str;

constexpr size_t kPieceInputs = 32;  // of a request that is answered as events

// Whether `path` is that of a route; what stands for {model} goes to `model`.
bool matches(std::string_view pattern, std::string_view path, std::string& model) {
  const size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, open), after = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after)) return false;
  const std::string_view part = path.substr(before.size(), path.size() - before.size() - after.size());
  if (part.find('/') != std::string_view::npos) return false;
  model = part;
  return true;
}

Json parse_body(const HttpRequest& request, const char* schema, const Json& components) {
  std::string type = request.content_type.substr(0, request.content_type.find(';'));
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (type != "application/json") {
    throw ApiError{415, "Validation",
                   str("content-type: got ", type.empty() ? "none" : type, ", expected application/json")};
  }
  Json body;
  try {
    body = Json::parse(request.body);
  } catch (const nlohmann::json::exception& error) {
    // Its text quotes what was read; of texts of users nothing is to be repeated.
    const auto* parse = dynamic_cast<const nlohmann::json::parse_error*>(&error);
    throw ApiError{400, "Validation",
                   str("the body is no JSON", parse != nullptr ? str(": fault at byte ", parse->byte) : "")};
  }
  const SchemaFault fault = schema_fault(components.at(schema), components, body);
  if (!fault.text.empty()) throw ApiError{fault.empty ? 400 : 422, fault.empty ? "Empty" : "Validation", fault.text};
  return body;
}

// Throws where the route is one of certain heads and the model has another.
void require_served(const Route& route, const Engine& engine) {
  const auto has = [&route](model::Head head) {
    const std::vector<const char*> paths = routes_of(head);
    return std::find_if(paths.begin(), paths.end(),
                        [&](const char* path) { return route.path == std::string_view(path); }) != paths.end();
  };
  constexpr model::Head kHeads[] = {model::Head::kMaskedLm, model::Head::kReplacedToken, model::Head::kSequence,
                                    model::Head::kTokens, model::Head::kQuestion};
  const auto model = engine.model();
  if (has(model->head()) || std::none_of(std::begin(kHeads), std::end(kHeads), has)) return;
  throw ApiError{424, "Backend",
                 str("model ", engine.name(), " is a ",
                     hub::architecture_name(model->engine().network().config.family, model->head()),
                     ", which does not serve ", route.path, "; /info lists what it does")};
}

std::string event(const char* name, const std::string& data) { return str("event: ", name, "\ndata: ", data, "\n\n"); }

}  // namespace

void ApiOptions::fields(config::Fields& f) {
  f.add("max_inputs", max_inputs, "texts that a request may hold; more are answered by 413", config::at_least(1));
  f.add("pooling", pooling, "what the vector of a text is: the last layer at [CLS], or its mean over all tokens",
        config::one_of({"cls", "mean"}));
}

ApiError api_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ApiError& known) {
    return known;
  } catch (const base::Error& known) {
    if (known.kind() == base::ErrorKind::kData) return {422, "Tokenizer", known.message()};
    base::log_warning(str("a request failed: ", known.what()));
  } catch (const std::exception& other) {
    base::log_warning(str("a request failed: ", other.what()));
  } catch (...) {
    base::log_warning("a request failed for a reason without a name");
  }
  return {424, "Backend", "the model failed on this request; the server's log says why"};
}

HttpResponse error_response(const ApiError& error) {
  HttpResponse out;
  out.status = error.status;
  out.body =
      Json{{"error", error.message}, {"error_type", error.type}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (error.status == 429) out.headers.emplace_back("Retry-After", "1");
  if (error.status == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

Api::Api(ApiOptions options, std::vector<std::unique_ptr<Engine>> engines, Metrics& metrics)
    : options_(std::move(options)),
      engines_(std::move(engines)),
      metrics_(metrics),
      openapi_(serve::openapi(routes(), options_)) {}

Engine& Api::engine(const std::string& name) const {
  if (name.empty()) return *engines_.front();
  std::vector<std::string> names;
  for (const auto& engine : engines_) {
    if (engine->name() == name) return *engine;
    names.push_back(engine->name());
  }
  throw ApiError{404, "Validation",
                 str("model: there is no such model here, expected one of ", base::join(names, ", "))};
}

void Api::handle(HttpRequest request, Post post, Respond respond) {
  std::vector<std::string> methods;
  std::string model;
  for (const Route& route : routes()) {
    if (!matches(route.path, request.path, model)) continue;
    if (request.method != route.method) {
      methods.emplace_back(route.method);
      continue;
    }
    const auto begin = std::chrono::steady_clock::now();
    auto counted = [this, id = route.id, begin, respond = std::move(respond)](HttpResponse response) {
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
      metrics_.request(id, response.status, time.count());
      respond(std::move(response));
    };
    auto call = std::make_shared<Call>(
        Call{*this, std::move(request), {}, model, nullptr, std::move(post), std::move(counted)});
    try {
      start(route, call);
    } catch (...) {
      call->respond(error_response(api_error(std::current_exception())));
    }
    return;
  }
  if (methods.empty())
    return respond(error_response({404, "Validation", "there is no such path; /openapi.json lists them"}));
  HttpResponse out = error_response({405, "Validation", str("this path takes ", base::join(methods, " and "))});
  out.headers.emplace_back("Allow", base::join(methods, ", "));
  respond(std::move(out));
}

void Api::start(const Route& route, std::shared_ptr<Call> call) {
  if (route.request != nullptr) call->body = parse_body(call->request, route.request, components());
  std::string name = call->path_model;
  if (name.empty()) name = query_value(call->request.query, "model");
  if (name.empty() && call->body.is_object() && call->body.contains("model") && call->body["model"].is_string()) {
    name = call->body["model"];
  }
  call->engine = &engine(name);
  require_served(route, *call->engine);
  if (route.direct != nullptr) return call->respond(route.direct(*call));
  Plan plan = route.plan(*call);
  if (call->request.wants_events) return stream(std::move(plan), std::move(call));
  submit_all(std::move(plan), std::move(call));
}

void Api::submit_all(Plan plan, std::shared_ptr<Call> call) {
  Engine& engine = *call->engine;
  const size_t count = plan.inputs.size();
  auto write = std::make_shared<decltype(plan.write)>(std::move(plan.write));
  const bool taken =
      engine.submit(call->request.client, plan.query, std::move(plan.inputs), [this, call, count, write](Reply reply) {
        metrics_.batch(call->engine->name(), count, reply.queue_seconds, reply.infer_seconds);
        call->post([call, write, reply = std::make_shared<Reply>(std::move(reply))] {
          HttpResponse response;
          try {
            if (reply->error != nullptr) std::rethrow_exception(reply->error);
            response.body = (*write)(std::move(reply->results));
          } catch (...) {
            response = error_response(api_error(std::current_exception()));
          }
          call->respond(std::move(response));
        });
      });
  metrics_.queue(engine.name(), engine.waiting());
  if (!taken) call->respond(error_response({429, "Overloaded", "too many texts are waiting"}));
}

// Pieces of the request one after the other; after each an event says how far it is, the last one is the answer.
void Api::stream(Plan plan, std::shared_ptr<Call> call) {
  struct State {
    Plan plan;
    size_t asked = 0, done = 0;
    bool ended = false;
    std::optional<Results> results;
  };
  auto state = std::make_shared<State>();
  state->plan = std::move(plan);
  HttpResponse response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.next_part = [this, state, call](std::function<void(std::string)> take) {
    if (state->ended) return take("");
    std::vector<Input>& inputs = state->plan.inputs;
    const size_t end = std::min(state->asked + kPieceInputs, inputs.size());
    std::vector<Input> piece(std::make_move_iterator(inputs.begin() + static_cast<ptrdiff_t>(state->asked)),
                             std::make_move_iterator(inputs.begin() + static_cast<ptrdiff_t>(end)));
    const size_t count = piece.size();
    state->asked = end;
    const auto fail = [state, take](const ApiError& error) {
      state->ended = true;
      take(event("error", error_response(error).body));
    };
    const bool taken =
        call->engine->submit(call->request.client, state->plan.query, std::move(piece), [=, this](Reply reply) {
          metrics_.batch(call->engine->name(), count, reply.queue_seconds, reply.infer_seconds);
          call->post([=, reply = std::make_shared<Reply>(std::move(reply))] {
            try {
              if (reply->error != nullptr) std::rethrow_exception(reply->error);
              if (!state->results) {
                state->results = std::move(reply->results);
              } else {
                std::visit(
                    [&](auto& all) {
                      auto& more = std::get<std::decay_t<decltype(all)>>(reply->results);
                      all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
                    },
                    *state->results);
              }
              state->done += count;
              const size_t total = state->plan.inputs.size();
              std::string part = event("progress", Json{{"done", state->done}, {"total", total}}.dump());
              if (state->done == total) {
                part += event("result", state->plan.write(std::move(*state->results)));
                state->ended = true;
              }
              take(std::move(part));
            } catch (...) {
              fail(api_error(std::current_exception()));
            }
          });
        });
    if (!taken) fail({429, "Overloaded", "too many texts are waiting"});
  };
  call->respond(std::move(response));
}

}  // namespace lmkor::serve
