// lmkor model verify: whether a model folder is what those who load it expect.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"

namespace lmkor::hub {

struct Finding {
  std::string file;  // in the folder
  std::string text;  // what is wrong, got and expected, what to do
};

struct Verified {
  std::vector<Finding> findings;  // empty: nothing is wrong
  base::Json facts;               // architecture, containers, tensors, parameters, vocab_size
};
// Everything but a forward pass: files present and readable; config.json against the tensors of each container against
// the vocabulary against the tokenizer's files; containers equal to one another to the bit; finite weights; tied ones
// equal; settings of the tokenizer with which Transformers breaks Korean apart. Throws kNotFound for no folder.
Verified verify_folder(const std::filesystem::path& dir);

}  // namespace lmkor::hub
