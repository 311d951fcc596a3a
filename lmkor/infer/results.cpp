#include "lmkor/infer/results.h"

#include "lmkor/base/json.h"
#include "lmkor/base/str.h"

namespace lmkor::infer {

using base::Json;

namespace {

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// Rows of `width` numbers as [[...], ...].
void append_rows(std::string& out, const float* values, size_t rows, int64_t width) {
  for (size_t r = 0; r < rows; ++r) {
    out += r == 0 ? "[" : ",[";
    for (int64_t c = 0; c < width; ++c) {
      if (c > 0) out += ',';
      base::append_part(out, *values++);
    }
    out += ']';
  }
}

Json suspects(const std::vector<Suspect>& list, const char* name) {
  Json out = Json::array();
  for (const Suspect& one : list)
    out.push_back({{name, one.text}, {"begin", one.begin}, {"end", one.end}, {"score", one.score}});
  return out;
}

}  // namespace

std::string to_json(const Embedding& result) {
  const size_t width = static_cast<size_t>(result.width), rows = result.values.size() / width;
  std::string out;
  if (result.tokens.empty()) {
    out = "{\"embedding\":";
    append_rows(out, result.values.data(), rows, result.width);
    return out + "}";
  }
  out = "{\"tokens\":" + dump(result.tokens) + ",\"hidden\":[";
  const size_t tokens = result.tokens.size();
  if (result.layers == 0) {
    append_rows(out, result.values.data(), rows, result.width);
  } else {
    for (size_t layer = 0; layer < static_cast<size_t>(result.layers); ++layer) {
      out += layer == 0 ? "[" : ",[";
      append_rows(out, result.values.data() + layer * tokens * width, tokens, result.width);
      out += ']';
    }
  }
  return out + "]}";
}

std::string to_json(const FilledMasks& result) {
  Json masks = Json::array();
  for (const std::vector<Candidate>& mask : result.masks) {
    Json list = Json::array();
    for (const Candidate& one : mask) list.push_back({{"id", one.id}, {"token", one.token}, {"score", one.score}});
    masks.push_back(list);
  }
  return dump({{"masks", masks}});
}

std::string to_json(const Prediction& result) {
  Json scores = Json::object();
  for (const auto& [label, score] : result.scores) scores[label] = score;
  return dump({{"label", result.label}, {"score", result.score}, {"scores", scores}});
}

std::string to_json(const Tagging& result) {
  Json entities = Json::array();
  for (const Entity& one : result.entities) {
    entities.push_back(
        {{"type", one.type}, {"begin", one.begin}, {"end", one.end}, {"text", one.text}, {"score", one.score}});
  }
  return dump({{"words", result.words}, {"tags", result.tags}, {"entities", entities}});
}

std::string to_json(const Detection& result) {
  return dump({{"tokens", suspects(result.tokens, "token")}, {"words", suspects(result.words, "word")}});
}

std::string to_json(const Answer& result) {
  return dump({{"answer", result.answer}, {"begin", result.begin}, {"end", result.end}, {"score", result.score}});
}

}  // namespace lmkor::infer
