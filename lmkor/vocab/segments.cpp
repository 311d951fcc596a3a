#include "lmkor/vocab/segments.h"

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/pretokenize.h"

namespace lmkor::vocab {
namespace {

using base::Error;
using base::ErrorKind;
using base::str;

// What may stand together in an eojeol: Hangul, numbers, letters of one kind. BERT|는, 2024|년.
enum class Script { kSyllable, kJamo, kDigit, kOther };
Script script_of(char32_t c) {
  if (text::is_syllable(c)) return Script::kSyllable;
  if (text::is_hangul(c)) return Script::kJamo;
  if (c >= U'0' && c <= U'9') return Script::kDigit;
  return Script::kOther;
}

}  // namespace

Segments::Segments(const std::vector<std::string>& setting, const tokenizer::Settings& settings)
    : by_script_(setting.front() == "eojeol") {
  if (setting.front() != "morphemes") return;
  const std::string& file = setting.at(1);
  const tokenizer::Pretokenizer pretokenizer(settings);
  tokenizer::Words normal;
  base::LineReader lines(base::open_input(file));
  std::string_view line;
  while (lines.next(line)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    const auto fail = [&](const std::string& got, std::string_view expected) {
      throw Error(ErrorKind::kData, str(file, ":", lines.line_number(), ": got ", got, ", expected ", expected));
    };
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) fail(str("\"", line, "\""), "WORD<tab>PART PART...");
    const std::string word(line.substr(0, tab));
    pretokenizer.split(word, normal);
    if (normal.words.size() != 1 || text::to_utf8(normal.chars) != word) {
      fail(str("\"", word, "\""), "one word as in a file of counts (lower case, without punctuation)");
    }
    std::string joined;
    std::vector<uint32_t> cuts;
    std::string_view parts = line.substr(tab + 1);
    while (!parts.empty()) {
      const size_t end = std::min(parts.find(' '), parts.size());
      if (end > 0 && !joined.empty()) cuts.push_back(static_cast<uint32_t>(text::count_code_points(joined)));
      joined += parts.substr(0, end);
      parts.remove_prefix(std::min(parts.size(), end + 1));
    }
    if (joined != word) fail(str("parts that join to \"", joined, "\""), str("\"", word, "\""));
    words_[word] = std::move(cuts);
  }
}

bool Segments::cuts(std::string_view word, std::u32string_view chars, std::vector<uint32_t>& out) const {
  out.clear();
  if (by_script_) {
    for (uint32_t i = 1; i < chars.size(); ++i) {
      if (script_of(chars[i]) != script_of(chars[i - 1])) out.push_back(i);
    }
    return false;
  }
  if (words_.empty()) return false;
  const auto found = words_.find(std::string(word));
  if (found == words_.end()) return false;
  out = found->second;
  return true;
}

}  // namespace lmkor::vocab
