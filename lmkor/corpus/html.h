// What a scraper leaves of HTML in a text: character references, tags, comments, scripts and styles. Only what HTML
// itself knows is taken: "<형법>", "a < b", "vector<T>" and "<전화번호>" stay.
#pragma once

#include <string>
#include <string_view>

#include "lmkor/corpus/cuts.h"

namespace lmkor::corpus {

// Writes `text` to `out` with references decoded and tags gone (a line break stays behind where a block ended, a blank
// where a cell did); adds them to `cuts`. False, and nothing is written, where there is none. One pass: what a decoded
// reference completes is taken, too ("&amp;lt;br&gt;"), so a second call finds nothing more of it.
bool strip_html(std::string_view text, std::string& out, Cuts& cuts);

}  // namespace lmkor::corpus
