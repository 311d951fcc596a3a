// How far an unfinished build has come: OUTPUT/state/. A part of the output (docs-NNNNN and its removed/ files) is
// complete and named here, or it is made again; so a build that was killed at any moment goes on and ends with the same
// bytes. The folder is gone once the corpus is finished.
//
//   plan.json          what is built: settings and inputs; another plan in the same folder is refused
//   hashes-NNNNN.bin   the hashes of sentences first seen in part NNNNN, 16 bytes each, little-endian
//   progress.json      written last: parts done, where the input goes on, the counts
//   in-stages          the build goes on in stages (stages.h), whose folders may lie beside it
//   lock               held while a process works here; lock-I-of-N by shard I of N
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/corpus/plan.h"

namespace lmkor::corpus {

struct Position {
  size_t parts = 0;    // done
  size_t file = 0;     // in which the next batch lies,
  size_t batches = 0;  // and how many batches of it are done
  base::Json total;    // the tally of units that are done; null at the start
  base::Json unit;     // and of the one that is not
};

class Journal {
 public:
  // Whether `output` holds an unfinished build.
  static bool exists(const std::filesystem::path& output);

  // Opens or begins the journal under `output`; the plan there must be `plan`. Leftovers of a killed process are
  // removed, unless other shards may be writing them. Throws kOutput (another process works here) or kIncompatible
  // (another plan).
  Journal(const std::filesystem::path& output, const base::Json& plan, const Shard& shard = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const Position& position() const { return position_; }
  // The hashes of part `part`.
  std::vector<base::Hash128> hashes(size_t part) const;
  // Part number position.parts - 1 and all before are complete.
  void commit(Position position, const std::vector<base::Hash128>& hashes);
  // Whether the build goes on in stages.
  bool in_stages() const;
  // Does away with the parts that were made while it streamed: the stages make all of them.
  void go_in_stages();
  // The build failed: what holds no finished part goes, so that another attempt begins anew.
  void abandon_if_empty();
  // The corpus is finished: nothing of the journal is left.
  static void remove(const std::filesystem::path& output);
  // Ends a remove() that was killed half-way; false if there was none.
  static bool remove_rest(const std::filesystem::path& output);

 private:
  std::filesystem::path output_, dir_;
  Position position_;
  int lock_ = -1;
};

// Path, size, time of change and, with `hash`, SHA-256 of each input. Those that `before` (the same list of an earlier
// run) holds with the same size and time of change are taken from there.
base::Json describe_inputs(const std::vector<std::filesystem::path>& files, const base::Json& before, int threads,
                           bool hash = true);
// The plan of the unfinished build under `output`, null if there is none.
base::Json read_plan(const std::filesystem::path& output);

}  // namespace lmkor::corpus
