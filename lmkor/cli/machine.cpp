#include "lmkor/cli/machine.h"

#include <sys/resource.h>
#include <sys/statvfs.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

constexpr double kGigabyte = 1e9;
constexpr double kLittleMemory = 4 * kGigabyte;
constexpr double kLittleDisk = 5 * kGigabyte;
constexpr int64_t kFewOpenFiles = 1024;

// Files of /proc and /sys cannot be mapped, so they are read as streams.
std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The value of the first line "key : value" of /proc/cpuinfo or /proc/meminfo; empty if there is none.
std::string value_of(const std::string& text, std::string_view key) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const size_t end = line.find_last_not_of(" \t", colon == 0 ? 0 : colon - 1);
    if (line.substr(0, end + 1) != key) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

Json number_of(const std::string& text) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  return end == text.c_str() ? Json() : Json(value);
}

Json cpu_facts() {
  const std::string info = read_text("/proc/cpuinfo");
  const std::string flags = " " + value_of(info, "flags") + value_of(info, "Features") + " ";
  Json simd = Json::object();
  for (const char* flag : {"avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_tile",
                           "amx_bf16", "amx_int8", "sha_ni", "asimd", "bf16"}) {
    simd[flag] = flags.find(str(" ", flag, " ")) != std::string::npos;
  }
  return {{"model", value_of(info, "model name")},
          {"vendor", value_of(info, "vendor_id")},
          {"family", number_of(value_of(info, "cpu family"))},
          {"model_number", number_of(value_of(info, "model"))},
          {"threads", std::thread::hardware_concurrency()},
          {"usable_threads", base::available_threads()},
          {"simd", simd}};
}

Json memory_facts() {
  const std::string info = read_text("/proc/meminfo");
  const auto bytes = [&info](const char* key) {
    const Json kilobytes = number_of(value_of(info, key));
    return kilobytes.is_null() ? Json() : Json(kilobytes.get<int64_t>() * 1024);
  };
  const std::string limit = read_text("/sys/fs/cgroup/memory.max");
  return {{"total_bytes", bytes("MemTotal")},
          {"available_bytes", bytes("MemAvailable")},
          {"swap_bytes", bytes("SwapTotal")},
          {"limit_bytes", number_of(limit)}};
}

// The choice in brackets of a file like "always [madvise] never".
Json chosen(const fs::path& path) {
  const std::string text = read_text(path);
  const size_t begin = text.find('['), end = text.find(']');
  return begin == std::string::npos || end == std::string::npos ? Json()
                                                                : Json(text.substr(begin + 1, end - begin - 1));
}

Json disk_facts(const fs::path& dir) {
  struct statvfs status {};
  if (::statvfs(dir.c_str(), &status) != 0) return {{"path", dir.string()}, {"free_bytes", nullptr}};
  return {{"path", dir.string()},
          {"free_bytes", static_cast<uint64_t>(status.f_bavail) * status.f_frsize},
          {"total_bytes", static_cast<uint64_t>(status.f_blocks) * status.f_frsize}};
}

Json limit_of(int resource) {
  struct rlimit limit {};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return static_cast<uint64_t>(limit.rlim_cur);
}

}  // namespace

Json machine_facts(const fs::path& dir) {
  double load[1] = {0};
  const bool has_load = ::getloadavg(load, 1) == 1;
  return {{"cpu", cpu_facts()},
          {"memory", memory_facts()},
          {"disk", {disk_facts(fs::weakly_canonical(fs::absolute(dir))), disk_facts(fs::temp_directory_path())}},
          {"transparent_huge_pages", chosen("/sys/kernel/mm/transparent_hugepage/enabled")},
          {"load_average", has_load ? Json(load[0]) : Json()},
          {"limits",
           {{"open_files", limit_of(RLIMIT_NOFILE)},
            {"address_space_bytes", limit_of(RLIMIT_AS)},
            {"file_bytes", limit_of(RLIMIT_FSIZE)}}},
          {"gpu_present", fs::exists("/dev/nvidiactl") || fs::exists("/dev/nvidia0")}};
}

Json machine_findings(const Json& facts) {
  Json findings = Json::array();
  const auto add = [&findings](const char* severity, std::string what, std::string why, std::string advice) {
    findings.push_back({{"severity", severity}, {"what", what}, {"why", why}, {"advice", advice}});
  };
  const Json& cpu = facts["cpu"];
  const Json& simd = cpu["simd"];
  const bool is_arm = simd["asimd"];
  if (!is_arm && !simd["avx2"]) {
    add("slow", "no AVX2", "matrix products and text scanning fall back to 128-bit instructions, 2 to 4 times slower",
        "use a processor of 2013 or later, or a virtual machine that passes AVX2 through");
  }
  if (!simd["avx512_bf16"] && !simd["amx_bf16"] && !simd["bf16"]) {
    add("slow", "no bf16 instructions", "bf16 on this processor is emulated and slower than fp32",
        "set train.precision = \"fp32\" here");
  }
  const auto usable = cpu["usable_threads"].get<int64_t>(), all = cpu["threads"].get<int64_t>();
  if (usable < all) {
    add("note", str(usable, " of ", all, " threads usable"), "this process is bound to some processors only",
        "widen the affinity (taskset, container limits) if more should be used");
  }
  const Json& load = facts["load_average"];
  if (load.is_number() && load.get<double>() > static_cast<double>(usable)) {
    add("slow", str("load of ", base::fixed(load.get<double>(), 1), " on ", usable, " threads"),
        "other work runs on this machine, and times measured now are too long", "wait for it or stop it");
  }
  Json memory = facts["memory"]["available_bytes"];
  const Json& limit = facts["memory"]["limit_bytes"];
  if (limit.is_number() && (memory.is_null() || limit < memory)) memory = limit;
  if (memory.is_number() && memory.get<double>() < kLittleMemory) {
    add("slow", str(base::human_bytes(memory.get<double>()), " of memory"),
        "training a base model needs about 4 GB besides the batch", "use a smaller model or train.micro_batch_tokens");
  }
  for (const Json& disk : facts["disk"]) {
    if (disk["free_bytes"].is_number() && disk["free_bytes"].get<double>() < kLittleDisk) {
      add("note",
          str(base::human_bytes(disk["free_bytes"].get<double>()), " free on the disk of ",
              disk["path"].get<std::string>()),
          "a checkpoint is 12 bytes a parameter, shards are about half the text", "free some space");
    }
  }
  if (facts["transparent_huge_pages"] == "never") {
    add("slow", "transparent huge pages are off", "large tensors and tables miss the TLB more often",
        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled (as root)");
  }
  const Json& files = facts["limits"]["open_files"];
  if (files.is_number() && files.get<int64_t>() < kFewOpenFiles) {
    add("note", str("at most ", files.get<int64_t>(), " open files"), "each shard takes two", "ulimit -n 4096");
  }
  if (facts.contains("build") && facts["build"] != "Release" && facts["build"] != "RelWithDebInfo") {
    add("slow", str("build type ", facts["build"].get<std::string>()), "the program is not optimised",
        "configure with cmake --preset release");
  }
  if (facts.contains("devices") && facts["gpu_present"] == true && facts["devices"].size() < 2) {
    add("slow", "a GPU is here but libtorch does not see it",
        "this build carries the CPU's libtorch, or the driver is old", "build with cmake --preset cuda");
  }
  return findings;
}

}  // namespace lmkor::cli
