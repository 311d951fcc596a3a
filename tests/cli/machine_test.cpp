#include "lmkor/cli/machine.h"

#include <gtest/gtest.h>

namespace lmkor::cli {
namespace {

using base::Json;

Json good_machine() {
  return Json::parse(R"({
    "cpu": {"threads": 4, "usable_threads": 4,
            "simd": {"avx2": true, "avx512_bf16": true, "amx_bf16": false, "bf16": false, "asimd": false}},
    "memory": {"available_bytes": 32000000000, "limit_bytes": null},
    "disk": [{"path": "/data", "free_bytes": 90000000000}],
    "transparent_huge_pages": "madvise", "load_average": 0.5,
    "limits": {"open_files": 4096}, "gpu_present": false, "build": "Release", "devices": ["cpu"]})");
}

std::vector<std::string> found(const Json& facts) {
  std::vector<std::string> out;
  for (const Json& finding : machine_findings(facts)) out.push_back(finding["what"].get<std::string>());
  return out;
}

TEST(Machine, FindsNothingWhereAllIsWell) { EXPECT_EQ(found(good_machine()), std::vector<std::string>()); }

TEST(Machine, NamesEachThingThatIsSlow) {
  Json facts = good_machine();
  facts["cpu"]["simd"]["avx2"] = facts["cpu"]["simd"]["avx512_bf16"] = false;
  facts["cpu"]["usable_threads"] = 1;
  facts["memory"]["limit_bytes"] = 1500000000;
  facts["disk"][0]["free_bytes"] = 1000000000;
  facts["transparent_huge_pages"] = "never";
  facts["load_average"] = 3.5;
  facts["limits"]["open_files"] = 256;
  facts["gpu_present"] = true;
  facts["build"] = "Debug";
  const std::vector<std::string> expected = {"no AVX2",
                                             "no bf16 instructions",
                                             "1 of 4 threads usable",
                                             "load of 3.5 on 1 threads",
                                             "1.5 GB of memory",
                                             "1.0 GB free on the disk of /data",
                                             "transparent huge pages are off",
                                             "at most 256 open files",
                                             "build type Debug",
                                             "a GPU is here but libtorch does not see it"};
  EXPECT_EQ(found(facts), expected);
}

TEST(Machine, ReadsThisOne) {
  const Json facts = machine_facts(".");
  EXPECT_GE(facts["cpu"]["usable_threads"].get<int>(), 1);
  EXPECT_GT(facts["memory"]["total_bytes"].get<int64_t>(), 0);
  EXPECT_EQ(facts["disk"].size(), 2u);
  EXPECT_TRUE(facts["cpu"]["simd"].contains("avx2"));
}

}  // namespace
}  // namespace lmkor::cli
