#include "lmkor/task/task.h"

#include <cmath>
#include <fstream>

#include <gmock/gmock.h>

#include "data/sample.h"
#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/task/custom.h"
#include "lmkor/task/learn.h"
#include "lmkor/task/metrics.h"
#include "lmkor/task/predictions.h"
#include "lmkor/task/resample.h"
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
  EXPECT_EQ(find_task("nsmc").metric(), "accuracy");
  EXPECT_EQ(error_text(ErrorKind::kUsage, [] { find_task("nmsc"); }),
            "--task: got \"nmsc\", expected one of nsmc, naver-ner, klue-ner, paws, kornli, korsts, question-pair, "
            "hate-speech, hate-speech-bias, korquad, klue-tc, klue-sts, klue-nli, klue-re, or a TOML file that "
            "describes your "
            "own; did you mean nsmc?");
  const fs::path dir = data::fresh_folder("tasks");
  EXPECT_EQ(error_text(ErrorKind::kNotFound, [&] { task_folder(dir, find_task("nsmc")); }),
            dir.string() + ": no train.tsv or ratings_train.txt in it, nor in " + (dir / "nsmc").string() +
                "; give the folder of the task nsmc");
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

TEST(Readers, EachPublicLayout) {
  struct Case {
    const char* task;
    const char* name;
    std::string text;
    const char* expected;  // id | text | second | what is right, of the last example
  };
  const Case cases[] = {
      {"naver-ner", "n.tsv", "김구는 1949년 서울에서\tPER-B DAT-B -\n", "1|김구는 1949년 서울에서||PER-B DAT-B O"},
      {"klue-ner", "k.tsv", "박씨의 딸(32)\tPS-B QT-B\r\n", "1|박씨의 딸(32)||PS-B QT-B"},
      {"klue-ner", "c.tsv",
       "## klue-ner-v1_dev_0\t<이순신:PS>은 <서울 시청:OG>\n이\tB-PS\n순\tI-PS\n신\tI-PS\n은\tO\n "
       "\tO\n서\tB-OG\n울\tI-OG\n"
       " \tI-OG\n시\tI-OG\n청\tI-OG\n\n",
       "klue-ner-v1_dev_0|이순신은 서울 시청||PS-B OG-B OG-I"},
      {"paws", "p.tsv", "id\tsentence1\tsentence2\tlabel\n9\tNS\t\t1\n", "9|NS||1"},
      {"kornli", "l.tsv", "sentence1\tsentence2\tgold_label\n가\t나\tneutral\n", "2|가|나|neutral"},
      {"korsts", "s.tsv", "genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2\ng\tf\ty\t04\t3.800\t가\t나\n",
       "04|가|나|3.8"},
      {"question-pair", "q.tsv", "question1\tquestion2\tis_duplicate\n가\t가\t0\n", "2|가|가|0"},
      {"hate-speech", "h.tsv", "title\tcomment\tbias\thate\n\"제목\"\t댓글\tgender\toffensive\n", "2|댓글||offensive"},
      {"hate-speech-bias", "b.tsv", "title\tcomment\tbias\thate\n\"제목\"\t댓글\tgender\toffensive\n",
       "2|댓글||gender"},
      {"korquad", "k.json",
       R"({"data":[{"paragraphs":[{"context":"나는 서울에 산다","qas":[{"id":"7","question":"어디?",)"
       R"("answers":[{"text":"서울","answer_start":3}]}]}]}]})",
       "7|어디?|나는 서울에 산다|서울@3"},
      {"klue-tc", "t.json", R"([{"guid":"g","title":"환율 급등","label":"경제"}])", "g|환율 급등||경제"},
      {"klue-sts", "t.json",
       R"([{"guid":"g","sentence1":"가","sentence2":"나","labels":{"label":3.7,"binary-label":1}}])", "g|가|나|3.7"},
      {"klue-nli", "t.json", R"([{"guid":"g","premise":"가","hypothesis":"나","gold_label":"neutral"}])",
       "g|가|나|neutral"},
      {"klue-re", "t.json",
       R"([{"guid":"g","sentence":"조선의 이순신은","subject_entity":{"word":"이순신","start_idx":4,"end_idx":6,"type":"PER"},)"
       R"("object_entity":{"word":"조선","start_idx":0,"end_idx":1,"type":"ORG"},"label":"per:employee_of"}])",
       "g|# ^ ORG ^ 조선 # 의 @ * PER * 이순신 @ 은||per:employee_of"},
  };
  for (const Case& row : cases) {
    const Task& task = find_task(row.task);
    const Example example = task.read(write(row.name, row.text), task).back();
    std::string right;
    switch (task.kind) {
      case Kind::kScore:
        right = base::str(example.value);
        break;
      case Kind::kTags:
        for (const int64_t label : example.labels)
          right += (right.empty() ? "" : " ") + task.labels[static_cast<size_t>(label)];
        break;
      case Kind::kAnswer:
        right = base::str(example.answers[0].text, "@", example.answers[0].begin);
        break;
      default:
        right = task.labels[static_cast<size_t>(example.label)];
    }
    EXPECT_EQ(base::str(example.id, "|", example.text, "|", example.second_text, "|", right), row.expected) << row.task;
  }
}

TEST(Readers, SayWhatIsWrong) {
  struct Case {
    const char* task;
    std::string text, expected;
  };
  const Case cases[] = {
      {"klue-ner", "가 나\tO\n",
       ":1: got 1 tags for 2 words, expected one tag for each; words and tags are divided by blanks"},
      {"klue-ner", "가 나 O O\n", ":1: got 1 columns, expected 2, divided by TAB"},
      {"korsts", "id\tscore\tsentence1\tsentence2\n1\t5.5\ta\tb\n",
       ":2: score: got \"5.5\", expected a number from 0 to 5"},
      {"korquad",
       R"({"data":[{"paragraphs":[{"context":"나는 서울에","qas":[{"id":"7","question":"q",)"
       R"("answers":[{"text":"서울","answer_start":2}]}]}]}]})",
       ": question 7: got the answer \"서울\" at answer_start 2, but the context has \" 서\" there; it counts code "
       "points"},
  };
  for (const Case& row : cases) {
    const Task& task = find_task(row.task);
    const fs::path path = write("bad", row.text);
    EXPECT_EQ(error_text(ErrorKind::kData, [&] { task.read(path, task); }), path.string() + row.expected);
  }
}

TEST(Metrics, NeedAsManyPredictionsAsExamples) {
  EXPECT_EQ(
      error_text(ErrorKind::kInternal,
                 [] { score("accuracy", find_task("nsmc"), std::vector<Example>(4), std::vector<Prediction>(1)); }),
      "metric accuracy: 4 examples and 1 predictions");
}

TEST(Resample, SpreadOfSeeds) {
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
}

TEST(Predictions, AreReadBack) {
  const Task& task = find_task("nsmc");
  const fs::path path = data::fresh_folder("predictions") / "p.jsonl";
  write_predictions(path, task, {{.id = "7", .label = 1}, {.id = "8", .label = 0}},
                    {{.label = 1, .scores = {0.25, 0.75}}, {.label = 1, .scores = {0.375, 0.625}}});
  EXPECT_EQ(base::read_file(path),
            "{\"id\":\"7\",\"gold\":\"1\",\"prediction\":\"1\",\"scores\":{\"0\":0.25,\"1\":0.75}}\n"
            "{\"id\":\"8\",\"gold\":\"0\",\"prediction\":\"1\",\"scores\":{\"0\":0.375,\"1\":0.625}}\n");
  const Predicted read = read_predictions(path, task);
  EXPECT_EQ(read.examples[1].label, 0);
  EXPECT_EQ(read.predictions[1].label, 1);
  EXPECT_EQ(read.predictions[1].scores, (std::vector<double>{0.375, 0.625}));
}

TEST(Predictions, OfEveryKindAreReadBack) {
  struct Case {
    const char* task;
    Example example;
    Prediction prediction;
    const char* line;
  };
  const Case cases[] = {
      {"korsts", {.id = "a", .value = 3.8}, {.value = 2.5}, R"({"id":"a","gold":3.8,"prediction":2.5})"},
      {"klue-ner",
       {.id = "b", .words = {"한국", "은"}, .labels = {3, 0}},
       {.labels = {3, 4}, .scores = {0.5, 0.75}},
       R"({"id":"b","words":["한국","은"],"gold":["LC-B","O"],"prediction":["LC-B","LC-I"],"scores":[0.5,0.75]})"},
      {"korquad",
       {.id = "c", .answers = {{.text = "서울"}}},
       {.answer = "서울시", .scores = {0.5}},
       R"({"id":"c","gold":"서울","prediction":"서울시","scores":[0.5]})"},
  };
  const fs::path path = data::fresh_folder("kinds") / "p.jsonl";
  for (const Case& row : cases) {
    const Task& task = find_task(row.task);
    write_predictions(path, task, {row.example}, {row.prediction});
    EXPECT_EQ(base::read_file(path), std::string(row.line) + "\n");
    const Predicted read = read_predictions(path, task);
    EXPECT_EQ(score(task.metric(), task, read.examples, read.predictions),
              score(task.metric(), task, std::vector{row.example}, std::vector{row.prediction}));
    EXPECT_EQ(read.predictions[0].scores, row.prediction.scores);
  }
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
    out.push_back({.id = std::to_string(i), .text = text, .label = label});
  }
  return out;
}

model::Config small_config() {
  model::Config config;
  config.family = "electra";
  config.vocab_size = static_cast<int64_t>(data::sample_tokens().size());
  config.hidden_size = config.embedding_size = 32;
  config.num_hidden_layers = 1;
  config.num_attention_heads = 2;
  config.intermediate_size = 64;
  config.max_position_embeddings = 64;
  config.initializer_range = 0.1;
  return config;
}

// A task of `kind` whose examples can be learnt: which label, score, tag or answer follows from the words.
Task sample_task(Kind kind) {
  Task task{
      .name = "sample", .summary = "sample", .kind = kind, .labels = {"O", "X-B"}, .metrics = {metric_names(kind)[0]}};
  task.pair = kind == Kind::kAnswer;
  return task;
}

std::vector<Example> sample_of(Kind kind, size_t count) {
  std::vector<Example> out = sample_examples(count);
  for (size_t i = 0; i < count; ++i) {
    Example& example = out[i];
    example.value = example.label == 0 ? -1 : 2;
    if (kind == Kind::kMultiLabel) example.labels = {example.label, 1 - example.label};
    if (kind == Kind::kTags) {
      example.words = {"w5", example.label == 0 ? "w1" : "w3", "w6"};
      example.labels = {0, example.label, 0};
    }
    if (kind == Kind::kAnswer) {
      const std::string before = i % 3 == 0 ? "w8 w9 " : "w8 ";
      example.text = "w1";
      example.second_text = before + (i % 2 ? "w20" : "w21") + " w7";
      example.answers = {{.text = i % 2 ? "w20" : "w21", .begin = static_cast<uint32_t>(before.size())}};
    }
  }
  return out;
}

model::Network network_for(const Task& task, uint64_t seed) {
  return model::make_network(small_config(), head_of(task.kind), task.kind == Kind::kScore ? 1 : 2, seed);
}

TEST(Encode, CutsLongInputsAndCountsThem) {
  std::vector<Example> examples = sample_examples(2);
  for (Example& example : examples) example.second_text = "w2";
  examples.push_back({.id = "long", .text = "w1 w1 w1 w1 w1 w1 w1 w1 w1 w1", .second_text = "w2 w2", .label = 0});
  Task task = sample_task(Kind::kClass);
  task.pair = true;
  const EncodedSet set = encode_examples(task, examples, sample_tokenizer(), {.max_length = 8, .swapped = true});
  EXPECT_EQ(set.cut, 1u);
  EXPECT_EQ(set.inputs[2].ids.size(), 8u);
  EXPECT_EQ(set.inputs[2].type_ids, (std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(set.inputs[0].ids, (std::vector<int32_t>{2, 6, 7, 3, 7, 3}));
  EXPECT_EQ(set.swapped[0].ids, (std::vector<int32_t>{2, 7, 3, 6, 7, 3}));
}

TEST(Encode, WordsThatDoNotFitGoOnInAFurtherInput) {
  Example example{.id = "1", .words = std::vector<std::string>(9, "w1"), .labels = {0, 1, 0, 1, 0, 1, 0, 1, 1}};
  const EncodedSet set = encode_examples(sample_task(Kind::kTags), {example}, sample_tokenizer(), {.max_length = 8});
  ASSERT_EQ(set.inputs.size(), 2u);
  EXPECT_EQ(set.windowed, 1u);
  EXPECT_EQ(set.cut, 0u);
  EXPECT_EQ(set.inputs[0].ids.size(), 8u);
  EXPECT_EQ(set.inputs[1].first_word, 6u);
  EXPECT_EQ(set.inputs[1].targets, (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(set.inputs[1].first_pieces, (std::vector<int64_t>{1, 2, 3}));
}

TEST(Encode, AnswersAreFoundInTheWindowsThatHoldThem) {
  std::string context;
  for (int i = 0; i < 40; ++i) context += "w" + std::to_string(10 + i) + " ";
  const Example example{.id = "1",
                        .text = "w1 w2",
                        .second_text = context,
                        .answers = {{.text = "w35 w36", .begin = static_cast<uint32_t>(context.find("w35"))}}};
  const EncodedSet set =
      encode_examples(sample_task(Kind::kAnswer), {example}, sample_tokenizer(), {.max_length = 25, .window_step = 10});
  ASSERT_EQ(set.inputs.size(), 3u);  // 20 tokens of the context each, 10 further each time
  EXPECT_EQ(set.inputs[0].targets, (std::vector<int64_t>{0, 0}));
  for (const size_t window : {1, 2}) {
    const Encoded& input = set.inputs[window];
    EXPECT_EQ(input.context_begin, 4);
    const auto begin = static_cast<size_t>(input.targets[0] - 4), end = static_cast<size_t>(input.targets[1] - 4);
    EXPECT_EQ(context.substr(input.offsets[begin].first, input.offsets[end].second - input.offsets[begin].first),
              "w35 w36");
  }
}

TEST(Learn, PredictionsDoNotDependOnTheBatches) {
  for (const Kind kind : {Kind::kClass, Kind::kScore, Kind::kMultiLabel, Kind::kTags, Kind::kAnswer}) {
    const Task task = sample_task(kind);
    const std::vector<Example> examples = sample_of(kind, 40);
    const EncodedSet set = encode_examples(task, examples, sample_tokenizer(), {.max_length = 16});
    const model::Network network = network_for(task, 1);
    const auto whole = predict({network, task, examples, set, {}, at::kCPU, 100'000});
    const auto single = predict({network, task, examples, set, {}, at::kCPU, 1});
    for (size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(whole[i].labels, single[i].labels);
      EXPECT_EQ(whole[i].answer, single[i].answer);
      EXPECT_NEAR(whole[i].value, single[i].value, 1e-5);
      ASSERT_EQ(whole[i].scores.size(), single[i].scores.size());
      for (size_t k = 0; k < whole[i].scores.size(); ++k) EXPECT_NEAR(whole[i].scores[k], single[i].scores[k], 1e-5);
    }
  }
}

TEST(Learn, EveryKindLearnsWhatSeparates) {
  struct Case {
    Kind kind;
    LossSettings loss;
  };
  const Case cases[] = {{Kind::kClass, {}},
                        {Kind::kClass, {.class_weights = {1, 2}}},
                        {Kind::kClass, {.r_drop = 1}},
                        {Kind::kScore, {}},
                        {Kind::kMultiLabel, {}},
                        {Kind::kTags, {}},
                        {Kind::kAnswer, {}},
                        {Kind::kAnswer, {.r_drop = 0.5}}};
  for (const Case& row : cases) {
    const Task task = sample_task(row.kind);
    const std::vector<Example> examples = sample_of(row.kind, 64);
    const EncodedSet set = encode_examples(task, examples, sample_tokenizer(), {.max_length = 16});
    model::Network network = network_for(task, 2);
    train::Optimizer optimizer(model::parameters(network), {.bias_correction = true});
    const train::Schedule schedule({.learning_rate = 5e-3, .warmup_share = 0.1}, "electra", 8 * 40);
    double first = 0, last = 0;
    for (uint64_t epoch = 0; epoch < 40; ++epoch) {
      last = train_epoch({.network = network,
                          .optimizer = optimizer,
                          .schedule = schedule,
                          .kind = row.kind,
                          .set = set,
                          .mode = {.training = true},
                          .device = at::kCPU,
                          .batch_size = 8,
                          .seed = 3,
                          .epoch = epoch,
                          .loss = row.loss,
                          .on_step = {}});
      if (epoch == 0) first = last;
    }
    EXPECT_LT(last, first / 2) << kind_name(row.kind);
    const auto predictions = predict({network, task, examples, set, {}, at::kCPU});
    EXPECT_GT(score(task.metric(), task, examples, predictions), row.kind == Kind::kScore ? 0.8 : 0.98)
        << kind_name(row.kind);
  }
}

}  // namespace
}  // namespace lmkor::task
