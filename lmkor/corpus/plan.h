// What a build is made of: inputs divided into units, settings, buckets; and where its working files lie. The same on
// every machine that takes part, and the same when a build goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"

namespace lmkor::corpus {

// Part `index` of `count`, for many processes over one folder.
struct Shard {
  size_t index = 0, count = 1;
};

// How a build runs. None of it decides a byte of what comes out.
struct RunOptions {
  std::string memory;
  std::string temporary;
  std::string shard;
  std::string stage = "all";

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
  // From --shard, else from torchrun (RANK, WORLD_SIZE) or Slurm (an array of jobs or the tasks of a step), else all.
  Shard resolve_shard() const;
};

// Consecutive files that are worked on together; parts of the output never cross units.
struct Unit {
  size_t first_file = 0, files = 0;
};

// Groups files until `unit_bytes` stored bytes are reached; a file is never divided.
std::vector<Unit> divide_inputs(const std::vector<uint64_t>& file_bytes, uint64_t unit_bytes);

// By how many buckets keys are divided for joins, so that each fits the memory of a small machine.
size_t bucket_count(const std::vector<uint64_t>& file_bytes);

}  // namespace lmkor::corpus
