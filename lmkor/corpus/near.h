// Near duplicates and repeated documents, from the keys of the survey to what goes.
//
//   pair/BUCKET/pairs        documents that share a band; candidates: the numbers of these by unit; repeats: a Record
//                            for each document that came before (key: the place of the first)
//   verify/BUCKET/edges      pairs whose similarity was computed and reaches the threshold, by rank of the one to stay
//   cluster/00000/drops      by unit, a Record for each document that goes: key the place of the one that stays, extra
//                            the similarity as bits of a float, 0 for a repeat
//                 ranges     by unit, a Record for each such document: key and extra its first sentence and their
//                 number
//
// In order of rank, a document stays unless it is near to one that stays. So each that goes is near to one that stays,
// there is no drift from one to the next, and which stays depends on no order of files.
#pragma once

#include <filesystem>

#include "lmkor/corpus/work.h"

namespace lmkor::corpus {

void pair_bucket(const Work& work, size_t bucket, const std::filesystem::path& folder);
void verify_bucket(const Work& work, size_t bucket, const std::filesystem::path& folder);
void cluster(const Work& work, size_t, const std::filesystem::path& folder);

}  // namespace lmkor::corpus
