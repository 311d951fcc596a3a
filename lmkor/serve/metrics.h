// What /metrics shows, in Prometheus' text format. Names follow its conventions: prefix lmkor_, base units, _total for
// counters. Labels are routes, models and status codes: few, and never texts.
#pragma once

#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace lmkor::serve {

class Metrics {
 public:
  Metrics();
  void request(const std::string& route, int status, double seconds);
  void batch(const std::string& model, size_t inputs, double queue_seconds, double infer_seconds);
  void tokens(const std::string& model, size_t tokens);
  void queue(const std::string& model, int64_t inputs);
  void reloaded(const std::string& model, bool well);
  void connections(int64_t open);
  std::string text() const;

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>&requests_, &inputs_, &tokens_, &reloads_;
  prometheus::Family<prometheus::Histogram>&request_seconds_, &queue_seconds_, &infer_seconds_;
  prometheus::Family<prometheus::Gauge>&queue_, &connections_;
};

}  // namespace lmkor::serve
