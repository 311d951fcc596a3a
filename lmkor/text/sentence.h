// Sentences of Korean text as people type it, by rules: reversible (the pieces joined are the input), and rather one
// sentence too few than a word cut in two.
#pragma once

#include <string_view>
#include <vector>

namespace lmkor::text {

// The sentences of `paragraph`; blanks after a sentence belong to it. A sentence ends before a blank with
//   . ? ! and their full-width forms, also several and with closing quotes or brackets: not after a number
//   ("2019. 5."),
//     a listing mark ("가. ", "1. "), an initial or abbreviation, nor before a quoting particle ("\"네.\" 라고");
//   ... or ~ or a run of ㅋㅎㅠㅜ after a syllable that ends sentences ("재밌어요ㅋㅋ 또", "좋아요~ 또");
//   nothing at all after an ending that only sentences have (-ㅂ니다, -어요), where both sides are long enough to be
//   sentences;
// and without a blank where . ? ! stand between such a syllable and Hangul ("좋아요.그래서"). A line break always ends
// one. An empty paragraph has no sentence.
std::vector<std::string_view> split_sentences(std::string_view paragraph);
// As above, appended to `sentences`.
void split_sentences(std::string_view paragraph, std::vector<std::string_view>& sentences);

}  // namespace lmkor::text
