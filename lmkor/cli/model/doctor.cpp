// lmkor doctor: what this machine is, what this build can use of it, and what would be slow and why.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/machine.h"
#include "lmkor/cli/model/handlers.h"

namespace lmkor::cli {

using base::Json;
using base::str;

namespace {

struct Options {
  void fields(config::Fields&) {}
};

std::string gigabytes(const Json& bytes) {
  return bytes.is_number() ? base::human_bytes(bytes.get<double>()) : std::string("unknown");
}

std::string report(const Json& facts) {
  const Json& cpu = facts["cpu"];
  std::string simd;
  for (const auto& [flag, there] : cpu["simd"].items()) {
    if (there) simd += str(simd.empty() ? "" : " ", flag);
  }
  std::string devices;
  for (const Json& device : facts["devices"]) devices += str(devices.empty() ? "" : " ", device.get<std::string>());
  std::string out =
      str("lmkor      ", facts["version"].get<std::string>(), " (", facts["commit"].get<std::string>(), ", ",
          facts["compiler"].get<std::string>(), ", ", facts["build"].get<std::string>(), ")\n", "libtorch   ",
          facts["libtorch"].get<std::string>(), ", kernels for ", facts["torch_cpu_capability"].get<std::string>(),
          "\n", "devices    ", devices, "\n", "processor  ", cpu["model"].get<std::string>(), ", ",
          cpu["usable_threads"].get<int64_t>(), " of ", cpu["threads"].get<int64_t>(), " threads usable\n",
          "           ", simd, "\n", "memory     ", gigabytes(facts["memory"]["available_bytes"]), " free of ",
          gigabytes(facts["memory"]["total_bytes"]), "\n");
  for (const Json& disk : facts["disk"]) {
    out += str("disk       ", gigabytes(disk["free_bytes"]), " free at ", disk["path"].get<std::string>(), "\n");
  }
  if (facts["findings"].empty()) out += "\nNothing here would make lmkor slow.\n";
  for (const Json& finding : facts["findings"]) {
    out += str("\n", finding["severity"].get<std::string>(), ": ", finding["what"].get<std::string>(),
               "\n  why: ", finding["why"].get<std::string>(), "\n  do:  ", finding["advice"].get<std::string>(), "\n");
  }
  return out;
}

}  // namespace

int run_doctor(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  Json facts = {{"version", base::kVersion},
                {"commit", base::kCommit},
                {"compiler", base::kCompiler},
                {"build", base::kBuildType}};
  facts.update(model_facts());
  facts["torch_threads"] = at::get_num_threads();
  facts["torch_cpu_capability"] = at::get_cpu_capability();
  facts["onednn"] = at::hasMKLDNN();
  facts.update(machine_facts("."));
  facts["findings"] = machine_findings(facts);
  call.result(facts, report(facts));
  return 0;
}

}  // namespace lmkor::cli
