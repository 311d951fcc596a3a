#include "lmkor/serve/metrics.h"

#include <prometheus/text_serializer.h>

namespace lmkor::serve {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                          0.25,  0.5,    1,     2.5,  5,     10};

template <class Builder>
auto& family(Builder builder, prometheus::Registry& registry, const char* name, const char* help) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      requests_(family(prometheus::BuildCounter(), *registry_, "lmkor_requests_total", "Requests answered")),
      inputs_(family(prometheus::BuildCounter(), *registry_, "lmkor_inputs_total", "Texts answered")),
      tokens_(family(prometheus::BuildCounter(), *registry_, "lmkor_input_tokens_total",
                     "Tokens of the texts asked of a model")),
      reloads_(family(prometheus::BuildCounter(), *registry_, "lmkor_model_reloads_total",
                      "Attempts to load a model again")),
      request_seconds_(family(prometheus::BuildHistogram(), *registry_, "lmkor_request_seconds",
                              "From the whole request to its answer")),
      queue_seconds_(family(prometheus::BuildHistogram(), *registry_, "lmkor_queue_seconds", "Waiting for a batch")),
      infer_seconds_(
          family(prometheus::BuildHistogram(), *registry_, "lmkor_infer_seconds", "Computing the batch of a request")),
      queue_(family(prometheus::BuildGauge(), *registry_, "lmkor_queue_inputs", "Texts that wait")),
      connections_(family(prometheus::BuildGauge(), *registry_, "lmkor_connections", "Open connections")) {}

void Metrics::request(const std::string& route, int status, double seconds) {
  requests_.Add({{"route", route}, {"status", std::to_string(status)}}).Increment();
  request_seconds_.Add({{"route", route}}, kSeconds).Observe(seconds);
}

void Metrics::batch(const std::string& model, size_t inputs, double queue_seconds, double infer_seconds) {
  inputs_.Add({{"model", model}}).Increment(static_cast<double>(inputs));
  queue_seconds_.Add({{"model", model}}, kSeconds).Observe(queue_seconds);
  infer_seconds_.Add({{"model", model}}, kSeconds).Observe(infer_seconds);
}

void Metrics::tokens(const std::string& model, size_t tokens) {
  tokens_.Add({{"model", model}}).Increment(static_cast<double>(tokens));
}

void Metrics::queue(const std::string& model, int64_t inputs) {
  queue_.Add({{"model", model}}).Set(static_cast<double>(inputs));
}

void Metrics::reloaded(const std::string& model, bool well) {
  reloads_.Add({{"model", model}, {"result", well ? "loaded" : "failed"}}).Increment();
}

void Metrics::connections(int64_t open) { connections_.Add({}).Set(static_cast<double>(open)); }

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(registry_->Collect()); }

}  // namespace lmkor::serve
