// A user's lists of words that make a sentence go: profanity and spam. One word a line, UTF-8; blank lines and what
// follows # are passed over; a line that begins with ! is an exception, inside of which no word counts.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/text/word_finder.h"

namespace lmkor::corpus {

// The lines of a word list without comments, in NFC. Throws kNotFound, or kData where there is no word in it.
std::vector<std::string> read_word_list(const std::filesystem::path& path);

// Adds the words of `path` as list `list`.
void add_word_list(const std::filesystem::path& path, int list, text::WordFinder& finder);

}  // namespace lmkor::corpus
