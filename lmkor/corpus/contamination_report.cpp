#include "lmkor/corpus/contamination_report.h"

#include "lmkor/base/file.h"
#include "lmkor/corpus/decontaminate.h"

namespace lmkor::corpus {

using base::Json;

namespace {

Json places_json(const ExampleHits& hits) {
  Json json = Json::object();
  for (size_t kind = 0; kind < hits.places.size(); ++kind) {
    json[std::string(kContaminationNames[kind])] = hits.places[kind];
  }
  return json;
}

}  // namespace

Json contamination_json(const Tally& tally, const TaskExamples& examples) {
  Json tasks = Json::object();
  for (const std::string& name : examples.tasks()) {
    tasks[name] = {{"examples", 0}, {"found", 0}};
    for (const std::string_view kind : kContaminationNames) tasks[name][std::string(kind)] = 0;
  }
  const auto add = [](Json& count, int n) { count = count.get<int64_t>() + n; };
  for (const TaskExample& example : examples.examples()) add(tasks[examples.tasks()[example.task]]["examples"], 1);
  for (const auto& [number, hits] : tally.contamination) {
    Json& task = tasks[examples.tasks()[examples.examples()[number].task]];
    add(task["found"], 1);
    for (size_t kind = 0; kind < hits.places.size(); ++kind) {
      if (hits.places[kind] > 0) add(task[std::string(kContaminationNames[kind])], 1);
    }
  }
  return {{"examples", examples.examples().size()}, {"examples_sha256", examples.sha256()}, {"tasks", tasks}};
}

void write_contamination(const Tally& tally, const TaskExamples& examples, const std::filesystem::path& path) {
  base::AtomicFile file(path);
  for (const auto& [number, hits] : tally.contamination) {
    const TaskExample& example = examples.examples()[number];
    const Json line = {{"task", examples.tasks()[example.task]},
                       {"file", example.file},
                       {"row", example.row},
                       {"text", example.text},
                       {"places", places_json(hits)},
                       {"first_document", hits.first_id}};
    file.write(line.dump(-1, ' ', false, Json::error_handler_t::replace));
    file.write("\n");
  }
  file.commit();
}

}  // namespace lmkor::corpus
