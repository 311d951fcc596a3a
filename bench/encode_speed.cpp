// Speed of the encoder alone on a file, a document a line, for tokenize_bench.py: the first pass is cold (fresh
// process, empty caches), the next ones are warm. Prints one JSON object. `sha256` covers the ids of all documents as
// u16 and then the number of ids of each document as u32, so that a peer's ids are compared before its speed is.
//
//     encode_speed TOKENIZER FILE PASSES THREADS [KERNEL]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/tokenizer/cpu/units.h"
#include "lmkor/tokenizer/parallel_encode.h"

namespace {

using namespace lmkor;

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Runs body() and returns {wall seconds, processor seconds}.
template <class Body>
std::pair<double, double> timed(const Body& body) {
  const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_PROCESS_CPUTIME_ID);
  body();
  return {seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - processor};
}

std::string hash_of(const std::vector<tokenizer::FlatIds<uint16_t>>& parts) {
  base::Sha256 hash;
  for (const auto& part : parts) hash.add({reinterpret_cast<const char*>(part.ids.data()), 2 * part.ids.size()});
  for (const auto& part : parts) {
    uint64_t begin = 0;
    for (const uint64_t end : part.ends) {
      const auto length = static_cast<uint32_t>(end - begin);
      hash.add({reinterpret_cast<const char*>(&length), sizeof length});
      begin = end;
    }
  }
  return hash.hex();
}

int run(const std::vector<std::string>& arguments) {
  const auto tokenizer = tokenizer::Tokenizer::load(arguments.at(0));
  const base::MappedFile file{std::filesystem::path(arguments.at(1))};
  const int passes = std::stoi(arguments.at(2)), threads = std::stoi(arguments.at(3));
  const tokenizer::cpu::Kernel* kernel = tokenizer::cpu::kernels().front();
  for (const auto* each : tokenizer::cpu::kernels()) {
    if (arguments.size() > 4 && arguments[4] == each->name) kernel = each;
  }
  std::vector<std::string_view> lines;
  for (std::string_view rest = file.bytes(); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  base::Json out = {{"kernel", kernel->name}, {"passes", base::Json::array()}};
  // What the machine can do at most: reading every byte of the text once.
  const auto [read, unused] =
      timed([&] { out["documents"] = std::count(file.bytes().begin(), file.bytes().end(), '\n'); });
  out["read_seconds"] = read;

  tokenizer::ScratchPool pool(tokenizer::Tokenizer::Scratch::kCacheBytes, kernel);
  std::vector<tokenizer::FlatIds<uint16_t>> parts;
  std::string hash;
  for (int pass = 0; pass < passes; ++pass) {
    const auto [wall, processor] = timed([&] { tokenizer::encode_batch(tokenizer, lines, threads, pool, parts); });
    out["passes"].push_back({{"wall", wall}, {"processor", processor}});
    const std::string now = hash_of(parts);
    if (pass > 0 && now != hash) throw base::Error(base::ErrorKind::kInternal, "a later pass gave other ids");
    hash = now;
  }
  out["sha256"] = hash;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  out["peak_rss_mb"] = usage.ru_maxrss / 1024;
  std::puts(out.dump().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "encode_speed: %s\n", error.what());
    return 1;
  }
}
