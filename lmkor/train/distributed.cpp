#include "lmkor/train/distributed.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/train/cuda/process_group.h"

namespace lmkor::train {

using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr std::chrono::seconds kMeetingTimeout{300};

// What c10d throws, as ours: its first line says what happened.
[[noreturn]] void fail(std::string_view doing, const std::exception& error) {
  const std::string_view what = error.what();
  throw Error(ErrorKind::kEnvironment,
              str(doing, ": ", what.substr(0, what.find('\n')),
                  ". Another process of this run is gone or cannot be reached. Run the same command again, or let "
                  "torchrun --max-restarts do it: the run goes on from its newest checkpoint"));
}

c10::intrusive_ptr<c10d::Backend> meet_others(const World& world, at::Device device) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(world.master_port);
  options.isServer = world.is_first() && !world.master_is_there;
  options.numWorkers = static_cast<size_t>(world.size);
  options.waitWorkers = false;
  options.timeout = kMeetingTimeout;
  const auto store = c10::make_intrusive<c10d::PrefixStore>(
      str("lmkor/", world.attempt), c10::make_intrusive<c10d::TCPStore>(world.master_address, options));
  if (!device.is_cpu()) return gpu_process_group(store, static_cast<int>(world.rank), static_cast<int>(world.size));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, world.rank, world.size,
                                                     c10d::ProcessGroupGloo::Options::create_default());
}

class PendingWork : public Processes::Pending {
 public:
  PendingWork(c10::intrusive_ptr<c10d::Work> work, at::Tensor x) : work_(std::move(work)), x_(std::move(x)) {}
  void wait() override {
    try {
      work_->wait();
    } catch (const std::exception& error) {
      fail("adding up over all processes", error);
    }
  }

 private:
  c10::intrusive_ptr<c10d::Work> work_;
  at::Tensor x_;  // kept until it is done
};

}  // namespace

World world_of(const std::function<const char*(const char*)>& get) {
  const auto text = [&](const char* name) {
    const char* value = get(name);
    return std::string(value == nullptr ? "" : value);
  };
  const auto number = [&](const char* name, int least, int end, std::optional<int> otherwise) {
    const std::string value = text(name);
    if (value.empty() && otherwise) return *otherwise;
    int out = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), out);
    if (read.ec != std::errc() || read.ptr != value.data() + value.size() || out < least || out >= end) {
      throw Error(ErrorKind::kConfig,
                  str("environment: ", name, ": got \"", value, "\", expected a number from ", least, " to ", end - 1,
                      "; start several processes with torchrun --no-python --nproc-per-node N lmkor pretrain ..."));
    }
    return out;
  };
  World out;
  constexpr int kMostProcesses = 1 << 20;
  const bool by_torchrun = !text("RANK").empty() || !text("WORLD_SIZE").empty();
  const bool by_slurm = !by_torchrun && !text("SLURM_PROCID").empty() && !text("MASTER_ADDR").empty();
  if (!by_torchrun && !by_slurm) return out;
  out.size = number(by_slurm ? "SLURM_NTASKS" : "WORLD_SIZE", 1, kMostProcesses, std::nullopt);
  out.rank = number(by_slurm ? "SLURM_PROCID" : "RANK", 0, out.size, std::nullopt);
  out.local_size = number(by_slurm ? "SLURM_NTASKS_PER_NODE" : "LOCAL_WORLD_SIZE", 1, out.size + 1, 1);
  out.local_rank = number(by_slurm ? "SLURM_LOCALID" : "LOCAL_RANK", 0, out.size, 0);
  if (out.size == 1) return out;
  out.master_address = text("MASTER_ADDR");
  if (out.master_address.empty()) {
    throw Error(ErrorKind::kConfig, str("environment: WORLD_SIZE is ", out.size,
                                        " and MASTER_ADDR is not set: expected the name of the machine of rank 0"));
  }
  out.master_port = number("MASTER_PORT", 1, 65536, out.master_port);
  out.master_is_there = text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (const std::string attempt = text("TORCHELASTIC_RESTART_COUNT"); !attempt.empty()) out.attempt = attempt;
  return out;
}

std::string device_of_rank(const std::string& device, const World& world) {
  return device == "cuda" && world.size > 1 ? str("cuda:", world.local_rank) : device;
}

struct Processes::Group {
  c10::intrusive_ptr<c10d::Backend> backend;
};

Processes::Processes() = default;
Processes::~Processes() = default;

Processes::Processes(const World& world, at::Device device) : world_(world), device_(device) {
  if (world.size == 1) return;
  try {
    group_ = std::make_unique<Group>(Group{meet_others(world, device)});
    meet();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(str("meeting the other ", world.size - 1, " processes at ", world.master_address, ":", world.master_port),
         error);
  }
}

std::unique_ptr<Processes::Pending> Processes::begin_sum(const at::Tensor& x) {
  std::vector<at::Tensor> tensors = {x};
  try {
    return std::make_unique<PendingWork>(group_->backend->allreduce(tensors), x);
  } catch (const std::exception& error) {
    fail("adding up over all processes", error);
  }
}

void Processes::sum(std::vector<double>& values) {
  if (size() == 1 || values.empty()) return;
  const at::Tensor x = at::tensor(at::ArrayRef<double>(values), at::kDouble).to(device_);
  begin_sum(x)->wait();
  const at::Tensor host = x.cpu();
  std::memcpy(values.data(), host.data_ptr(), values.size() * sizeof(double));
}

// Each writes its own stretch of zeros, so that the sum holds all of them.
std::vector<std::string> Processes::gather(const std::string& text) {
  if (size() == 1) return {text};
  const auto self = static_cast<size_t>(world_.rank);
  std::vector<double> lengths(static_cast<size_t>(size()));
  lengths[self] = static_cast<double>(text.size());
  sum(lengths);
  std::vector<size_t> begins = {0};
  for (const double length : lengths) begins.push_back(begins.back() + static_cast<size_t>(length));
  const at::Tensor bytes = at::zeros({static_cast<int64_t>(begins.back()) + 1}, at::kByte);
  std::memcpy(static_cast<char*>(bytes.data_ptr()) + begins[self], text.data(), text.size());
  const at::Tensor all = bytes.to(device_);
  begin_sum(all)->wait();
  const at::Tensor host = all.cpu();
  std::vector<std::string> out;
  for (size_t i = 0; i + 1 < begins.size(); ++i)
    out.emplace_back(static_cast<const char*>(host.data_ptr()) + begins[i], begins[i + 1] - begins[i]);
  return out;
}

std::string Processes::of_first(const std::string& text) { return gather(is_first() ? text : "").front(); }

void Processes::meet() {
  std::vector<double> nothing = {0};
  sum(nothing);
}

}  // namespace lmkor::train
