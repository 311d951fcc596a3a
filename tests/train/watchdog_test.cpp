// Each fault that the watchdog knows, from figures that show it; and none from those of a sound run.
#include "lmkor/train/watchdog.h"

#include <cmath>

#include <gmock/gmock.h>

namespace lmkor::train {
namespace {

using base::Json;
using testing::HasSubstr;

WatchedRun run_of(const char* family) {
  return {.family = family,
          .steps = 10000,
          .warmup_steps = 500,
          .learning_rate = 1e-3,
          .highest_rate = 1e-3,
          .unigram_entropy = 7};
}

// The kinds of what is found in lines of figure(step), every ten steps.
template <class Figures>
std::vector<std::pair<uint64_t, std::string>> found(Watchdog& dog, uint64_t steps, const Figures& figures) {
  std::vector<std::pair<uint64_t, std::string>> out;
  for (uint64_t step = 10; step <= steps; step += 10) {
    Json line = figures(step);
    line["step"] = step;
    for (const Finding& finding : dog.look(line)) {
      EXPECT_GT(finding.text.size(), 80u);
      out.emplace_back(finding.step, finding.kind);
    }
  }
  return out;
}
using Kinds = std::vector<std::pair<uint64_t, std::string>>;

// A loss that falls as losses do, with noise.
double sound_loss(uint64_t step) {
  return 2 + 6 * std::exp(-static_cast<double>(step) / 400) + 0.05 * std::sin(static_cast<double>(step * step));
}

TEST(Watchdog, IsSilentInASoundRun) {
  for (const char* family : {"bert", "electra"}) {
    Watchdog dog(run_of(family));
    EXPECT_TRUE(dog.look_at_settings().empty());
    EXPECT_EQ(found(dog, 10000,
                    [](uint64_t step) -> Json {
                      const double loss = sound_loss(step);
                      return {{"loss", loss},
                              {"masked_lm_loss", loss},
                              {"disc_precision", step < 700 ? 0 : 0.6},
                              {"disc_recall", step < 530 ? 0 : 0.3},
                              {"waiting_share", 0.01}};
                    }),
              Kinds{});
  }
}

TEST(Watchdog, TellsOfALossThatStaysAtTheEntropyOfSingleTokens) {
  const auto stuck = [](uint64_t) -> Json { return {{"loss", 6.95}, {"masked_lm_loss", 6.95}}; };
  Watchdog bert(run_of("bert")), electra(run_of("electra"));
  EXPECT_EQ(found(bert, 5000, stuck), (Kinds{{1000, "stuck_at_unigram_entropy"}}));
  EXPECT_EQ(found(electra, 5000, stuck), (Kinds{{1000, "dead_generator"}}));
  Watchdog dog(run_of("bert"));
  Json line = stuck(0);
  line["step"] = 2000;
  EXPECT_THAT(
      dog.look(line).at(0).text,
      HasSubstr("the loss is 6.95 nats after 2,000 steps, the entropy of single tokens is 7.00: the model knows "
                "only how frequent tokens are. Usual causes: "));
}

TEST(Watchdog, TellsOfSpikesOnceEach) {
  Watchdog dog(run_of("bert"));
  EXPECT_EQ(found(dog, 6000,
                  [](uint64_t step) -> Json {
                    const double jump = step == 3000 || step == 3010 || step == 5000 ? 3 : 0;
                    return {{"loss", sound_loss(step) + jump}};
                  }),
            (Kinds{{3000, "loss_spike"}, {5000, "loss_spike"}}));
}

TEST(Watchdog, TellsOfADeadDiscriminatorAfterFiveLines) {
  Watchdog dog(run_of("electra"));
  EXPECT_EQ(found(dog, 3000,
                  [](uint64_t step) -> Json {
                    const double alive = step > 700 && step < 1500 ? 0.5 : 0;
                    return {{"loss", 20}, {"disc_precision", alive}, {"disc_recall", alive}};
                  }),
            (Kinds{{550, "dead_discriminator"}, {1540, "dead_discriminator"}}));
}

TEST(Watchdog, TellsOfStepsThatWaitForData) {
  Watchdog dog(run_of("bert"));
  EXPECT_EQ(found(dog, 200,
                  [](uint64_t step) -> Json {
                    return {{"loss", 1}, {"waiting_share", step == 30 ? 0.0 : 0.4}};
                  }),
            (Kinds{{80, "data_starvation"}}));
}

TEST(Watchdog, TellsOfARateThatIsNeverWarmed) {
  WatchedRun run = run_of("bert");
  run.steps = 300;
  run.warmup_steps = 10000;
  run.highest_rate = 3e-5;
  const std::vector<Finding> found = Watchdog(run).look_at_settings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, "rate_never_warmed");
  EXPECT_THAT(found[0].text, HasSubstr("the learning rate rises to 3e-05 at most, train.learning_rate is 0.001: the "
                                       "warm-up of 10000 steps takes up too much of the 300 steps. Lower"));
}

TEST(Watchdog, GoesOnAfterAStopAsIfThereHadBeenNone) {
  const auto figures = [](uint64_t step) -> Json {
    return {{"loss", sound_loss(step) + (step == 3000 ? 3 : 0)}, {"waiting_share", step > 2480 ? 0.5 : 0}};
  };
  Watchdog whole(run_of("bert")), first(run_of("bert")), second(run_of("bert"));
  const Kinds all = found(whole, 4000, figures);
  const Kinds before = found(first, 2500, figures);
  second.restore(base::parse_json(first.state().dump(), "state"));
  Kinds after;
  for (uint64_t step = 2510; step <= 4000; step += 10) {
    Json line = figures(step);
    line["step"] = step;
    for (const Finding& finding : second.look(line)) after.emplace_back(finding.step, finding.kind);
  }
  EXPECT_TRUE(before.empty());
  EXPECT_EQ(after, all);
  EXPECT_EQ(all, (Kinds{{2530, "data_starvation"}, {3000, "loss_spike"}}));
}

TEST(Watchdog, TellsOfADiskThatIsNearlyFull) {
  EXPECT_EQ(disk_fault(2'000'000, 1'000'000), "");
  EXPECT_THAT(disk_fault(1'900'000, 1'000'000),
              HasSubstr("the disk has 1.9 MB left, a checkpoint takes 1.0 MB. Make room"));
}

}  // namespace
}  // namespace lmkor::train
