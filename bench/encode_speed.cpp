// Speed of encode_batch on a file of text, a document a line: the first pass is cold (fresh process, empty cache), the
// next ones are warm. Prints one JSON object; `hash` is XXH64 of the ids as u16 and then of the lengths as u32, so that
// a peer's ids can be compared before its speed is.
//
//     encode_speed TOKENIZER FILE [PASSES [THREADS [KERNEL [CACHE_MB]]]]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/tokenizer/cpu/units.h"
#include "lmkor/tokenizer/tokenizer.h"

using namespace lmkor;

static double now(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char** argv) {
  const auto tokenizer = tokenizer::Tokenizer::load(argv[1]);
  const base::MappedFile file{std::filesystem::path(argv[2])};
  const int passes = argc > 3 ? std::atoi(argv[3]) : 2;
  const tokenizer::cpu::Kernel* kernel = nullptr;
  for (const auto* k : tokenizer::cpu::kernels()) if (argc > 5 && !std::strcmp(k->name, argv[5])) kernel = k;
  std::vector<std::string_view> lines;
  uint64_t sum = 0;
  for (std::string_view rest = file.bytes(); !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (char c : file.bytes()) sum += c;
  tokenizer::Tokenizer::Scratch scratch(argc > 6 ? size_t(std::atoi(argv[6])) << 20 : tokenizer::Tokenizer::Scratch::kCacheBytes, kernel);
  tokenizer::FlatIds<uint16_t> out;
  for (int i = 0; i < passes; ++i) {
    const double wall = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    tokenizer.encode_batch(lines, scratch, out);
    const double w = now(CLOCK_MONOTONIC) - wall, c = now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    std::printf("%.1f MB/s wall %.1f MB/s cpu (%.1f ms) ids %zu %d\n", 1e-6 * file.bytes().size() / w, 1e-6 * file.bytes().size() / c, c * 1e3, out.ids.size(), int(sum & 1));
  }
}
