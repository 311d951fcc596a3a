// Our side of infer_bench.py: the hidden states of prepared batches, one batch per line of input.
//
//   infer_bench MODEL BATCHES THREADS PRECISION...
//
// BATCHES: safetensors with int32 "NAME.ids" and "NAME.cu_seqlens" for each batch. A line "PRECISION NAME" is answered
// by the seconds and CPU seconds of one pass; with a third word, a file, the states are written there, as "hidden".
// Before the first line it prints the seconds that loading took for each precision.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <iostream>
#include <map>
#include <sstream>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "lmkor/base/str.h"
#include "lmkor/hub/safetensors.h"
#include "lmkor/infer/engine.h"
#include "lmkor/kernels/memory.h"
#include "lmkor/model/weights.h"

namespace {

using namespace lmkor;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

std::vector<int32_t> numbers(const hub::SafetensorsFile& file, const std::string& name) {
  const hub::TensorView* view = file.find(name);
  if (!view) throw std::runtime_error("no tensor " + name);
  std::vector<int32_t> out(view->bytes.size() / sizeof(int32_t));
  std::memcpy(out.data(), view->bytes.data(), view->bytes.size());
  return out;
}

void write(const std::string& path, const at::Tensor& hidden) {
  const at::Tensor values = hidden.to(at::kFloat).contiguous();
  hub::write_safetensors(path, {{.name = "hidden",
                                 .dtype = "F32",
                                 .shape = values.sizes().vec(),
                                 .bytes = {static_cast<const char*>(values.data_ptr()), values.nbytes()}}});
}

void run(int argc, char** argv) {
  const auto batches = hub::SafetensorsFile::open(argv[2]);
  at::set_num_threads(std::atoi(argv[3]));
  std::map<std::string, infer::Engine> engines;
  for (int i = 4; i < argc; ++i) {
    const auto begin = Clock::now();
    const std::clock_t cpu_begin = std::clock();
    model::Network network = model::load_network(argv[1], model::Head::kNone, 0, 1, {.read_only = true}).network;
    const double loaded = since(begin);
    engines.emplace(argv[i], infer::Engine(std::move(network), kernels::precision_of(argv[i]), at::kCPU));
    std::cout << argv[i] << ' ' << loaded << ' ' << since(begin) << ' '
              << static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC << std::endl;
  }
  std::cout << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string precision, name, file;
    words >> precision >> name >> file;
    const std::vector<int32_t> ids = numbers(batches, name + ".ids"), starts = numbers(batches, name + ".cu_seqlens");
    const auto begin = Clock::now();
    const std::clock_t cpu_begin = std::clock();
    const at::Tensor hidden = engines.at(precision).encode(layers::make_packed(ids, {}, {}, starts));
    std::cout << since(begin) << ' ' << static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC << std::endl;
    if (!file.empty()) write(file, hidden);
  }
}

}  // namespace

int main(int argc, char** argv) {
  kernels::keep_freed_memory();
  if (argc < 5) {
    std::cerr << "usage: infer_bench MODEL BATCHES THREADS PRECISION...\n";
    return 2;
  }
  run(argc, argv);
}
