// What a step of cleaning took out of one text: one line a place, for removed/, and how many places there were.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lmkor::corpus {

struct Cuts {
  std::string text;
  uint64_t places = 0;

  void add(std::string_view piece) {
    if (!text.empty()) text += '\n';
    text += piece;
    ++places;
  }
  void clear() {
    text.clear();
    places = 0;
  }
};

}  // namespace lmkor::corpus
