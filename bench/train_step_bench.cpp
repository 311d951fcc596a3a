// Our side of train_step_bench.py: trains a BertForMaskedLM folder on prepared batches, one step per line of input.
//
//   train_step_bench MODEL BATCHES fp32|bf16 THREADS LEARNING_RATE
//
// BATCHES: safetensors with int32 "K.ids", "K.cu_seqlens", "K.positions" and "K.labels" for each batch K. Each line
// read is a K; each line written is the loss before that step's update, and the seconds and CPU seconds of the step.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <string>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "lmkor/base/str.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/kernels/embedding.h"
#include "lmkor/kernels/memory.h"
#include "lmkor/model/weights.h"
#include "lmkor/train/optimizer.h"

namespace {

using namespace lmkor;

std::vector<int32_t> numbers(const hub::SafetensorsFile& file, const std::string& name) {
  const hub::TensorView* view = file.find(name);
  if (!view) throw std::runtime_error("no tensor " + name);
  std::vector<int32_t> out(view->bytes.size() / sizeof(int32_t));
  std::memcpy(out.data(), view->bytes.data(), view->bytes.size());
  return out;
}

at::Tensor indices(const std::vector<int32_t>& values) {
  return at::tensor(at::ArrayRef<int32_t>(values), at::kInt).to(at::kLong);
}

void run(char** argv) {
  model::Network network = model::load_network(argv[1], model::Head::kMaskedLm, 0, 1).network;
  const hub::SafetensorsFile batches = hub::SafetensorsFile::open(argv[2]);
  const layers::Mode mode = {.training = true, .compute = std::string(argv[3]) == "bf16" ? at::kBFloat16 : at::kFloat};
  at::set_num_threads(std::atoi(argv[4]));
  train::OptimizerOptions options;
  options.bias_correction = true;
  options.clip_norm = 0;
  train::AdamW optimizer(model::parameters(network), options);
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpu_begin = std::clock();
    const model::PackedInput input =
        layers::make_packed(numbers(batches, line + ".ids"), {}, {}, numbers(batches, line + ".cu_seqlens"));
    const at::Tensor hidden_ND = model::encode(network, input, mode);
    const at::Tensor hidden_MD = kernels::gather_rows(hidden_ND, indices(numbers(batches, line + ".positions")));
    const at::Tensor loss =
        model::masked_lm_loss(network, hidden_MD, indices(numbers(batches, line + ".labels")), mode).loss;
    loss.backward();
    optimizer.step(std::atof(argv[5]));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const double cpu_seconds = static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC;
    std::printf("%.9g %.6f %.6f\n", loss.item<double>(), seconds.count(), cpu_seconds);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: train_step_bench MODEL BATCHES fp32|bf16 THREADS LEARNING_RATE\n");
    return 2;
  }
  lmkor::kernels::keep_freed_memory();
  try {
    run(argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_step_bench: %s\n", error.what());
    return 1;
  }
}
