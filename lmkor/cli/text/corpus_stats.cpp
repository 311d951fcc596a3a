// lmkor corpus stats: what any text holds.
#include <algorithm>
#include <numeric>

#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/stats.h"

namespace lmkor::cli {

using base::str;

namespace {

struct StatsOptions {
  std::vector<std::string> input;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.positional("input", input, "files, folders or patterns of text; - is standard input", config::required());
    f.include(read);
  }
};

constexpr size_t kShownGroups = 20;

std::string grouped(uint64_t n) { return base::grouped(static_cast<long long>(n)); }

std::string line(std::string_view name, std::string_view value) {
  std::string out = str("  ", name);
  out.append(out.size() < 24 ? 24 - out.size() : 1, ' ');
  return str(out, value, "\n");
}

std::string groups_text(const char* title, const std::map<std::string, std::array<uint64_t, 2>>& groups) {
  std::vector<std::pair<std::string, std::array<uint64_t, 2>>> sorted(groups.begin(), groups.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second[1] > b.second[1]; });
  std::string out = str(title, "\n");
  for (size_t i = 0; i < std::min(sorted.size(), kShownGroups); ++i) {
    const auto& [name, sums] = sorted[i];
    out += line(name.empty() ? "(none)" : name,
                str(grouped(sums[0]), " documents, ", base::human_bytes(static_cast<double>(sums[1]))));
  }
  if (sorted.size() > kShownGroups) out += str("  ... ", sorted.size() - kShownGroups, " more\n");
  return out;
}

std::string text_of(const corpus::Stats& s) {
  std::string out = str(grouped(s.documents), " documents, ", grouped(s.sentences), " sentences, ", grouped(s.words),
                        " words, ", base::human_bytes(static_cast<double>(s.bytes)), "\n",
                        grouped(s.repeated_documents), " documents repeat one before\n");
  const auto share = [](uint64_t part, uint64_t whole) {
    return str(base::fixed(100.0 * static_cast<double>(part) / static_cast<double>(std::max<uint64_t>(whole, 1)), 1),
               " %");
  };
  const uint64_t characters = std::accumulate(s.characters.begin(), s.characters.end(), uint64_t{0});
  out += str("characters: ", grouped(characters), "\n");
  for (size_t i = 0; i < s.characters.size(); ++i) {
    if (s.characters[i] > 0) out += line(corpus::kCharacterClassNames[i], share(s.characters[i], characters));
  }
  out += "characters in a document, from\n";
  for (size_t i = 0; i < s.lengths.size(); ++i) {
    if (s.lengths[i] > 0) out += line(grouped(uint64_t{1} << i), share(s.lengths[i], s.documents));
  }
  out += groups_text("sources", s.sources);
  out += groups_text("categories", s.categories);
  if (s.read.bad_records + s.read.repaired_records > 0) {
    out += str(grouped(s.read.bad_records), " broken records, ", grouped(s.read.repaired_records),
               " with broken UTF-8: ", s.read.bad_samples.front(), "\n");
  }
  return out;
}

}  // namespace

int run_corpus_stats(Invocation& call) {
  StatsOptions options;
  if (!call.parse(options)) return 0;
  const corpus::Stats stats = corpus::measure(corpus::list_text_inputs(options.input), options.read, call.threads());
  call.result(stats.to_json(), text_of(stats));
  return 0;
}

}  // namespace lmkor::cli
