// What a recipe for pretraining sets, for the commands that read one.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"
#include "lmkor/model/config.h"
#include "lmkor/model/network.h"
#include "lmkor/train/options.h"

namespace lmkor::cli {

struct Recipe {
  model::Config model;
  model::GeneratorShape generator;
  train::TrainOptions train;

  void fields(config::Fields& f) {
    f.group("model", model);
    f.group("generator", generator);
    f.group("train", train);
  }
};

// Sets `config` to the shape of the model in `init`. Throws kConfig with every setting that somebody gave another
// value.
void take_shape_of_init(const std::filesystem::path& init, const config::Fields& fields, model::Config& config);

// The settings that decide a run's result: those in `groups` ("model.") and those of `names`, but for what only decides
// how it is shown or kept.
base::Json deciding_settings(const config::Fields& fields, std::initializer_list<std::string_view> groups,
                             std::initializer_list<std::string_view> names);

}  // namespace lmkor::cli
