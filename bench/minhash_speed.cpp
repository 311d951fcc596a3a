// Processor time of MinHash signatures on documents of a file, one a line; bench/minhash_bench.py runs it beside peers.
//
//   minhash_speed TEXT [SECONDS]     kernel, bytes, shingles, band keys hashed together, seconds of the best pass
//   minhash_speed --pairs TEXT       of each two lines in turn: how many share a band
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <vector>

#include "lmkor/base/file.h"
#include "lmkor/corpus/minhash.h"

namespace {

using namespace lmkor;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

size_t count_pairs(const std::vector<std::string_view>& lines) {
  corpus::Minhasher first({}), second({});
  size_t found = 0;
  for (size_t i = 0; i + 1 < lines.size(); i += 2) {
    const auto a = first.band_keys(first.shingles(lines[i])), b = second.band_keys(second.shingles(lines[i + 1]));
    bool shared = false;
    for (size_t band = 0; band < a.size(); ++band) shared |= a[band] == b[band];
    found += shared;
  }
  return found;
}

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const bool pairs = std::string_view(argv[1]) == "--pairs" && argc > 2;
  const base::MappedFile file(argv[pairs ? 2 : 1]);
  const std::vector<std::string_view> lines = lines_of(file.bytes());
  if (pairs) {
    std::printf("%zu\n", count_pairs(lines));
    return 0;
  }
  const double budget = argc > 2 ? std::atof(argv[2]) : 1;
  for (const corpus::cpu::MinhashKernel* kernel : corpus::cpu::minhash_kernels()) {
    corpus::Minhasher hasher({}, *kernel);
    uint64_t check = 0, shingles = 0;
    double best = 1e9, spent = 0;
    while (spent < budget) {
      check = shingles = 0;
      const double begin = processor_seconds();
      for (const std::string_view line : lines) {
        const auto of_line = hasher.shingles(line);
        shingles += of_line.size();
        for (const uint64_t key : hasher.band_keys(of_line)) check = check * 31 + key;
      }
      const double took = processor_seconds() - begin;
      best = std::min(best, took);
      spent += took;
    }
    std::printf("%s %zu %llu %016llx %.6f\n", kernel->name, file.bytes().size(),
                static_cast<unsigned long long>(shingles), static_cast<unsigned long long>(check), best);
  }
  return 0;
}
