// A build in stages, for what memory does not hold and for many machines. Each stage is a number of tasks (one for a
// unit of input, one for a bucket of keys, or a single one); each task reads folders of stages before and writes its
// own, which is complete or absent. So shards only have to agree who does which task, and what is broken is done again.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "lmkor/corpus/corpus_report.h"
#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

// All stages in order.
std::vector<std::string_view> stage_names();

// Runs this shard's tasks, `only` of the stage of that name or, "all", of every stage, waiting for other shards between
// them. True if all of all stages is done and this shard is to finish the corpus: the first one, of "all". Throws
// kNotFound if `only` needs what is not there yet.
bool run_stages(const Work& work, const Shard& shard, std::string_view only);

// Puts the output together (gather_units), doing again what turns out to be broken.
Tally finish_stages(const Work& work, const std::filesystem::path& output, base::Json& inputs);

// What finished tasks took.
std::vector<StageTime> stage_times(const Work& work);

}  // namespace lmkor::corpus
