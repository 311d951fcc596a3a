#include "lmkor/task/task.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "expect_error.h"
#include "lmkor/task/classifier.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/predictions.h"
#include "lmkor/task/tsv.h"

namespace lmkor::task {
namespace {

using base::ErrorKind;
namespace fs = std::filesystem;

fs::path write(const std::string& name, const std::string& text) {
  const fs::path path = data::fresh_folder("task") / name;
  std::ofstream(path) << text;
  return path;
}

std::vector<Example> read_nsmc(const fs::path& path) {
  const Task& task = find_task("nsmc");
  return task.read(path, task);
}

TEST(Tasks, AreFoundByName) {
  EXPECT_STREQ(find_task("nsmc").metric, "accuracy");
  EXPECT_EQ(error_text(ErrorKind::kUsage, [] { find_task("nmsc"); }),
            "--task: got \"nmsc\", expected one of nsmc; did you mean nsmc?");
  const fs::path dir = data::fresh_folder("tasks");
  EXPECT_EQ(
      error_text(ErrorKind::kNotFound, [&] { task_folder(dir, find_task("nsmc")); }),
      dir.string() + ": no train.tsv in it, nor in " + (dir / "nsmc").string() + "; give the folder of the task nsmc");
  fs::create_directories(dir / "nsmc");
  std::ofstream(dir / "nsmc/train.tsv") << "x";
  EXPECT_EQ(task_folder(dir, find_task("nsmc")), dir / "nsmc");
  EXPECT_EQ(task_folder(dir / "nsmc", find_task("nsmc")), dir / "nsmc");
}

TEST(Nsmc, KeepsEveryRowAsItIs) {
  const auto rows =
      read_nsmc(write("a.tsv", "\xEF\xBB\xBFid\tdocument\tlabel\r\n1\t\"\"\"좋다\"\"\"\t1\r\n2\t\t0\n3\t끝  \t1"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].text, "\"\"\"좋다\"\"\"");  // no quoting rules
  EXPECT_EQ(rows[0].label, 1);
  EXPECT_EQ(rows[1].text, "");
  EXPECT_EQ(rows[2].text, "끝  ");
  EXPECT_EQ(rows[2].id, "3");
}

TEST(Nsmc, SaysWhatIsWrongWithAFile) {
  const std::string header = "id\tdocument\tlabel\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", ":1: the file is empty, expected a header line with id, document, label"},
      {header, ":1: no rows below the header line"},
      {"id\tdocumnt\tlabel\n1\ta\t0\n",
       ":1: no column \"document\"; got id, documnt, label (is it \"documnt\"?); columns are divided by TAB"},
      {"id,document,label\n1,a,0\n", ":1: no column \"id\"; got id,document,label; columns are divided by TAB"},
      {header + "1\ta\t0\n2\tb\n", ":3: got 2 columns, expected 3 as in the header"},
      {header + "1\ta\t2\n", ":2: label: got \"2\", expected one of 0, 1; did you mean 0?"},
      {header + "1\ta\xFF\t0\n", ":2: not valid UTF-8"},
  };
  for (const auto& [text, expected] : cases) {
    const fs::path path = write("b.tsv", text);
    EXPECT_EQ(error_text(ErrorKind::kData, [&] { read_nsmc(path); }), path.string() + expected);
  }
  error_text(ErrorKind::kNotFound, [] { read_nsmc("absent.tsv"); });
}

TEST(Metrics, AccuracyAndSpread) {
  const std::vector<int64_t> gold = {0, 1, 1, 0}, predicted = {0, 1, 0, 0};
  EXPECT_DOUBLE_EQ(score("accuracy", gold, predicted), 0.75);
  EXPECT_EQ(error_text(ErrorKind::kInternal, [&] { score("accuracy", gold, std::vector<int64_t>{1}); }),
            "metric accuracy: 4 labels and 1 predictions");
  // scipy.stats.t.interval(0.95, 2, 0.9, sem([0.89, 0.9, 0.91])) = (0.8751586, 0.9248414)
  const std::vector<double> values = {0.89, 0.90, 0.91};
  const Spread found = spread(values);
  EXPECT_DOUBLE_EQ(found.mean, 0.9);
  EXPECT_NEAR(found.std, 0.01, 1e-12);
  EXPECT_NEAR(found.ci95_low, 0.8751586, 1e-5);
  EXPECT_NEAR(found.ci95_high, 0.9248414, 1e-5);
  const Spread one = spread(std::vector<double>{0.5});
  EXPECT_EQ(one.std, 0);
  EXPECT_EQ(one.ci95_low, 0.5);
  EXPECT_NEAR(sampling_error(0.9, 50000), 0.00263, 1e-5);
}

TEST(Predictions, AreReadBack) {
  const Task& task = find_task("nsmc");
  const fs::path path = data::fresh_folder("predictions") / "p.jsonl";
  write_predictions(path, task,
                    {{.id = "7", .text = "a", .second_text = {}, .label = 1},
                     {.id = "8", .text = "b", .second_text = {}, .label = 0}},
                    {{0.25, 0.75}, {0.375, 0.625}});
  EXPECT_EQ(base::read_file(path),
            "{\"id\":\"7\",\"gold\":\"1\",\"prediction\":\"1\",\"scores\":{\"0\":0.25,\"1\":0.75}}\n"
            "{\"id\":\"8\",\"gold\":\"0\",\"prediction\":\"1\",\"scores\":{\"0\":0.375,\"1\":0.625}}\n");
  const auto rows = read_predictions(path, task);
  EXPECT_EQ(rows[1].gold, 0);
  EXPECT_EQ(rows[1].predicted, 1);
  EXPECT_EQ(rows[1].share, 0.625);
}

tokenizer::Tokenizer sample_tokenizer() {
  tokenizer::HfFiles files;
  files.tokens = data::sample_tokens();
  return tokenizer::Tokenizer::from_files(std::move(files), "sample");
}

std::vector<Example> sample_examples(size_t count) {
  std::vector<Example> out;
  for (size_t i = 0; i < count; ++i) {
    const int64_t label = static_cast<int64_t>(i % 2);
    std::string text = label == 0 ? "w1 w2" : "w3 w4";
    for (size_t word = 0; word < i % 7; ++word) text += " w" + std::to_string(10 + (i * 5 + word) % 80);
    out.push_back({.id = std::to_string(i), .text = text, .second_text = {}, .label = label});
  }
  return out;
}

model::Network small_network(uint64_t seed) {
  model::Config config;
  config.family = "electra";
  config.vocab_size = static_cast<int64_t>(data::sample_tokens().size());
  config.hidden_size = config.embedding_size = 32;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 2;
  config.intermediate_size = 64;
  config.max_position_embeddings = 32;
  config.initializer_range = 0.1;
  return model::make_network(config, model::Head::kSequence, 2, seed);
}

TEST(Classifier, CutsLongInputsAndCountsThem) {
  std::vector<Example> examples = sample_examples(2);
  examples.push_back(
      {.id = "long", .text = std::string("w1 w1 w1 w1 w1 w1 w1 w1 w1 w1"), .second_text = "w2 w2", .label = 0});
  const EncodedSet set = encode_examples(examples, sample_tokenizer(), 8);
  EXPECT_EQ(set.cut, 1u);
  EXPECT_EQ(set.inputs[2].ids.size(), 8u);
  EXPECT_EQ(set.inputs[2].type_ids, (std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(set.inputs[0].ids, (std::vector<int32_t>{2, 6, 7, 3}));
}

TEST(Classifier, PredictionsDoNotDependOnTheBatches) {
  const EncodedSet set = encode_examples(sample_examples(40), sample_tokenizer(), 16);
  const model::Network network = small_network(1);
  const auto whole = predict(network, set, {}, at::kCPU, 100'000), single = predict(network, set, {}, at::kCPU, 1);
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(whole[i][0] + whole[i][1], 1, 1e-6);
    EXPECT_NEAR(whole[i][0], single[i][0], 1e-6);
  }
}

TEST(Classifier, LearnsWhatSeparates) {
  const EncodedSet set = encode_examples(sample_examples(64), sample_tokenizer(), 16);
  model::Network network = small_network(2);
  train::Optimizer optimizer(model::parameters(network), {.bias_correction = true});
  const train::Schedule schedule({.learning_rate = 5e-3, .warmup_share = 0.1}, "electra", 8 * 40);
  double loss = 0;
  for (uint64_t epoch = 0; epoch < 40; ++epoch) {
    loss = train_epoch({.network = network,
                        .optimizer = optimizer,
                        .schedule = schedule,
                        .set = set,
                        .mode = {.training = true},
                        .device = at::kCPU,
                        .batch_size = 8,
                        .seed = 3,
                        .epoch = epoch,
                        .on_step = {}});
  }
  EXPECT_LT(loss, 0.1);
  EXPECT_EQ(score("accuracy", set.labels, most_probable(predict(network, set, {}, at::kCPU))), 1);
}

}  // namespace
}  // namespace lmkor::task
