// The layout of the Naver NER challenge: a line is a sentence, TAB, and a tag for each of its words.
#pragma once

#include "lmkor/task/task.h"

namespace lmkor::task {

// No header line; words are divided by blanks; a tag is a type with -B or -I behind it, "O" or (as in the challenge's
// own files) "-". Throws kData with file, line, got and expected.
std::vector<Example> read_ner(const std::filesystem::path& file, const Task& task);
// "O", then type-B and type-I of each type.
std::vector<std::string> tag_labels(const std::vector<std::string>& types);

}  // namespace lmkor::task
