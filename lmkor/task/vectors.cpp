#include "lmkor/task/vectors.h"

#include <algorithm>

#include "lmkor/base/interrupt.h"
#include "lmkor/model/weights.h"
#include "lmkor/task/learn.h"
#include "lmkor/train/precision.h"

namespace lmkor::task {

Vectors vectors_of(const VectorJob& job, const std::vector<Example>& examples) {
  const at::NoGradGuard guard;
  const at::Device device = train::device_of(job.device);
  model::Network network = model::load_network(job.model, model::Head::kNone, 0, 0).network;
  model::to_device(network, device);
  const int64_t width = network.config.hidden_size;
  const EncodedSet set =
      encode_examples(job.task, examples, tokenizer::Tokenizer::load(job.model),
                      {.max_length = std::min(job.task.protocol.max_length, network.config.max_position_embeddings)});
  const bool of_words = job.task.kind == Kind::kTags;
  std::vector<size_t> begins = {0};  // of each example's items
  for (const Example& example : examples) begins.push_back(begins.back() + (of_words ? example.words.size() : 1));
  Vectors out{.width = width, .values = std::vector<float>(begins.back() * static_cast<size_t>(width))};
  const layers::Mode mode{.training = false};
  for (const Inputs& inputs : batches_by_length(set, job.batch_tokens)) {
    base::check_interrupt();
    const layers::PackedInput packed = pack(inputs, device);
    const at::Tensor hidden_ND = model::encode(network, packed, mode).to(at::kCPU, at::kFloat).contiguous();
    for (size_t i = 0; i < inputs.size(); ++i) {
      const Encoded& input = *inputs[i];
      const int64_t first = packed.cu_seqlens_host[i];
      const auto put = [&](size_t item, const at::Tensor& row_D) {
        const at::Tensor row = row_D.contiguous();
        std::copy_n(row.const_data_ptr<float>(), width, out.values.begin() + static_cast<int64_t>(item) * width);
      };
      if (!of_words) {
        put(begins[input.example], hidden_ND.slice(0, first, packed.cu_seqlens_host[i + 1]).mean(0));
        continue;
      }
      for (size_t word = 0; word < input.first_pieces.size(); ++word)
        put(begins[input.example] + input.first_word + word, hidden_ND[first + input.first_pieces[word]]);
    }
  }
  return out;
}

}  // namespace lmkor::task
