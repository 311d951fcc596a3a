// Processor time of MinHash signatures on documents of a file, one a line; bench/minhash_bench.py runs it beside peers.
//
//   minhash_speed TEXT [SECONDS]     prints kernel, bytes, shingles, band keys hashed together, seconds of each pass
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/corpus/minhash.h"

int main(int argc, char** argv) {
  using namespace lmkor;
  if (argc < 2) return 2;
  const base::MappedFile file(argv[1]);
  const double budget = argc > 2 ? std::atof(argv[2]) : 1;
  std::vector<std::string_view> lines;
  for (std::string_view rest = file.bytes(); !rest.empty();) {
    const size_t end = rest.find('\n');
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto seconds = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  for (const corpus::cpu::MinhashKernel* kernel : corpus::cpu::minhash_kernels()) {
    corpus::Minhasher hasher({}, *kernel);
    uint64_t check = 0, shingles = 0;
    double best = 1e9, spent = 0;
    while (spent < budget) {
      check = shingles = 0;
      const double begin = seconds();
      for (const std::string_view line : lines) {
        const auto of_line = hasher.shingles(line);
        shingles += of_line.size();
        for (const uint64_t key : hasher.band_keys(of_line)) check = check * 31 + key;
      }
      const double took = seconds() - begin;
      best = std::min(best, took);
      spent += took;
    }
    std::printf("%s %zu %llu %016llx %.6f\n", kernel->name, file.bytes().size(),
                static_cast<unsigned long long>(shingles), static_cast<unsigned long long>(check), best);
  }
  return 0;
}
