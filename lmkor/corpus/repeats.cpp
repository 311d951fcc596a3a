#include "lmkor/corpus/repeats.h"

#include "lmkor/text/scan.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

// Character by character; whenever the last unit is one too many, it goes. What stays never holds a unit too often, so
// neither does it after a second call.
void RepeatShortener::shorten_run(std::string_view run) {
  signs_.clear();
  for (size_t i = 0; i < run.size();) {
    Sign sign{0, static_cast<uint32_t>(i), 1, {}};
    sign.code_point = text::decode_valid(run.data() + i, sign.bytes);
    i += sign.bytes;
    const size_t n = signs_.size();
    size_t drop = 0;
    for (size_t unit = 1; unit <= kMaxUnit && unit <= n; ++unit) {
      if (signs_[n - unit].code_point != sign.code_point) continue;
      sign.equal[unit - 1] = signs_[n - 1].equal[unit - 1] + 1;
      if (drop == 0 && sign.equal[unit - 1] >= max_repeats_ * unit) drop = unit;
    }
    if (drop == 0) {
      signs_.push_back(sign);
    } else {
      signs_.resize(n + 1 - drop);
    }
  }
}

bool RepeatShortener::shorten(std::string_view text, std::string& out, Cuts& cuts) {
  size_t copied = 0;
  bool changed = false;
  for (size_t i = 0; i < text.size();) {
    i = text::find_sign_pair(text, i);
    const size_t begin = i;
    size_t count = 0;
    while (i < text.size()) {
      uint32_t bytes = 1;
      if (!characters_->repeats(text::decode_valid(text.data() + i, bytes))) {
        if (count == 0) i += bytes;
        break;
      }
      i += bytes;
      ++count;
    }
    if (count <= max_repeats_) continue;
    const std::string_view run = text.substr(begin, i - begin);
    shorten_run(run);
    if (signs_.size() == count) continue;
    changed = true;
    cuts.add(run);
    out.append(text, copied, begin - copied);
    for (const Sign& sign : signs_) out.append(run, sign.begin, sign.bytes);
    copied = i;
  }
  if (changed) out.append(text, copied);
  return changed;
}

}  // namespace lmkor::corpus
