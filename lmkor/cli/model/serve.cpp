// lmkor serve: models over HTTP, and a page to try them.
#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/model/handlers.h"
#include "lmkor/serve/api.h"
#include "lmkor/serve/page.h"
#include "lmkor/serve/server.h"
#include "lmkor/train/precision.h"

namespace lmkor::cli {
namespace {

using base::Error;
using base::ErrorKind;
using base::str;

struct Options {
  std::vector<std::string> model;
  std::string reports;
  infer::Options infer;
  serve::ServerOptions server;
  serve::ApiOptions api;
  serve::EngineOptions engine;

  struct Serve {
    Options& all;
    void fields(config::Fields& f) {
      f.include(all.api);
      f.include(all.engine);
      f.include(all.server);
    }
  } serve{*this};

  void fields(config::Fields& f) {
    f.add("model", model,
          "models as DIR or NAME=DIR: folders, runs, or hub names that are in the cache; the first one answers "
          "where a request names none",
          config::required());
    f.add("reports", reports, "folder whose reports and runs the page shows");
    server.address_fields(f);
    f.include(infer);
    f.group("serve", serve);
  }
};

// What signals ask for. infer/ would end a batch at base::interrupted(), and its requests would be lost.
std::atomic<bool> stop_asked = false, reload_asked = false;

void on_signal(int signal) {
  if (signal == SIGHUP) {
    reload_asked = true;
  } else if (stop_asked.exchange(true)) {
    std::_Exit(128 + signal);
  }
}

struct Source {
  std::string name, path;
};

std::vector<Source> sources_of(const std::vector<std::string>& models) {
  std::vector<Source> out;
  std::set<std::string> names;
  for (const std::string& model : models) {
    const size_t equals = model.find('=');
    Source source{model.substr(0, equals), equals == std::string::npos ? model : model.substr(equals + 1)};
    if (equals == std::string::npos) {
      std::filesystem::path path(model);
      if (path.filename().empty() || path.filename() == ".") path = path.parent_path();
      source.name = path.filename().string();
    }
    if (source.name.empty() || source.name.find('/') != std::string::npos || !names.insert(source.name).second) {
      throw Error(ErrorKind::kUsage, str("--model ", model, ": got the name \"", source.name,
                                         "\", expected one of its own without a slash; give it as NAME=DIR"));
    }
    out.push_back(std::move(source));
  }
  return out;
}

// Loads models again on a thread of its own; who asks meanwhile is answered by the former ones.
class Reloader {
 public:
  using Load = std::function<std::shared_ptr<const infer::Model>(const std::string& path)>;
  Reloader(std::vector<Source> sources, Load load, serve::Api& api)
      : sources_(std::move(sources)), load_(std::move(load)), api_(api) {}
  ~Reloader() {
    if (thread_.joinable()) thread_.join();
  }
  void tick() {
    if (running_ || !reload_asked.exchange(false)) return;
    if (thread_.joinable()) thread_.join();
    running_ = true;
    thread_ = std::thread([this] {
      for (size_t i = 0; i < sources_.size(); ++i) reload(sources_[i], *api_.engines()[i]);
      running_ = false;
    });
  }

 private:
  void reload(const Source& source, serve::Engine& engine) {
    bool well = false;
    try {
      engine.replace(load_(source.path));
      base::log_info(str(source.name, ": loaded again from ", source.path));
      well = true;
    } catch (const std::exception& error) {
      base::log_warning(str(source.name, ": not loaded again, the former model goes on: ", error.what()));
    }
    api_.metrics().reloaded(source.name, well);
  }

  std::vector<Source> sources_;
  Load load_;
  serve::Api& api_;
  std::atomic<bool> running_ = false;
  std::thread thread_;
};

}  // namespace

int run_serve(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const std::vector<Source> sources = sources_of(options.model);
  const at::Device device = train::device_of(call.common.device);
  at::set_num_threads(call.threads());
  options.engine.threads = call.threads();
  const auto load = [&](const std::string& path) {
    return std::make_shared<const infer::Model>(model::load(path), options.infer, device);
  };
  std::vector<std::unique_ptr<serve::Engine>> engines;
  for (const Source& source : sources) {
    engines.push_back(std::make_unique<serve::Engine>(source.name, load(source.path), options.engine));
    base::log_info(str(source.name, ": loaded from ", source.path));
  }
  serve::Metrics metrics;
  serve::Api api(options.api, std::move(engines), metrics);
  const serve::Page page(options.reports);
  Reloader reloader(sources, load, api);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, on_signal);

  const serve::Handle handle = [&](serve::HttpRequest request, serve::Post post, serve::Respond respond) {
    if (auto response = page.answer(request)) return respond(std::move(*response));
    api.handle(std::move(request), std::move(post), std::move(respond));
  };
  const std::string scheme = options.server.tls_certificate.empty() ? "http" : "https";
  run_server(
      options.server, handle,
      {.listening =
           [&](int port) { base::log_info(str("listening at ", scheme, "://", options.server.host, ":", port)); },
       .draining =
           [&] {
             base::log_info("stopping: no new connections, what is under way is answered");
             api.drain();
           },
       .stopped = [] { return stop_asked.load(); },
       .tick = [&] { reloader.tick(); },
       .connections = [&](int64_t open) { metrics.connections(open); }});
  return 0;
}

}  // namespace lmkor::cli
