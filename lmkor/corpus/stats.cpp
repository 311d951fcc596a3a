#include "lmkor/corpus/stats.h"

#include <bit>
#include <numeric>

#include "lmkor/corpus/dedup.h"
#include "lmkor/corpus/map_batches.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/sentence.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::Json;

namespace {

constexpr auto kAscii = [] {
  std::array<uint8_t, 128> out{};
  for (unsigned c = 0; c < 128; ++c) {
    out[c] = (c | 32) - 97u < 26 ? kLatin
             : c - 48u < 10      ? kDigit
             : c <= 32           ? kBlank
             : c < 127           ? kAsciiPunctuation
                                 : kOtherCharacter;
  }
  return out;
}();

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

struct Part {
  Stats stats;
  std::vector<base::Hash128> hashes;
};

void add_document(const Document& document, std::vector<std::string_view>& sentences, Part& part) {
  Stats& s = part.stats;
  const std::string& text = document.text;
  CharacterClasses classes{};
  count_characters(text, classes);
  const uint64_t characters = std::accumulate(classes.begin(), classes.end(), uint64_t{0});
  for (size_t i = 0; i < classes.size(); ++i) s.characters[i] += classes[i];
  ++s.lengths[std::min<size_t>(static_cast<size_t>(std::bit_width(std::max<uint64_t>(characters, 1))) - 1, 31)];
  ++s.documents;
  s.bytes += text.size();
  for (size_t i = 0; i < text.size(); ++i) s.words += !is_blank(text[i]) && (i == 0 || is_blank(text[i - 1]));
  sentences.clear();
  text::split_sentences(text, sentences);
  for (const std::string_view sentence : sentences) {
    s.sentences += sentence.find_first_not_of(" \n\t\r") != std::string_view::npos;
  }
  for (auto* groups : {&s.sources, &s.categories}) {
    auto& sums = (*groups)[groups == &s.sources ? document.source : document.category];
    ++sums[0];
    sums[1] += text.size();
  }
  part.hashes.push_back(sentence_hash(text));
}

void add(Stats& to, const Stats& from) {
  to.read.merge(from.read);
  to.documents += from.documents;
  to.sentences += from.sentences;
  to.words += from.words;
  to.bytes += from.bytes;
  for (size_t i = 0; i < to.characters.size(); ++i) to.characters[i] += from.characters[i];
  for (size_t i = 0; i < to.lengths.size(); ++i) to.lengths[i] += from.lengths[i];
  for (const auto& [name, sums] : from.sources) {
    for (size_t i = 0; i < 2; ++i) to.sources[name][i] += sums[i];
  }
  for (const auto& [name, sums] : from.categories) {
    for (size_t i = 0; i < 2; ++i) to.categories[name][i] += sums[i];
  }
}

Json groups_json(const std::map<std::string, std::array<uint64_t, 2>>& groups) {
  Json json = Json::object();
  for (const auto& [name, sums] : groups) {
    json[name.empty() ? "(none)" : name] = {{"documents", sums[0]}, {"bytes", sums[1]}};
  }
  return json;
}

}  // namespace

void count_characters(std::string_view text, CharacterClasses& classes) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      ++classes[kAscii[byte]];
      ++i;
      continue;
    }
    uint32_t bytes = 0;
    const char32_t c = text::decode_valid(text.data() + i, bytes);
    i += bytes;
    ++classes[text::is_syllable(c) ? kHangulSyllable : text::is_jamo(c) ? kHangulJamo : kOtherCharacter];
  }
}

Json Stats::to_json() const {
  Json json = {{"documents", documents},
               {"sentences", sentences},
               {"words", words},
               {"characters", std::accumulate(characters.begin(), characters.end(), uint64_t{0})},
               {"bytes", bytes},
               {"repeated_documents", repeated_documents},
               {"characters_by_class", Json::object()},
               {"documents_by_length", Json::object()},
               {"sources", groups_json(sources)},
               {"categories", groups_json(categories)},
               {"read", read.to_json()}};
  for (size_t i = 0; i < characters.size(); ++i) {
    json["characters_by_class"][std::string(kCharacterClassNames[i])] = characters[i];
  }
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] > 0) json["documents_by_length"][std::to_string(uint64_t{1} << i)] = lengths[i];
  }
  return json;
}

Stats measure(const std::vector<std::filesystem::path>& files, const ReadOptions& options, int threads) {
  Stats stats;
  SentenceSet seen;
  map_batches<Part>(
      "stats", files, options, threads,
      [](RecordBatch&& batch) {
        Part part;
        BatchParser parser;
        Document document;
        std::vector<std::string_view> sentences;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          BadRecord bad;
          if (!part.stats.read.add(parser.parse(batch, i, document, bad), bad, document)) continue;
          add_document(document, sentences, part);
        }
        return part;
      },
      [&](Part&& part) {
        add(stats, part.stats);
        for (const base::Hash128& hash : part.hashes) stats.repeated_documents += !seen.insert(hash);
      });
  if (stats.read.documents + stats.read.bad_records == 0) fail_without_records(files);
  stats.read.check_share(options.max_bad_share, true);
  return stats;
}

}  // namespace lmkor::corpus
