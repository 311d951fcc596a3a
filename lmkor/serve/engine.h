// Many callers, one model: what they ask becomes a queue, batches are formed by tokens over all of them, and one thread
// computes. Knows no HTTP and no JSON. What a caller gets does not depend on who else asks: infer/ says so.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "lmkor/infer/answer.h"
#include "lmkor/infer/classify.h"
#include "lmkor/infer/detect.h"
#include "lmkor/infer/embed.h"
#include "lmkor/infer/fill_mask.h"
#include "lmkor/infer/model.h"
#include "lmkor/infer/tag.h"

namespace lmkor::serve {

enum class Use { kEmbed, kFillMask, kClassify, kTag, kDetect, kAnswer };

// What is asked of the model; tasks that ask the same share batches.
struct Query {
  Use use = Use::kEmbed;
  infer::Pooling pooling = infer::Pooling::kMean;
  size_t top = 5;
  bool logits = false;
  bool operator==(const Query&) const = default;
};

struct Input {
  std::string text;
  std::optional<std::string> second;  // of a pair; of kAnswer the context
};

using Results =
    std::variant<std::vector<infer::Embedding>, std::vector<infer::FilledMasks>, std::vector<infer::Prediction>,
                 std::vector<infer::Tagging>, std::vector<infer::Detection>, std::vector<infer::Answer>>;

// One result for each input, or what went wrong.
struct Reply {
  Results results;
  std::exception_ptr error;
  double queue_seconds = 0, infer_seconds = 0;
};
using OnReply = std::function<void(Reply)>;

struct EngineOptions {
  int64_t max_queue = 1024;        // inputs that wait
  int64_t max_client_queue = 512;  // of one caller among them
  int threads = 1;                 // that compute
  void fields(config::Fields& f);
};

class Engine {
 public:
  Engine(std::string name, std::shared_ptr<const infer::Model> model, EngineOptions options);
  // Answers what waits before it returns.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const std::string& name() const { return name_; }
  std::shared_ptr<const infer::Model> model() const;
  // From the next batch on; what is being computed ends with the former model.
  void replace(std::shared_ptr<const infer::Model> model);

  // Calls on_reply once, on the engine's thread. False, and no call, where the queue has no room for the inputs.
  bool submit(const std::string& client, Query query, std::vector<Input> inputs, OnReply on_reply);
  int64_t waiting() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Task {
    std::string client;
    Query query;
    std::vector<Input> inputs;
    OnReply on_reply;
    Clock::time_point asked;
  };
  void run();
  std::vector<Task> take();
  void answer(std::vector<Task>& tasks, const infer::Model& model);

  const std::string name_;
  const EngineOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable more_;
  std::shared_ptr<const infer::Model> model_;
  std::deque<Task> queue_;
  int64_t waiting_ = 0;
  std::map<std::string, int64_t> waiting_of_;  // by caller, those with any
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace lmkor::serve
