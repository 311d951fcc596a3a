// Processes as threads of this one, which meet over real sockets.
#include "lmkor/train/distributed.h"

#include <map>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "expect_error.h"
#include "lmkor/train/gradient_sum.h"

namespace lmkor::train {
namespace {

using base::ErrorKind;

World world_from(const std::map<std::string, std::string>& variables) {
  return world_of([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(World, IsThatOfTorchrunOrOfSlurmOrAlone) {
  EXPECT_EQ(world_from({}).size, 1);
  const World torchrun = world_from({{"RANK", "5"},
                                     {"WORLD_SIZE", "8"},
                                     {"LOCAL_RANK", "1"},
                                     {"LOCAL_WORLD_SIZE", "4"},
                                     {"MASTER_ADDR", "node1"},
                                     {"MASTER_PORT", "1234"},
                                     {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                     {"TORCHELASTIC_RESTART_COUNT", "2"},
                                     {"SLURM_PROCID", "7"}});
  EXPECT_EQ(torchrun.rank, 5);
  EXPECT_EQ(torchrun.size, 8);
  EXPECT_EQ(torchrun.local_rank, 1);
  EXPECT_EQ(torchrun.local_size, 4);
  EXPECT_EQ(torchrun.master_address, "node1");
  EXPECT_EQ(torchrun.master_port, 1234);
  EXPECT_TRUE(torchrun.master_is_there);
  EXPECT_EQ(torchrun.attempt, "2");
  EXPECT_EQ(device_of_rank("cuda", torchrun), "cuda:1");
  EXPECT_EQ(device_of_rank("cpu", torchrun), "cpu");
  const World slurm =
      world_from({{"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "4"}, {"SLURM_LOCALID", "1"}, {"MASTER_ADDR", "node1"}});
  EXPECT_EQ(slurm.rank, 3);
  EXPECT_EQ(slurm.size, 4);
  EXPECT_EQ(slurm.local_rank, 1);
  // An allocation alone, without a place to meet, is one process.
  EXPECT_EQ(world_from({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}).size, 1);
  EXPECT_EQ(error_text(ErrorKind::kConfig,
                       [] {
                         world_from({{"RANK", "x"}, {"WORLD_SIZE", "2"}});
                       }),
            "environment: RANK: got \"x\", expected a number from 0 to 1; start several processes with torchrun "
            "--no-python --nproc-per-node N lmkor pretrain ...");
}

int free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(probe, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(probe);
  return ntohs(address.sin_port);
}

void run_on(int size, const std::function<void(Processes&)>& body) {
  const int port = free_port();
  std::vector<std::jthread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      World world{.rank = rank, .size = size, .master_address = "127.0.0.1", .master_port = port};
      Processes processes(world, at::kCPU);
      body(processes);
      processes.meet();
    });
  }
}

TEST(Processes, AddUpAndHearEachOther) {
  run_on(3, [](Processes& processes) {
    const int rank = processes.world().rank;
    std::vector<double> values = {1, rank * 10.0};
    processes.sum(values);
    EXPECT_EQ(values, (std::vector<double>{3, 30}));
    const std::string text = rank == 1 ? "" : "rank " + std::to_string(rank);
    EXPECT_EQ(processes.gather(text), (std::vector<std::string>{"rank 0", "", "rank 2"}));
    EXPECT_EQ(processes.of_first(text), "rank 0");
  });
  Processes alone;
  std::vector<double> values = {1, 2};
  alone.sum(values);
  EXPECT_EQ(values, (std::vector<double>{1, 2}));
  EXPECT_EQ(alone.gather("x"), (std::vector<std::string>{"x"}));
}

// Two parts of a step on each of two processes; one layer is used in the first process only, one in none; the
// embeddings' gradient comes twice.
TEST(GradientSum, IsThatOfOneProcess) {
  for (const bool overlap : {false, true}) {
    run_on(2, [&](Processes& processes) {
      const int rank = processes.world().rank;
      const auto leaf = [](int64_t size) { return at::ones({size, 2}).set_requires_grad(true); };
      const at::Tensor embedding = leaf(3), layer = leaf(4'000'000), some = leaf(2), none = leaf(2), head = leaf(5);
      GradientSum sum(processes,
                      {{.name = "embedding", .tensor = embedding, .depth = 0},
                       {.name = "layer", .tensor = layer, .depth = 1},
                       {.name = "some", .tensor = some, .depth = 2},
                       {.name = "none", .tensor = none, .depth = 2},
                       {.name = "head", .tensor = head, .depth = 3}},
                      overlap);
      for (int step = 0; step < 2; ++step) {
        for (int part = 0; part < 2; ++part) {
          if (part == 1) sum.begin_last_part();
          (embedding.sum() * 5).backward();
          at::Tensor loss = (embedding.sum() + layer.sum() + head.sum()) * (1 + rank + part);
          if (rank == 0) loss = loss + some.sum();
          loss.backward();
        }
        sum.finish();
        // 1 + 2 of rank 0, 2 + 3 of rank 1
        EXPECT_TRUE(at::equal(head.grad(), at::full({5, 2}, 8.0)));
        EXPECT_TRUE(at::equal(layer.grad(), at::full_like(layer.detach(), 8.0)));
        EXPECT_TRUE(at::equal(embedding.grad(), at::full({3, 2}, 8.0 + 20)));
        EXPECT_TRUE(at::equal(some.grad(), at::full({2, 2}, 2.0)));
        EXPECT_FALSE(none.grad().defined());
        for (const at::Tensor& each : {embedding, layer, some, none, head}) each.mutable_grad() = at::Tensor();
      }
    });
  }
}

}  // namespace
}  // namespace lmkor::train
