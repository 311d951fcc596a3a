#include "lmkor/serve/engine.h"

#include <algorithm>
#include <chrono>

#include <ATen/Parallel.h>

namespace lmkor::serve {
namespace {

// Text of about a token in Korean, to form batches by before anything is tokenised; infer/ counts them exactly.
constexpr size_t kBytesPerToken = 5;

size_t bytes_of(const std::vector<Input>& inputs) {
  size_t bytes = 0;
  for (const Input& input : inputs) bytes += input.text.size() + (input.second ? input.second->size() : 0);
  return bytes;
}

std::vector<std::string_view> texts_of(const std::vector<const Input*>& inputs) {
  std::vector<std::string_view> texts;
  for (const Input* input : inputs) texts.push_back(input->text);
  return texts;
}

Results compute(const infer::Model& model, const Query& query, const std::vector<const Input*>& inputs) {
  switch (query.use) {
    case Use::kEmbed:
      return infer::embed(model, texts_of(inputs), query.pooling);
    case Use::kFillMask:
      return infer::fill_mask(model, texts_of(inputs), {.top = query.top, .logits = query.logits});
    case Use::kClassify: {
      std::vector<infer::TextPair> pairs;
      for (const Input* input : inputs) pairs.push_back({input->text, input->second});
      return infer::classify(model, pairs, query.logits);
    }
    case Use::kTag:
      return infer::tag(model, texts_of(inputs), query.logits);
    case Use::kDetect:
      return infer::detect(model, texts_of(inputs), query.logits);
    case Use::kAnswer:
      break;
  }
  std::vector<infer::Question> asked;
  for (const Input* input : inputs) asked.push_back({input->text, *input->second});
  return infer::answer(model, asked, {.logits = query.logits});
}

}  // namespace

void EngineOptions::fields(config::Fields& f) {
  f.add("max_queue", max_queue, "texts that may wait for a model; more are answered by 429", config::at_least(1));
  f.add("max_client_queue", max_client_queue, "of them those of one address", config::at_least(1));
}

Engine::Engine(std::string name, std::shared_ptr<const infer::Model> model, EngineOptions options)
    : name_(std::move(name)), options_(options), model_(std::move(model)), thread_([this] { run(); }) {}

Engine::~Engine() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  more_.notify_all();
  thread_.join();
}

std::shared_ptr<const infer::Model> Engine::model() const {
  const std::lock_guard lock(mutex_);
  return model_;
}

void Engine::replace(std::shared_ptr<const infer::Model> model) {
  const std::lock_guard lock(mutex_);
  model_ = std::move(model);
}

int64_t Engine::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

bool Engine::submit(const std::string& client, Query query, std::vector<Input> inputs, OnReply on_reply) {
  const auto count = static_cast<int64_t>(inputs.size());
  {
    const std::lock_guard lock(mutex_);
    // A caller who asks for more than the queue ever holds would never be served: it may, alone.
    const bool full = waiting_ > 0 && waiting_ + count > options_.max_queue;
    const auto own = waiting_of_.find(client);
    const bool greedy = own != waiting_of_.end() && own->second + count > options_.max_client_queue;
    if (stop_ || full || greedy) return false;
    waiting_ += count;
    waiting_of_[client] += count;
    queue_.push_back({client, query, std::move(inputs), std::move(on_reply), Clock::now()});
  }
  more_.notify_one();
  return true;
}

// The oldest task, and those behind it that ask the same, as far as a batch has room.
std::vector<Engine::Task> Engine::take() {
  std::vector<Task> tasks;
  const size_t room = static_cast<size_t>(model_->batch_tokens()) * kBytesPerToken;
  size_t bytes = 0;
  for (auto at = queue_.begin(); at != queue_.end() && bytes < room;) {
    const size_t more = bytes_of(at->inputs);
    if (!tasks.empty() && (!(at->query == tasks.front().query) || bytes + more > room)) {
      ++at;
      continue;
    }
    bytes += more;
    const auto count = static_cast<int64_t>(at->inputs.size());
    waiting_ -= count;
    const auto own = waiting_of_.find(at->client);
    if ((own->second -= count) == 0) waiting_of_.erase(own);
    tasks.push_back(std::move(*at));
    at = queue_.erase(at);
  }
  return tasks;
}

void Engine::run() {
  at::set_num_threads(options_.threads);  // a property of the thread
  while (true) {
    std::vector<Task> tasks;
    std::shared_ptr<const infer::Model> model;
    {
      std::unique_lock lock(mutex_);
      more_.wait(lock, [this] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      tasks = take();
      model = model_;
    }
    answer(tasks, *model);
  }
}

void Engine::answer(std::vector<Task>& tasks, const infer::Model& model) {
  const auto begin = Clock::now();
  const auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
  std::vector<const Input*> inputs;
  for (const Task& task : tasks) {
    for (const Input& input : task.inputs) inputs.push_back(&input);
  }
  Results all;
  std::exception_ptr error;
  try {
    all = compute(model, tasks.front().query, inputs);
  } catch (...) {
    error = std::current_exception();  // each caller turns it into an answer
  }
  const double infer_seconds = seconds(Clock::now() - begin);
  size_t first = 0;
  for (Task& task : tasks) {
    Reply reply{
        .results = {}, .error = error, .queue_seconds = seconds(begin - task.asked), .infer_seconds = infer_seconds};
    if (error == nullptr) {
      reply.results = std::visit(
          [&](auto& results) -> Results {
            const auto from = std::make_move_iterator(results.begin() + static_cast<ptrdiff_t>(first));
            return std::decay_t<decltype(results)>(from, from + static_cast<ptrdiff_t>(task.inputs.size()));
          },
          all);
    }
    first += task.inputs.size();
    task.on_reply(std::move(reply));
  }
}

}  // namespace lmkor::serve
