// report.html of a vocabulary: what it holds and how it divides a text.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "lmkor/base/json.h"
#include "lmkor/report/report.h"
#include "lmkor/tokenizer/tokenizer.h"
#include "lmkor/vocab/stats.h"
#include "lmkor/vocab/train.h"

namespace lmkor::vocab {

// The parts that every report of a vocabulary has.
void add_division(report::Report& page, const CountsInfo& info, const Stats& stats);
void add_words(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats);
void add_blocks(report::Report& page, const Stats& stats);
void add_pieces(report::Report& page, const tokenizer::Tokenizer& tokenizer, const Stats& stats);
base::Json stats_json(const tokenizer::Tokenizer& tokenizer, const CountsInfo& info, const Stats& stats);

// Of `vocab train`. Throws kOutput.
void write_report(const std::filesystem::path& path, const tokenizer::Tokenizer& tokenizer, const Trained& trained,
                  const CountsInfo& info, const Stats& stats);

}  // namespace lmkor::vocab
