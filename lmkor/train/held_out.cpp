#include "lmkor/train/held_out.h"

#include <set>

#include "lmkor/base/str.h"

namespace lmkor::train {

using base::Json;
using base::str;

Measures of_all(const Measures& mine, Processes& processes) {
  if (processes.size() == 1) return mine;
  Measures out;
  for (const std::string& text : processes.gather(mine.state().dump()))
    out.add_state(base::parse_json(text, "figures of another process"));
  return out;
}

HeldOut::HeldOut(const PretrainJob& job, BatchForm form, Processes& processes) : processes_(processes) {
  std::set<std::string> names;
  for (const DataShare& share : job.data) {
    Folder added{share.name(), share.weight,
                 validation_batch(Corpus({share}, data::Split::kValidation, job.train), job.train, form)};
    if (!names.insert(added.name).second) added.name += str("-", folders_.size() + 1);
    if (added.batch.parts.empty()) continue;
    std::vector<data::MaskedBatch> own;
    for (size_t i = static_cast<size_t>(processes.world().rank); i < added.batch.parts.size();
         i += static_cast<size_t>(processes.size()))
      own.push_back(std::move(added.batch.parts[i]));
    added.batch.parts = std::move(own);
    folders_.push_back(std::move(added));
  }
}

Json HeldOut::figures(Session& session) const {
  Json mean = Json::object(), each = Json::object();
  double weights = 0;
  for (const Folder& folder : folders_) weights += folder.weight;
  for (const Folder& folder : folders_) {
    Measures measures;
    session.evaluate(folder.batch, measures);
    for (const auto& [name, value] : of_all(measures, processes_).means()) {
      const std::string key = str("validation_", name);
      mean[key] = mean.value(key, 0.0) + value * (folder.weight / weights);
      if (folders_.size() > 1) each[str("validation_", folder.name, "_", name)] = value;
    }
  }
  mean.update(each);
  return mean;
}

}  // namespace lmkor::train
