#include "lmkor/task/spans.h"

#include <algorithm>

namespace lmkor::task {

std::vector<Tag> tags_of(const std::vector<std::string>& labels) {
  std::vector<std::string> types;
  std::vector<Tag> out;
  for (const std::string& label : labels) {
    if (label == "O") {
      out.push_back({});
      continue;
    }
    const bool has_letter = label.size() > 2 && (label.ends_with("-B") || label.ends_with("-I"));
    const std::string type = has_letter ? label.substr(0, label.size() - 2) : label;
    auto found = std::find(types.begin(), types.end(), type);
    if (found == types.end()) found = types.insert(types.end(), type);
    out.push_back({static_cast<int32_t>(found - types.begin()), has_letter ? label.back() : 'B'});
  }
  return out;
}

namespace {

// Entities of a rule that looks at a tag and the one before: `begins` starts one, a tag of the same type that does not
// begin one continues what is open.
template <class Begins>
std::vector<Entity> scan(std::span<const Tag> tags, const Begins& begins) {
  std::vector<Entity> out;
  bool open = false;
  Tag before;
  for (size_t i = 0; i < tags.size(); ++i) {
    const Tag tag = tags[i];
    const bool starts = tag.letter != 'O' && begins(tag, before);
    const bool continues = open && !starts && tag.letter != 'O' && tag.type == out.back().type;
    if (continues) out.back().end = i + 1;
    if (starts) out.push_back({i, i + 1, tag.type});
    open = starts || continues;
    before = tag;
  }
  return out;
}

}  // namespace

std::vector<Entity> entities_lenient(std::span<const Tag> tags) {
  return scan(tags,
              [](Tag tag, Tag before) { return tag.letter == 'B' || before.letter == 'O' || before.type != tag.type; });
}

std::vector<Entity> entities_strict(std::span<const Tag> tags) {
  return scan(tags, [](Tag tag, Tag) { return tag.letter == 'B'; });
}

std::vector<Entity> entities_naver(std::span<const Tag> tags) {
  std::vector<Entity> out;
  int32_t last_type = -1;
  bool open = false;
  Entity entity{};
  for (size_t i = 0; i < tags.size(); ++i) {
    const Tag tag = tags[i];
    const bool outside = tag.letter == 'O', begins = !outside && (tag.letter == 'B' || tag.type != last_type);
    if (open && (outside || begins)) {
      entity.end = i;
      entity.type = last_type;
      out.push_back(entity);
      open = false;
    }
    if (begins) {
      entity.begin = i;
      open = true;
    }
    if (!outside) last_type = tag.type;
  }
  return out;
}

}  // namespace lmkor::task
