// Scores that others published, each with its source, to stand beside ours.
#pragma once

#include <span>
#include <vector>

namespace lmkor::task {

struct PublishedCell {
  const char* task;
  double score;        // a share of 1, of the task's first metric
  double second = -1;  // KorQuAD: exact match
};
struct PublishedModel {
  const char* name;
  const char* sources;  // letters of published_sources()
  std::vector<PublishedCell> cells;
};
std::span<const PublishedModel> published_models();

struct PublishedSource {
  char letter;
  const char* text;      // where the numbers stand
  const char* protocol;  // how they were made, as far as it is known
};
std::span<const PublishedSource> published_sources();

}  // namespace lmkor::task
