// Questions about passages in the JSON of SQuAD 1.1, which KorQuAD 1.0 has too.
#pragma once

#include "lmkor/task/task.h"

namespace lmkor::task {

// An example per question, in the file's order. Throws kData with the file, the question's id, got and expected: an
// answer must stand in its context where answer_start (code points) says.
std::vector<Example> read_squad(const std::filesystem::path& file, const Task& task);

}  // namespace lmkor::task
