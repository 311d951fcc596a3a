#include "lmkor/audit/artefacts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "lmkor/layers/init.h"

namespace lmkor::audit {

std::vector<Artefact> find_artefacts(const task::Task& task, const std::vector<const task::Example*>& examples,
                                     size_t most) {
  constexpr size_t kFewest = 20;
  std::map<std::string, std::vector<size_t>> counts;
  std::vector<double> shares(task.labels.size());
  for (const task::Example* example : examples) {
    const std::string& text = task.pair ? example->second_text : example->text;
    std::set<std::string> words;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find(' ', begin), text.size());
      if (end > begin) words.insert(text.substr(begin, end - begin));
      begin = end + 1;
    }
    shares[static_cast<size_t>(example->label)] += 1 / static_cast<double>(examples.size());
    for (const std::string& word : words) {
      std::vector<size_t>& own = counts[word];
      own.resize(task.labels.size());
      ++own[static_cast<size_t>(example->label)];
    }
  }
  std::erase_if(counts, [](const auto& entry) {
    size_t all = 0;
    for (const size_t count : entry.second) all += count;
    return all < kFewest;
  });
  if (counts.empty()) return {};
  const double bound = layers::normal_quantile(1 - 0.01 / static_cast<double>(counts.size() * task.labels.size()));
  std::vector<Artefact> out;
  for (const auto& [word, own] : counts) {
    size_t all = 0;
    for (const size_t count : own) all += count;
    for (size_t label = 0; label < own.size(); ++label) {
      const double p = shares[label], share = static_cast<double>(own[label]) / static_cast<double>(all);
      const double z = p > 0 && p < 1 ? (share - p) / std::sqrt(p * (1 - p) / static_cast<double>(all)) : 0;
      if (z > bound) out.push_back({word, static_cast<int64_t>(label), all, share, z});
    }
  }
  std::sort(out.begin(), out.end(),
            [](const Artefact& a, const Artefact& b) { return a.z != b.z ? a.z > b.z : a.word < b.word; });
  if (out.size() > most) out.resize(most);
  return out;
}

}  // namespace lmkor::audit
