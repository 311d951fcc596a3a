#include "lmkor/cli/model/recipe.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

// How a run is shown and kept, not what comes out of it.
constexpr std::string_view kNotDeciding[] = {"train.log_every_steps",
                                             "train.checkpoint_every_steps",
                                             "train.checkpoint_every_minutes",
                                             "train.keep_checkpoints",
                                             "train.keep_every_steps",
                                             "train.validate_every_steps",
                                             "train.validation_sequences",
                                             "train.validation_mask_share",
                                             "train.skip_not_finite",
                                             "train.more_steps",
                                             "train.rewarm_rate"};

}  // namespace

void take_shape_of_init(const fs::path& init, const config::Fields& fields, model::Config& config) {
  model::Config shape = model::read_config(init);
  config::Fields shape_fields;
  shape_fields.group("model", shape);
  config::Faults faults;
  for (const config::Field& own : shape_fields.all()) {
    for (const config::Field& given : fields.all()) {
      // A width of 0 means the family's own rule, which the model's folder states as a number.
      const bool same = given.toml() == own.toml() || (given.path == "model.embedding_size" && given.toml() == "0");
      if (given.path != own.path || given.origin == "built-in" || same) continue;
      faults.add(str(given.origin, ": ", given.path, ": got ", given.toml(), ", but --init ", init.string(), " has ",
                     own.toml(), "; leave it out"));
    }
  }
  faults.raise("--init");
  config = shape;
}

base::Json deciding_settings(const config::Fields& fields, std::initializer_list<std::string_view> groups,
                             std::initializer_list<std::string_view> names) {
  base::Json out = base::Json::object();
  for (const config::Field& field : fields.all()) {
    const bool asked = std::ranges::find(names, field.path) != names.end() ||
                       std::ranges::any_of(groups, [&](auto group) { return field.path.starts_with(group); });
    if (asked && std::ranges::find(kNotDeciding, field.path) == std::end(kNotDeciding)) out[field.path] = field.toml();
  }
  return out;
}

}  // namespace lmkor::cli
