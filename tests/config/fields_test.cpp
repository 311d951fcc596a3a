#include "lmkor/config/fields.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/config/toml.h"
#include "temporary_folder.h"

namespace lmkor::config {
namespace {

struct TrainOptions {
  int64_t steps = 1000;
  double learning_rate = 1e-4;
  double dropout = 0.1;
  bool whole_word_masking = true;

  void fields(Fields& f) {
    f.add("steps", steps, "steps to train", at_least(1));
    f.add("learning_rate", learning_rate, "highest rate", more_than(0));
    f.add("dropout", dropout, "share of dropped values", below_one());
    f.add("whole_word_masking", whole_word_masking, "mask whole words");
  }
  void check(Faults& faults) const {
    if (steps == 666) faults.add("steps: 666 and learning_rate do not get along");
  }
};

struct Options {
  std::vector<std::string> input = {"a b"};
  std::string family = "bert";
  std::string output;
  TrainOptions train;

  void fields(Fields& f) {
    f.positional("input", input, "files");
    f.add("family", family, "kind of model", one_of({"bert", "albert", "electra"}));
    f.add("output", output, "folder", required());
    f.group("train", train);
  }
};

class FieldsTest : public testing::Test {
 protected:
  std::vector<std::string> set(const std::string& path, const std::vector<std::string>& texts) {
    Faults faults;
    fields_.set(path, texts, "--set", faults);
    return faults.texts();
  }
  std::vector<std::string> check() {
    Faults faults;
    fields_.check(faults);
    return faults.texts();
  }
  std::vector<std::string> read(const std::string& toml) {
    Faults faults;
    read_toml(fields_, folder_.write("x.toml", toml), faults);
    std::vector<std::string> texts = faults.texts();
    const std::string file = (folder_.path() / "x.toml").string();
    for (std::string& text : texts) {
      if (text.starts_with(file)) text = "x.toml" + text.substr(file.size());
    }
    return texts;
  }

  using Texts = std::vector<std::string>;
  TemporaryFolder folder_;
  Options options_;
  Fields fields_ = Fields::of(options_);
};

TEST_F(FieldsTest, OneDeclarationGivesAllNames) {
  const Field& field = *fields_.find("train.learning_rate");
  EXPECT_EQ(field.flag(), "--train-learning-rate");
  EXPECT_EQ(field.environment(), "LMKOR_TRAIN_LEARNING_RATE");
  EXPECT_STREQ(field.type(), "number");
  EXPECT_EQ(field.built_in, "0.0001");
  EXPECT_EQ(field.origin, "built-in");
  EXPECT_EQ(field.legal(), "more than 0");
  EXPECT_EQ(fields_.find("train.steps")->legal(), "at least 1");
  EXPECT_EQ(fields_.find("train.dropout")->legal(), "from 0 to below 1");
  EXPECT_EQ(fields_.find("family")->legal(), "one of bert, albert, electra");
  EXPECT_EQ(fields_.find("output")->legal(), "must be given");
  EXPECT_EQ(fields_.find("input")->legal(), "");
}

TEST_F(FieldsTest, NumbersAreReadAsPeopleWriteThem) {
  for (const char* text : {"1000000", "1_000_000", "1e6", "+1000000"}) {
    EXPECT_EQ(set("train.steps", {text}), Texts()) << text;
    EXPECT_EQ(options_.train.steps, 1000000) << text;
  }
  EXPECT_EQ(set("train.learning_rate", {"3e-5"}), Texts());
  EXPECT_EQ(options_.train.learning_rate, 3e-5);
  for (const char* text : {"off", "no", "0", "false"}) {
    options_.train.whole_word_masking = true;
    EXPECT_EQ(set("train.whole_word_masking", {text}), Texts());
    EXPECT_FALSE(options_.train.whole_word_masking) << text;
  }
}

TEST_F(FieldsTest, WhatIsNoValueIsSaidAndChangesNothing) {
  EXPECT_EQ(set("train.steps", {"many"}), Texts({"--set: train.steps: got 'many', expected a whole number"}));
  EXPECT_EQ(set("train.steps", {"1.5"}), Texts({"--set: train.steps: got '1.5', expected a whole number"}));
  EXPECT_EQ(set("train.steps", {"16k"}), Texts({"--set: train.steps: got '16k', expected a whole number"}));
  EXPECT_EQ(set("train.steps", {""}), Texts({"--set: train.steps: got '', expected a whole number"}));
  EXPECT_EQ(set("train.dropout", {"nan"}), Texts({"--set: train.dropout: got 'nan', expected a number"}));
  EXPECT_EQ(set("train.whole_word_masking", {"maybe"}),
            Texts({"--set: train.whole_word_masking: got 'maybe', expected true or false"}));
  EXPECT_EQ(options_.train.steps, 1000);
  EXPECT_EQ(fields_.find("train.steps")->origin, "built-in");
}

TEST_F(FieldsTest, UnknownSettingsNameTheNearest) {
  EXPECT_EQ(set("train.learnign_rate", {"1"}),
            Texts({"--set: unknown setting 'train.learnign_rate'; did you mean 'train.learning_rate'?"}));
  EXPECT_EQ(set("model.dropout", {"1"}),
            Texts({"--set: unknown setting 'model.dropout'; did you mean 'train.dropout'?"}));
  EXPECT_EQ(set("whole_word_masking", {"1"}),
            Texts({"--set: unknown setting 'whole_word_masking'; did you mean 'train.whole_word_masking'?"}));
  EXPECT_EQ(set("colour_of_the_sky", {"1"}), Texts({"--set: unknown setting 'colour_of_the_sky'"}));
}

TEST_F(FieldsTest, AllFaultsAtOnceWithOriginValueAndRange) {
  set("train.steps", {"0"});
  set("train.dropout", {"1"});
  set("train.learning_rate", {"0"});
  set("family", {"gpt"});
  EXPECT_EQ(check(), Texts({"--set: family: got \"gpt\", expected one of bert, albert, electra",
                            "--output is missing: folder", "--set: train.steps: got 0, expected at least 1",
                            "--set: train.learning_rate: got 0.0, expected more than 0",
                            "--set: train.dropout: got 1.0, expected from 0 to below 1"}));
}

TEST_F(FieldsTest, RulesBetweenFieldsAreAsked) {
  set("output", {"x"});
  EXPECT_EQ(check(), Texts());
  set("train.steps", {"666"});
  EXPECT_EQ(check(), Texts({"steps: 666 and learning_rate do not get along"}));
}

TEST_F(FieldsTest, FaultsAreRaisedTogether) {
  Faults faults;
  EXPECT_NO_THROW(faults.raise("lmkor x"));
  faults.add("one");
  EXPECT_EQ(error_text(base::ErrorKind::kConfig, [&] { faults.raise("lmkor x"); }), "one");
  faults.add("two");
  EXPECT_EQ(error_text(base::ErrorKind::kConfig, [&] { faults.raise("lmkor x"); }), "lmkor x: 2 faults\n  one\n  two");
}

TEST_F(FieldsTest, TomlSetsValuesAndTheirOrigin) {
  EXPECT_EQ(read("input = [\"x\", \"y z\"]\nfamily = \"electra\"\n\n[train]\nsteps = 1e3\nlearning_rate = 1\n"
                 "whole_word_masking = false\n"),
            Texts());
  EXPECT_EQ(options_.input, Texts({"x", "y z"}));
  EXPECT_EQ(options_.family, "electra");
  EXPECT_EQ(options_.train.steps, 1000);
  EXPECT_EQ(options_.train.learning_rate, 1.0);
  EXPECT_FALSE(options_.train.whole_word_masking);
  EXPECT_EQ(fields_.find("train.steps")->origin, (folder_.path() / "x.toml").string() + ":5");
  EXPECT_EQ(fields_.find("train.dropout")->origin, "built-in");
  EXPECT_EQ(read("input = \"one\"\n"), Texts()) << "a string is a list of one";
  EXPECT_EQ(options_.input, Texts({"one"}));
}

TEST_F(FieldsTest, TomlOfWrongTypesNamesLineAndType) {
  EXPECT_EQ(read("family = 3\n"), Texts({"x.toml:1: family: got a number, expected a string in quotes"}));
  EXPECT_EQ(read("family = [\"bert\"]\n"), Texts({"x.toml:1: family: got a list, expected a string in quotes"}));
  EXPECT_EQ(read("input = [\"a\", [\"b\"]]\n"),
            Texts({"x.toml:1: input: got a list with other things, expected a list of strings"}));
  EXPECT_EQ(read("input = 2024-01-01\n"), Texts({"x.toml:1: input: got a date or time, expected a list of strings"}));
  EXPECT_EQ(read("\n[train]\nsteps = \"5\"\n"),
            Texts({"x.toml:3: train.steps: got a string, expected a whole number without quotes"}));
  EXPECT_EQ(read("[train]\nsteps = [1, 2]\n"),
            Texts({"x.toml:2: train.steps: got a list, expected a whole number without quotes"}));
  EXPECT_EQ(read("[train]\nsteps = 1.5\n"), Texts({"x.toml:2: train.steps: got '1.5', expected a whole number"}));
  EXPECT_EQ(read("[train]\ndropout = true\n"),
            Texts({"x.toml:2: train.dropout: got true or false, expected a number without quotes"}));
  EXPECT_EQ(read("[train]\nwhole_word_masking = 1\n"),
            Texts({"x.toml:2: train.whole_word_masking: got a number, expected true or false"}));
  EXPECT_EQ(read("[train]\nlearning_rate = inf\n"),
            Texts({"x.toml:2: train.learning_rate: got 'inf', expected a number"}));
}

TEST_F(FieldsTest, TomlOfUnknownKeysAndBrokenSyntax) {
  EXPECT_EQ(read("famly = \"bert\"\n\n[trian]\nsteps = 5\n[train]\nstep = 5\n[family]\nname = 1\n"),
            Texts({"x.toml:1: unknown setting 'famly'; did you mean 'family'?",
                   "x.toml:4: unknown setting 'trian.steps'; did you mean 'train.steps'?",
                   "x.toml:6: unknown setting 'train.step'; did you mean 'train.steps'?",
                   "x.toml:8: unknown setting 'family.name'"}));
  const Texts broken = read("[train]\nsteps = \n");
  ASSERT_EQ(broken.size(), 1u);
  EXPECT_TRUE(broken[0].starts_with("x.toml:2: not valid TOML: ")) << broken[0];
  EXPECT_EQ(error_text(base::ErrorKind::kNotFound,
                       [&] {
                         Faults faults;
                         read_toml(fields_, "/none/x.toml", faults);
                       }),
            "/none/x.toml: cannot read: No such file or directory");
}

TEST_F(FieldsTest, TomlThatIsWrittenSetsTheSameValuesAgain) {
  set("input", {"quote \" and \\", "줄\n\t탭", "\x01\x7f", ""});
  set("train.learning_rate", {"1e-10"});
  set("train.steps", {"9007199254740993"});
  const std::string written = to_toml(fields_, false);
  Options again;
  Fields fields = Fields::of(again);
  Faults faults;
  read_toml(fields, folder_.write("again.toml", written), faults);
  EXPECT_EQ(faults.texts(), Texts());
  EXPECT_EQ(to_toml(fields, false), written);
  EXPECT_EQ(again.input, options_.input);
  EXPECT_EQ(again.train.learning_rate, 1e-10);
  EXPECT_EQ(again.train.steps, 9007199254740993);
}

TEST_F(FieldsTest, TomlWithOrigins) {
  set("train.steps", {"5"});
  EXPECT_EQ(to_toml(fields_, true),
            "input = [\"a b\"]                           # built-in\n"
            "family = \"bert\"                           # built-in\n"
            "output = \"\"                               # built-in\n"
            "\n"
            "[train]\n"
            "steps = 5                                 # --set\n"
            "learning_rate = 0.0001                    # built-in\n"
            "dropout = 0.1                             # built-in\n"
            "whole_word_masking = true                 # built-in\n");
}

}  // namespace
}  // namespace lmkor::config
