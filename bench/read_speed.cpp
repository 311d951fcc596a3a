// read_speed [--dump] [format=NAME] [encoding=NAME] [map=FIELD=NAME] FILE...
// Reads each file by a corpus::Reader on one thread, three times, and prints documents, bytes and the best speed in
// processor time. --dump prints the documents as JSON Lines instead (tests/golden compares them with other readers).
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string_view>

#include <sys/resource.h>

#include "lmkor/corpus/reader.h"

namespace {

namespace fs = std::filesystem;
using namespace lmkor;

constexpr int kRounds = 3;

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void dump(const fs::path& file, const corpus::ReadOptions& options) {
  corpus::Reader reader({file}, options);
  corpus::Document document;
  std::string line;
  while (reader.next(document)) {
    line.clear();
    corpus::append_record(line, document, document.text);
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
}

void measure(const fs::path& file, const corpus::ReadOptions& options) {
  double best = 1e9;
  corpus::ReadStats stats;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = processor_seconds();
    corpus::Reader reader({file}, options);
    corpus::Document document;
    while (reader.next(document)) {
    }
    best = std::min(best, processor_seconds() - begin);
    stats = reader.stats();
  }
  const double stored = static_cast<double>(fs::file_size(file)), text = static_cast<double>(stats.bytes);
  std::printf("%s: %llu documents, %.1f MB stored, %.1f MB of text, %.3f s: %.0f MB/s of the file, %.0f MB/s of text\n",
              file.filename().c_str(), static_cast<unsigned long long>(stats.documents), stored / 1e6, text / 1e6, best,
              stored / 1e6 / best, text / 1e6 / best);
}

}  // namespace

int main(int argc, char** argv) try {
  corpus::ReadOptions options;
  bool dumps = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--dump") {
      dumps = true;
    } else if (argument.starts_with("format=")) {
      options.format = argument.substr(7);
    } else if (argument.starts_with("encoding=")) {
      options.encoding = argument.substr(9);
    } else if (argument.starts_with("map=")) {
      options.map.emplace_back(argument.substr(4));
    } else {
      dumps ? dump(argument, options) : measure(argument, options);
    }
  }
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
