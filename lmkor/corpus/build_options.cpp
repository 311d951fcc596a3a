#include "lmkor/corpus/build_options.h"

#include <filesystem>

#include "lmkor/base/hash.h"

namespace lmkor::corpus {

void BuildOptions::fields(config::Fields& f) {
  f.positional("input", input, "files, folders or patterns of raw text; - is standard input", config::required());
  f.add("output", output, "folder of the corpus", config::required());
  f.include(read);
  f.add("part_bytes", part_bytes, "bytes of input that make one part of the output; a stopped build loses at most one",
        config::at_least(1));
  f.add("decontaminate", decontaminate,
        "remove sentences that hold test or dev examples of these tasks: files, task folders or folders of those");
  f.include(run);
  f.include(category);
  f.group("clean", clean);
  f.group("filter", filter);
  f.group("dedup", dedup);
  f.group("minhash", minhash);
  f.group("contamination", contamination);
}

base::Json settings_json(const BuildOptions& options) {
  BuildOptions copy = options;
  RunOptions run;
  config::Fields without = config::Fields::of(run);
  base::Json json = base::Json::object();
  const config::Fields fields = config::Fields::of(copy);
  for (const config::Field& field : fields.all()) {
    if (field.path == "input" || field.path == "output" || without.find(field.path) != nullptr) continue;
    std::visit([&](const auto* value) { json[field.path] = *value; }, field.target);
  }
  return json;
}

base::Json settings_files(const BuildOptions& options) {
  base::Json json = base::Json::object();
  const auto add = [&](const std::filesystem::path& path) {
    if (std::filesystem::is_regular_file(path)) json[path.string()] = base::sha256_file(path);
  };
  for (const auto* lists : {&options.filter.profanity, &options.filter.spam}) {
    for (const std::string& path : *lists) add(path);
  }
  if (!options.category.categories.empty()) {
    for (const char* file : CategoryModel::kFiles) add(std::filesystem::path(options.category.categories) / file);
  }
  return json;
}

}  // namespace lmkor::corpus
