#include "lmkor/corpus/decontaminate.h"

#include <algorithm>
#include <tuple>

#include "lmkor/corpus/refine.h"

namespace lmkor::corpus {

void ContaminationFinder::find(std::string_view text, std::vector<Piece>& pieces, std::vector<ContaminationHit>& hits) {
  letters_.clear();
  begins_.clear();
  for (const Piece& piece : pieces) {
    begins_.push_back(letters_.size());
    append_letters(text.substr(piece.begin, piece.size), letters_);
  }
  begins_.push_back(letters_.size());
  exact_.clear();
  find_whole(pieces, hits);

  matches_.clear();
  for (size_t at = 0; at + kWindow <= letters_.size(); ++at) {
    for (const TaskExamples::Posting& posting : examples_->postings(window_hash(&letters_[at]))) {
      matches_.push_back({posting.example, posting.position, static_cast<uint32_t>(at)});
    }
  }
  std::sort(matches_.begin(), matches_.end(), [](const Match& a, const Match& b) {
    return std::tie(a.example, a.letter, a.position) < std::tie(b.example, b.letter, b.position);
  });
  for (const Match* begin = matches_.data(); begin != matches_.data() + matches_.size();) {
    const Match* end = begin;
    while (end != matches_.data() + matches_.size() && end->example == begin->example) ++end;
    if (std::find(exact_.begin(), exact_.end(), begin->example) == exact_.end()) judge(begin, end, pieces, hits);
    begin = end;
  }
}

void ContaminationFinder::find_whole(std::vector<Piece>& pieces, std::vector<ContaminationHit>& hits) {
  const auto look = [&](size_t first, size_t last) {  // pieces
    const size_t begin = begins_[first], end = begins_[last];
    if (begin == end) return;
    for (const uint32_t example : examples_->whole(letters_hash(std::span(letters_).subspan(begin, end - begin)))) {
      // A hash of 64 bits may lie; the number of letters must agree at least.
      if (examples_->examples()[example].letters != end - begin) continue;
      for (size_t i = first; i < last; ++i) pieces[i].contaminated = true;
      if (std::find(exact_.begin(), exact_.end(), example) != exact_.end()) continue;
      exact_.push_back(example);
      hits.push_back({example, Contamination::kExact});
    }
  };
  look(0, pieces.size());
  for (size_t first = 0; first < pieces.size();) {
    size_t last = first + 1;
    while (last < pieces.size() && pieces[last].separator != '\n') ++last;
    if (last - first < pieces.size()) look(first, last);
    for (size_t i = first; last - first > 1 && i < last; ++i) look(i, i + 1);
    first = last;
  }
}

void ContaminationFinder::mark(size_t first_letter, size_t last_letter, std::vector<Piece>& pieces) const {
  for (size_t i = 0; i < pieces.size(); ++i) {
    if (begins_[i] < last_letter && begins_[i + 1] > first_letter) pieces[i].contaminated = true;
  }
}

void ContaminationFinder::judge(const Match* begin, const Match* end, std::vector<Piece>& pieces,
                                std::vector<ContaminationHit>& hits) {
  const TaskExample& example = examples_->examples()[begin->example];
  const auto ngram = static_cast<size_t>(options_.ngram);
  bool found_run = false, found_near = false;

  // Runs: windows that go on together in both.
  if (example.letters >= ngram && static_cast<size_t>(end - begin) + kWindow > ngram) {
    std::vector<Match> by_diagonal(begin, end);
    std::sort(by_diagonal.begin(), by_diagonal.end(), [](const Match& a, const Match& b) {
      return std::tuple(a.letter - a.position, a.letter) < std::tuple(b.letter - b.position, b.letter);
    });
    for (size_t i = 0; i < by_diagonal.size();) {
      size_t j = i + 1;
      while (j < by_diagonal.size() && by_diagonal[j].letter == by_diagonal[j - 1].letter + 1 &&
             by_diagonal[j].position == by_diagonal[j - 1].position + 1) {
        ++j;
      }
      if (j - i + kWindow > ngram) {
        found_run = true;
        mark(by_diagonal[i].letter, by_diagonal[j - 1].letter + kWindow, pieces);
      }
      i = j;
    }
  }

  // Near: so many of the example's windows inside a stretch of twice its letters.
  const auto needed = std::max<size_t>(4, static_cast<size_t>(options_.near * example.windows + 0.999));
  if (static_cast<size_t>(end - begin) >= needed) {
    seen_.assign(example.letters, 0);
    size_t different = 0;
    const Match* first = begin;
    for (const Match* last = begin; last != end; ++last) {
      different += seen_[last->position]++ == 0;
      while (last->letter - first->letter > 2 * example.letters) different -= --seen_[first++->position] == 0;
      if (different >= needed) {
        found_near = true;
        mark(first->letter, last->letter + kWindow, pieces);
      }
    }
  }
  if (found_run || found_near) {
    hits.push_back({begin->example, found_run ? Contamination::kNgram : Contamination::kNear});
  }
}

}  // namespace lmkor::corpus
