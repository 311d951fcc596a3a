// How KorQuAD's official script compares an answer with what is right (evaluate_korquad_v1.0.py).
#pragma once

#include <string>
#include <string_view>

namespace lmkor::task {

// Quotation marks and brackets become blanks; then lower case, ASCII punctuation is deleted, runs of white space become
// one blank.
std::u32string normalize_answer(std::string_view text);

bool answers_equal(std::string_view answer, std::string_view right);
// Overlap of the characters of the words; 0 where none is shared.
double answer_char_f1(std::string_view answer, std::string_view right);
// The same of whole words, as SQuAD's script on the same normal form.
double answer_word_f1(std::string_view answer, std::string_view right);

}  // namespace lmkor::task
