// manifest.json of a corpus: the funnel stage by stage, sources, categories, settings, inputs. Its sums agree: in each
// stage in = out + removed, and out = in of the next. Nothing in it depends on time, place or number of threads.
#pragma once

#include "lmkor/base/json.h"
#include "lmkor/corpus/tally.h"

namespace lmkor::corpus {

base::Json make_manifest(const Tally& tally, const base::Json& inputs, const base::Json& settings);

// Sums of the funnels of a tally by source or by category, in the order of names; no category is "(none)".
std::vector<std::pair<std::string, Funnel>> by_source(const Tally& tally);
std::vector<std::pair<std::string, Funnel>> by_category(const Tally& tally);
// Deleted characters by Unicode block, most frequent first.
std::vector<std::pair<std::string, uint64_t>> deleted_blocks(const Tally& tally);
// The most frequent deleted characters.
std::vector<std::pair<char32_t, uint64_t>> deleted_characters(const Tally& tally, size_t count);

}  // namespace lmkor::corpus
