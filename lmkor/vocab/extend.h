// Domain terms into the [unusedN] slots of a vocabulary: which terms, and the folder that holds them. The length of the
// vocabulary and all other ids stay. What the model part needs to set the new rows is in extension.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/tokenizer/pretokenize.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/counts.h"

namespace lmkor::vocab {

struct ExtendOptions {
  int64_t count = 1000;
  int64_t min_pieces = 3;
  int64_t min_documents = 5;
  double min_z = 3;

  void fields(config::Fields& f);
};

// A term, with what was seen of it: words that begin with it.
struct Term {
  std::string text;
  uint64_t domain_count = 0, general_count = 0;
  uint64_t documents = 0;  // of the domain
  double log_odds = 0;     // of domain against general text
  double z = 0;            // log_odds by its standard error
  std::vector<std::string> old_pieces;
};

// Terms seen in the domain at least `min_documents` times and in at least `min_pieces` pieces, whose log-odds are at
// least `min_z` standard errors above 0 (Monroe, Colaresi and Quinn 2008, with a half added to each count); highest z
// first, equal ones by their bytes. A term is a word, or the stem of words: a beginning after which the text goes on in
// different ways. `documents` is not known yet.
std::vector<Term> candidates(const tokenizer::Tokenizer& tokenizer, const Counts& domain, const Counts& general,
                             const ExtendOptions& options);

// In how many documents the terms are: one for each thread, then added up.
class DocumentFrequencies {
 public:
  DocumentFrequencies(const tokenizer::Tokenizer& tokenizer, const std::vector<Term>& terms);
  // The places of the terms in `text`, one document, each once.
  void terms_of(std::string_view text, tokenizer::Words& words, std::vector<uint32_t>& out) const;

 private:
  tokenizer::Pretokenizer pretokenizer_;
  std::unordered_map<std::string_view, uint32_t> terms_;
  size_t most_bytes_ = 0;
};

// The first `options.count` of `terms` (in their order) that are in enough documents and still take enough pieces when
// those before them are pieces already. Sets their old_pieces.
std::vector<Term> choose_terms(const tokenizer::Tokenizer& tokenizer, std::vector<Term> terms,
                               const ExtendOptions& options);

// Ids of slots that can take a term, rising: [unusedN] tokens that are not matched in raw text.
std::vector<int32_t> free_slots(const tokenizer::HfFiles& files, const tokenizer::Tokenizer& tokenizer);

// Copies the tokenizer `from` to the folder `to`, terms[i] standing in slots[i], with extension.json and, in
// before-extension/, the former files. `facts` are added to extension.json. Checks that the new folder gives each term
// one id and leaves all other tokens. Throws kData for a tokenizer file that cannot be changed.
void write_extension(const std::filesystem::path& from, const std::filesystem::path& to,
                     const tokenizer::Tokenizer& tokenizer, const std::vector<Term>& terms,
                     const std::vector<int32_t>& slots, const std::vector<uint64_t>& uses, const base::Json& facts);

// The former files of an extended folder, to the byte. Throws kNotFound where there are none.
void undo_extension(const std::filesystem::path& extended, const std::filesystem::path& to);

}  // namespace lmkor::vocab
