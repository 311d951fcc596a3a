// fuzz_replay FORMAT SEEDS ROUNDS: reads every seed and ROUNDS mutations of each (flipped, cut, doubled, spliced with
// another seed), the same ones in every run. A short stand-in for libFuzzer where there is no clang.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "input_fuzz.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/log.h"

namespace {

namespace fs = std::filesystem;

class Mutator {
 public:
  explicit Mutator(const std::vector<std::string>& seeds) : seeds_(seeds) {}
  std::string mutate(std::string bytes) {
    for (size_t changes = 1 + next(4); changes > 0 && !bytes.empty(); --changes) {
      const size_t at = next(bytes.size()), size = 1 + next(std::min<size_t>(bytes.size() - at, 64));
      switch (next(6)) {
        case 0:
          bytes[at] = static_cast<char>(next(256));
          break;
        case 1:
          bytes[at] = kTelling[next(sizeof kTelling - 1)];
          break;
        case 2:
          bytes.erase(at, size);
          break;
        case 3:
          bytes.insert(at, bytes.substr(at, size));
          break;
        case 4:
          bytes.resize(at);
          break;
        default: {
          const std::string& other = seeds_[next(seeds_.size())];
          const size_t from = next(other.size() + 1);
          bytes.insert(at, other.substr(from, size));
        }
      }
    }
    return bytes;
  }

 private:
  // Bytes that mean something in some format.
  static constexpr char kTelling[] = "\"\\,:;[]{}<>&|'=~*#-_`()\n\r\t \xFF\xC7\x80";
  size_t next(size_t bound) { return static_cast<size_t>(lmkor::base::hash64("mutation", ++state_) % bound); }
  const std::vector<std::string>& seeds_;
  uint64_t state_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  lmkor::base::set_log(lmkor::base::LogLevel::kQuiet, false);
  if (argc != 4) {
    std::fprintf(stderr, "usage: fuzz_replay FORMAT SEEDS ROUNDS\n");
    return 2;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(argv[2])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const fs::path& file : files) seeds.push_back(lmkor::base::read_file(file));
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds\n", argv[2]);
    return 1;
  }
  const std::string format = argv[1];
  size_t read = 0;
  for (size_t i = 0; i < seeds.size(); ++i) {
    // A seed without "broken" in its name is good input.
    const bool good = lmkor::fuzz_input(format, seeds[i]);
    if (!good && files[i].filename().string().find("broken") == std::string::npos) {
      std::fprintf(stderr, "%s: got an error, expected it to be read\n", files[i].c_str());
      return 1;
    }
  }
  Mutator mutator(seeds);
  const int rounds = std::atoi(argv[3]);
  for (int round = 0; round < rounds; ++round) {
    for (const std::string& seed : seeds) read += lmkor::fuzz_input(format, mutator.mutate(seed));
  }
  std::printf("%s: %zu seeds, %zu mutations, %zu of them were read to the end\n", format.c_str(), seeds.size(),
              seeds.size() * static_cast<size_t>(rounds), read);
  return 0;
}
