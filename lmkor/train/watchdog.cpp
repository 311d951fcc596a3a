#include "lmkor/train/watchdog.h"

#include <algorithm>
#include <cmath>

#include "lmkor/base/str.h"

namespace lmkor::train {

using base::fixed;
using base::grouped;
using base::Json;
using base::str;

namespace {

constexpr uint64_t kLearningSteps = 1000;  // by then a run has usually left the entropy of single tokens
constexpr double kLearningShare = 0.1;     // and after this share of its steps
constexpr double kStuckShare = 0.97;       // of the entropy
constexpr uint64_t kLinesForSpikes = 20;   // before there is a mean to compare with
constexpr double kSpikeDeviations = 6, kSpikeFactor = 1.2;
constexpr double kForget = 0.05;  // of the running mean, each line
constexpr double kWaitingShare = 0.1;
constexpr double kReachedShare = 0.5;  // of the learning rate asked for

}  // namespace

// Each says whether `line` shows the fault, and its text.
struct Rules {
  const Watchdog& dog;
  const Json& line;

  double value(const char* key) const { return line.value(key, 0.0); }
  uint64_t step() const { return line.at("step").get<uint64_t>(); }
  bool electra() const { return dog.run_.family == "electra"; }
  bool should_have_learnt() const {
    const auto share = static_cast<uint64_t>(kLearningShare * static_cast<double>(dog.run_.steps));
    return step() >= std::max({kLearningSteps, 2 * dog.run_.warmup_steps, share});
  }
  bool at_entropy() const {
    return should_have_learnt() && line.contains("masked_lm_loss") &&
           value("masked_lm_loss") >= kStuckShare * dog.run_.unigram_entropy;
  }
  std::string entropy() const {
    return str("is ", fixed(value("masked_lm_loss"), 2), " nats after ", grouped(static_cast<long long>(step())),
               " steps, the entropy of single tokens is ", fixed(dog.run_.unigram_entropy, 2));
  }

  bool stuck() const { return !electra() && at_entropy(); }
  std::string stuck_text() const {
    return str(
        "the loss ", entropy(), ": the model knows only how frequent tokens are. Usual causes: a learning rate ",
        "too high or too low for the width, a warm-up that is too short, fresh weights too small for a narrow ",
        "model. Try train.learning_rate x 0.3 or x 3, a longer train.warmup_steps, model.initializer_range near ",
        "1 / sqrt(hidden_size), or dropout off");
  }
  bool dead_generator() const { return electra() && at_entropy(); }
  std::string dead_generator_text() const {
    return str("the generator's loss ", entropy(), ": its proposals teach the discriminator little. Usual causes: a ",
               "generator that is too small, a learning rate too high or too low. Try generator.size up to 0.5, a ",
               "longer train.warmup_steps, or another train.learning_rate");
  }
  bool dead_discriminator() const {
    return electra() && step() > dog.run_.warmup_steps && line.contains("disc_precision") &&
           value("disc_precision") == 0 && value("disc_recall") == 0;
  }
  std::string dead_discriminator_text() const {
    return "the discriminator's precision and recall are 0: it calls every token original. Usual causes: early in a "
           "run "
           "this is normal; later the learning rate is too high, or the generator is so good (too large, or masks too "
           "few tokens) that hardly a token is replaced. Try a lower train.learning_rate, a smaller generator.size, or "
           "a larger train.mask_share";
  }
  bool spike() const {
    const double over = value("loss") - dog.loss_mean_;
    return dog.lines_ >= kLinesForSpikes && value("loss") > kSpikeFactor * dog.loss_mean_ &&
           over > kSpikeDeviations * std::sqrt(dog.loss_variance_);
  }
  std::string spike_text() const {
    return str("the loss jumped to ", fixed(value("loss"), 3), " from about ", fixed(dog.loss_mean_, 3),
               ". Where it does not come back in a few hundred steps: go back to the checkpoint before, with a lower ",
               "train.learning_rate, train.clip_norm or train.adam_beta2 (0.98), or look at the data of these steps");
  }
  bool starving() const { return value("waiting_share") > kWaitingShare; }
  std::string starving_text() const {
    return str(
        "the steps wait for data ", fixed(100 * value("waiting_share"), 0),
        " % of their time. Usual causes: shards on a slow or remote disk, other work on the processors. Copy the ",
        "shards to a local disk, or make the batches larger");
  }
};

namespace {

struct Row {
  const char* kind;
  bool (Rules::*shows)() const;
  std::string (Rules::*text)() const;
  int64_t lines;  // that must show it in a row
};
constexpr Row kRows[] = {
    {"stuck_at_unigram_entropy", &Rules::stuck, &Rules::stuck_text, 1},
    {"dead_generator", &Rules::dead_generator, &Rules::dead_generator_text, 1},
    {"dead_discriminator", &Rules::dead_discriminator, &Rules::dead_discriminator_text, 5},
    {"loss_spike", &Rules::spike, &Rules::spike_text, 1},
    {"data_starvation", &Rules::starving, &Rules::starving_text, 5},
};

}  // namespace

std::vector<Finding> Watchdog::look_at_settings() const {
  if (run_.highest_rate >= kReachedShare * run_.learning_rate) return {};
  return {{0, "rate_never_warmed",
           str("the learning rate rises to ", run_.highest_rate, " at most, train.learning_rate is ",
               run_.learning_rate, ": the warm-up of ", run_.warmup_steps, " steps takes up too much of the ",
               run_.steps, " steps. Lower train.warmup_steps, or leave it 0 and set train.warmup_share")}};
}

std::vector<Finding> Watchdog::look(const Json& line) {
  std::vector<Finding> out;
  const Rules rules{*this, line};
  for (const Row& row : kRows) {
    const int64_t seen = (rules.*row.shows)() ? in_a_row_.value(row.kind, int64_t{0}) + 1 : 0;
    in_a_row_[row.kind] = seen;
    if (seen == row.lines) out.push_back({rules.step(), row.kind, (rules.*row.text)()});
  }
  const double loss = rules.value("loss"), over = loss - loss_mean_;
  if (lines_++ == 0) {
    loss_mean_ = loss;
  } else {
    loss_mean_ += kForget * over;
    loss_variance_ = (1 - kForget) * (loss_variance_ + kForget * over * over);
  }
  return out;
}

Json Watchdog::state() const {
  return {{"loss_mean", loss_mean_}, {"loss_variance", loss_variance_}, {"lines", lines_}, {"in_a_row", in_a_row_}};
}

void Watchdog::restore(const Json& state) {
  loss_mean_ = state.at("loss_mean");
  loss_variance_ = state.at("loss_variance");
  lines_ = state.at("lines");
  in_a_row_ = state.at("in_a_row");
}

std::string disk_fault(uint64_t free, uint64_t needed) {
  if (free >= 2 * needed) return {};
  return str(
      "the disk has ", base::human_bytes(static_cast<double>(free)), " left, a checkpoint takes ",
      base::human_bytes(static_cast<double>(needed)),
      ". Make room, or lower train.keep_checkpoints; a checkpoint that cannot be written leaves the last one as it "
      "is");
}

}  // namespace lmkor::train
