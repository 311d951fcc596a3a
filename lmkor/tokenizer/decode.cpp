#include "lmkor/tokenizer/decode.h"

#include <utility>

namespace lmkor::tokenizer {
namespace {

// In this order, each within one token and the blank before it.
constexpr std::pair<std::string_view, std::string_view> kCleanups[] = {
    {" .", "."},   {" ?", "?"},           {" !", "!"},   {" ,", ","},     {" ' ", "'"},    {" n't", "n't"},
    {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
};

void clean(std::string& text) {
  for (const auto& [from, to] : kCleanups) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
}

}  // namespace

std::string decode(const Tokenizer& tokenizer, std::span<const int32_t> ids, const DecodeOptions& options) {
  const std::string& prefix = tokenizer.settings().continuing_prefix;
  std::string out, piece;
  bool first = true;
  for (const int32_t id : ids) {
    if (id < 0 || id >= tokenizer.size() || tokenizer.token(id).empty()) continue;
    if (options.skip_special && tokenizer.is_special(id)) continue;
    const std::string& token = tokenizer.token(id);
    if (first) {
      piece = token;
    } else if (token.starts_with(prefix)) {
      piece = token.substr(prefix.size());
    } else {
      piece = ' ' + token;
    }
    if (options.cleanup) clean(piece);
    out += piece;
    first = false;
  }
  return out;
}

}  // namespace lmkor::tokenizer
