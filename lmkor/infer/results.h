// What a model says of texts, and how that is written: the one place that knows the shapes of the JSON that both the
// commands and a server give. Offsets are code points of the text; scores are probabilities unless logits are asked
// for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lmkor::infer {

// {"embedding": [...]}, or {"tokens": [...], "hidden": [[...]]}, with every layer [[[...]]].
struct Embedding {
  std::vector<std::string> tokens;  // empty for pooled vectors
  std::vector<float> values;        // [layers,] [tokens,] width
  int64_t layers = 0;               // 0: the last one, without an axis of its own
  int64_t width = 0;
  bool cut = false;  // the text was longer than the model takes
};

// {"masks": [[{"id", "token", "score"}, ...], ...]}
struct Candidate {
  int32_t id;
  std::string token;
  double score;
};
struct FilledMasks {
  std::vector<std::vector<Candidate>> masks;  // one list for each [MASK], the best first
  std::string fault;                          // why there is no answer; empty: there is one
  bool cut = false;
};

// {"label", "score", "scores": {LABEL: p}}
struct Prediction {
  std::string label;
  double score = 0;
  std::vector<std::pair<std::string, double>> scores;  // of every label, in the model's order
  bool cut = false;
};

// {"words": [...], "tags": [...], "entities": [{"type", "begin", "end", "text", "score"}]}
struct Entity {
  std::string type;
  uint32_t begin, end;
  std::string text;
  double score;
};
struct Tagging {
  std::vector<std::string> words, tags;
  std::vector<Entity> entities;
  size_t windows = 1;
};

// {"tokens": [{"token", "begin", "end", "score"}], "words": [{"word", "begin", "end", "score"}]}
struct Suspect {
  std::string text;
  uint32_t begin, end;
  double score;  // of having been replaced; a word's is that of its most suspect piece
};
struct Detection {
  std::vector<Suspect> tokens, words;
  size_t windows = 1;
};

// {"answer", "begin", "end", "score"}: offsets in the context.
struct Answer {
  std::string answer;
  uint32_t begin = 0, end = 0;
  double score = 0;
  std::string fault;
  size_t windows = 1;
};

// One JSON object, without a line end.
std::string to_json(const Embedding& result);
std::string to_json(const FilledMasks& result);
std::string to_json(const Prediction& result);
std::string to_json(const Tagging& result);
std::string to_json(const Detection& result);
std::string to_json(const Answer& result);

}  // namespace lmkor::infer
