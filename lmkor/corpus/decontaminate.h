// Finds examples of tasks in documents, three ways: a document, paragraph or sentence is the example; `ngram` letters
// of it stand there in a row; or most of its windows stand close to each other. Sentences that hold a match are marked.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "lmkor/corpus/task_examples.h"

namespace lmkor::corpus {

struct Piece;

enum class Contamination : uint8_t { kExact, kNgram, kNear };
inline constexpr std::string_view kContaminationNames[] = {"exact", "ngram", "near"};

struct ContaminationHit {
  uint32_t example;
  Contamination kind;
};

// One for each thread.
class ContaminationFinder {
 public:
  ContaminationFinder(const ContaminationOptions& options, std::shared_ptr<const TaskExamples> examples)
      : options_(options), examples_(std::move(examples)) {}
  // Marks the pieces of `text` that hold examples and adds one hit for each example, of the first kind that matches.
  void find(std::string_view text, std::vector<Piece>& pieces, std::vector<ContaminationHit>& hits);

 private:
  struct Match {
    uint32_t example, position, letter;  // of the window in the example and in the text
  };
  void find_whole(std::vector<Piece>& pieces, std::vector<ContaminationHit>& hits);
  void judge(const Match* begin, const Match* end, std::vector<Piece>& pieces, std::vector<ContaminationHit>& hits);
  void mark(size_t first_letter, size_t last_letter, std::vector<Piece>& pieces) const;

  ContaminationOptions options_;
  std::shared_ptr<const TaskExamples> examples_;
  std::vector<Letter> letters_;
  std::vector<size_t> begins_;  // first letter of each piece, then the number of letters
  std::vector<Match> matches_;
  std::vector<uint32_t> exact_;
  std::vector<uint16_t> seen_;
};

}  // namespace lmkor::corpus
