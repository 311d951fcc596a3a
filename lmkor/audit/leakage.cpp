#include "lmkor/audit/leakage.h"

#include <algorithm>
#include <unordered_map>

#include "lmkor/audit/copies.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/text/utf8.h"

namespace lmkor::audit {

std::vector<uint32_t> find_leakage(const std::vector<const task::Example*>& examples,
                                   const std::vector<std::string>& corpus) {
  constexpr size_t kShortest = 10;
  std::unordered_map<uint64_t, std::vector<uint32_t>> wanted;
  for (uint32_t i = 0; i < examples.size(); ++i) {
    for (const std::string* text : {&examples[i]->text, &examples[i]->second_text}) {
      const std::string bare = bare_text(*text);
      if (text::count_code_points(bare) >= kShortest) wanted[base::hash64(bare)].push_back(i);
    }
  }
  std::vector<uint32_t> out(examples.size());
  const auto look = [&](std::string_view text) {
    const auto found = wanted.find(base::hash64(bare_text(text)));
    if (found == wanted.end()) return;
    for (const uint32_t i : found->second) ++out[i];
  };
  corpus::Reader reader(corpus::list_text_inputs(corpus), {});
  for (corpus::Document document; reader.next(document);) {
    base::check_interrupt();
    const std::string_view text = document.text;
    if (text.find('\n') != std::string_view::npos) look(text);
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      look(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return out;
}

}  // namespace lmkor::audit
