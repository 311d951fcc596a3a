#include "lmkor/corpus/word_list.h"

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/text/normalize.h"

namespace lmkor::corpus {

std::vector<std::string> read_word_list(const std::filesystem::path& path) {
  const std::string bytes = base::read_file(path);
  std::vector<std::string> words;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = std::string_view(bytes).substr(begin, end - begin);
    begin = end + 1;
    line = line.substr(0, line.find('#'));
    constexpr std::string_view kBlanks = " \t\r\xEF\xBB\xBF";
    const size_t first = line.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
    words.push_back(text::nfc(line));
  }
  if (words.empty()) {
    throw base::Error(base::ErrorKind::kData,
                      base::str(path.string(), ": got no word, expected one word a line (# begins a comment)"));
  }
  return words;
}

void add_word_list(const std::filesystem::path& path, int list, text::WordFinder& finder) {
  for (const std::string& word : read_word_list(path)) {
    if (word.starts_with('!')) {
      finder.add_exception(std::string_view(word).substr(1));
    } else {
      finder.add(word, list);
    }
  }
}

}  // namespace lmkor::corpus
