// The processes of one run: which of them this is, and what they tell each other. Started by torchrun, or by Slurm's
// srun; libtorch's c10d carries the messages (Gloo on CPUs, NCCL on GPUs) and is seen by distributed.cpp only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>

namespace lmkor::train {

struct World {
  int rank = 0, size = 1;              // among all processes of the run
  int local_rank = 0, local_size = 1;  // among those of this machine
  std::string master_address;          // where the processes meet; empty where there is one only
  int master_port = 29500;
  bool master_is_there = false;  // torchrun keeps the meeting point itself; otherwise rank 0 opens it
  std::string attempt = "0";     // torchrun's count of restarts: those of different ones must not meet

  bool is_first() const { return rank == 0; }
};

// From RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT as torchrun sets them; where RANK is
// not set and MASTER_ADDR is, from SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID, SLURM_NTASKS_PER_NODE. One process where
// there are neither. `get` reads a variable as getenv does. Throws kConfig naming a variable that is missing or no
// number in its range.
World world_of(const std::function<const char*(const char*)>& get);

// "cuda" is the GPU of the process' local rank where there are several; other names stay.
std::string device_of_rank(const std::string& device, const World& world);

// Every process of a run must make the same calls in the same order; each waits for the others. Throws kEnvironment
// where another process is gone.
class Processes {
 public:
  Processes();  // this one alone: every call returns at once
  // Meets the others. `device` is where tensors lie.
  Processes(const World& world, at::Device device);
  ~Processes();

  const World& world() const { return world_; }
  int size() const { return world_.size; }
  bool is_first() const { return world_.is_first(); }

  // Each element becomes the sum over all processes: the same bits on each of them.
  void sum(std::vector<double>& values);
  // The same for a tensor, in place and while this process goes on: wait for what is returned before it is read.
  class Pending {
   public:
    virtual ~Pending() = default;
    virtual void wait() = 0;
  };
  std::unique_ptr<Pending> begin_sum(const at::Tensor& x);
  // The texts of all processes by rank.
  std::vector<std::string> gather(const std::string& text);
  // The text of rank 0.
  std::string of_first(const std::string& text);
  // Returns when all have come here.
  void meet();

 private:
  struct Group;
  World world_;
  at::Device device_ = at::kCPU;
  std::unique_ptr<Group> group_;
};

}  // namespace lmkor::train
