// Checkpoints of TensorFlow 1 (NAME.index, NAME.data-00000-of-00001, ...), in which Google publishes BERT, ALBERT and
// ELECTRA. Read only.
#pragma once

#include <filesystem>

#include "lmkor/hub/tensors.h"

namespace lmkor::hub {

// The index file that `path` means: itself, NAME for NAME.index, or the one of a folder. Throws kNotFound; kUsage where
// a folder holds several.
std::filesystem::path find_tf1_index(const std::filesystem::path& path);

// All variables of numbers, under their names ("bert/embeddings/word_embeddings"), mapped. `index` is the .index file.
// Throws kNotFound, or kData naming what is wrong: cut off, a checksum that differs, a compressed index.
Tensors read_tf1_checkpoint(const std::filesystem::path& index);

}  // namespace lmkor::hub
