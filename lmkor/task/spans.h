// Entities in a sequence of tags "TYPE-B", "TYPE-I" and "O": the rules of several scorers, which differ on tags that do
// not follow each other properly.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lmkor::task {

// A label as type and letter: ("PS", 'B'); ("", 'O').
struct Tag {
  int32_t type = -1;  // number among the types; -1 for O
  char letter = 'O';
};
// Of each label in order. A label without -B or -I other than "O" is its own type with the letter B.
std::vector<Tag> tags_of(const std::vector<std::string>& labels);

struct Entity {
  size_t begin, end;  // words [begin, end)
  int32_t type;
  friend bool operator==(const Entity&, const Entity&) = default;
};

// seqeval's default mode (conlleval): an I without an entity of its type before it begins one.
std::vector<Entity> entities_lenient(std::span<const Tag> tags);
// seqeval's strict mode with IOB2: an entity begins with B only; an I that continues none is nothing.
std::vector<Entity> entities_strict(std::span<const Tag> tags);
// The scorer of the Naver NLP challenge (evaluation.py, get_ner_tag_list_by_numeric): O does not end the memory of the
// last type, so an I of that type after it begins nothing; and an entity that reaches the end of a sentence is lost.
std::vector<Entity> entities_naver(std::span<const Tag> tags);

}  // namespace lmkor::task
