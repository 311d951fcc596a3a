// Where words must not be joined when a vocabulary is trained: --pre-split. Encoding does not change by it; the
// vocabulary just holds no piece that crosses such a place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lmkor/tokenizer/settings.h"

namespace lmkor::vocab {

class Segments {
 public:
  // `setting`: {"none"}, {"eojeol"} or {"morphemes", FILE}. FILE has lines "WORD<tab>PART PART…", the parts joined
  // being the word as the tokenizer normalises it; whatever finds morphemes can make it from a file of counts. Throws
  // kData naming file and line, kNotFound.
  Segments(const std::vector<std::string>& setting, const tokenizer::Settings& settings);

  // Receives the places of `chars`, the word's characters, before which nothing is joined, in rising order. True if the
  // file divides the word.
  bool cuts(std::string_view word, std::u32string_view chars, std::vector<uint32_t>& out) const;

 private:
  bool by_script_ = false;
  std::unordered_map<std::string, std::vector<uint32_t>> words_;
};

}  // namespace lmkor::vocab
