// Settings of one call out of all their sources, by a command of the test's own.
#include <cstdlib>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "expect_error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "temporary_folder.h"

namespace lmkor::cli {
namespace {

using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

struct TreeOptions {
  int64_t count = 10;
  std::string kind = "pine";
  bool water = true;

  void fields(config::Fields& f) {
    f.add("count", count, "trees to plant", config::between(1, 1000));
    f.add("kind", kind, "kind of tree", config::one_of({"pine", "oak", "fir"}));
    f.add("water", water, "water them");
  }
};

struct PlantOptions {
  std::vector<std::string> input;
  std::string output;
  TreeOptions tree;

  void fields(config::Fields& f) {
    f.positional("input", input, "gardens", config::required());
    f.add("output", output, "where to write", config::required());
    f.group("tree", tree);
  }
};

constexpr CommandInfo kPlant = {"plant", "plant trees", "lmkor plant garden --output wood\nwood/ is written.", false};

class InvocationTest : public testing::Test {
 protected:
  InvocationTest() { environment("XDG_CONFIG_HOME", (folder_.path() / "xdg").string()); }
  ~InvocationTest() override {
    for (const std::string& name : set_) ::unsetenv(name.c_str());
  }
  void environment(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  static Invocation call(const std::vector<std::string>& arguments) {
    return Invocation(kPlant, arguments, {"lmkor", "plant"}, {{"libtorch", "9.9"}});
  }
  // The options after a call that runs; `origins` gets where each came from.
  PlantOptions run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"garden", "--output", "wood"});
    PlantOptions options;
    Invocation invocation = call(arguments);
    EXPECT_TRUE(invocation.parse(options));
    origins_.clear();
    for (const config::Field& field : invocation.fields().all()) origins_[field.path] = field.origin;
    threads_ = invocation.common.threads;
    return options;
  }
  static std::string fault(const std::vector<std::string>& arguments, ErrorKind kind = ErrorKind::kConfig) {
    PlantOptions options;
    return error_text(kind, [&] { call(arguments).parse(options); });
  }
  // What a call writes to standard output that is only a question.
  static std::string answer(const std::vector<std::string>& arguments) {
    PlantOptions options;
    testing::internal::CaptureStdout();
    EXPECT_FALSE(call(arguments).parse(options));
    return testing::internal::GetCapturedStdout();
  }

  TemporaryFolder folder_;
  std::vector<std::string> set_;
  std::map<std::string, std::string> origins_;
  int64_t threads_ = 0;
};

TEST_F(InvocationTest, LaterSourcesWinAndEachValueKeepsItsOrigin) {
  EXPECT_EQ(run({}).tree.count, 10);
  EXPECT_EQ(origins_["tree.count"], "built-in");
  EXPECT_EQ(origins_["input"], "argument");
  EXPECT_EQ(origins_["output"], "--output");

  // The user's file holds defaults for all commands: keys of others are passed over.
  const auto user = folder_.write("xdg/lmkor/config.toml", "threads = 3\nlearning_rate = 1.0\n[tree]\ncount = 20\n");
  EXPECT_EQ(run({}).tree.count, 20);
  EXPECT_EQ(origins_["tree.count"], user.string() + ":4");
  EXPECT_EQ(threads_, 3);

  environment("LMKOR_TREE_COUNT", "30");
  EXPECT_EQ(run({}).tree.count, 30);
  EXPECT_EQ(origins_["tree.count"], "LMKOR_TREE_COUNT");

  const auto one = folder_.write("one.toml", "[tree]\ncount = 40\nkind = \"oak\"\n").string();
  EXPECT_EQ(run({"--config", one}).tree.count, 40);
  EXPECT_EQ(origins_["tree.count"], one + ":2");
  const auto two = folder_.write("two.toml", "[tree]\ncount = 50\n").string();
  PlantOptions both = run({"--config", one, "--config", two});
  EXPECT_EQ(both.tree.count, 50) << "a later file wins";
  EXPECT_EQ(both.tree.kind, "oak");

  EXPECT_EQ(run({"--config", two, "--tree-count", "60"}).tree.count, 60);
  EXPECT_EQ(origins_["tree.count"], "--tree-count");
  EXPECT_EQ(run({"--tree-count", "60", "--set", "tree.count=70"}).tree.count, 70);
  EXPECT_EQ(origins_["tree.count"], "--set");
  EXPECT_EQ(origins_["tree.water"], "built-in");
}

TEST_F(InvocationTest, FlagsOfEachType) {
  EXPECT_FALSE(run({"--no-tree-water"}).tree.water);
  EXPECT_TRUE(run({"--no-tree-water", "--tree-water"}).tree.water);
  EXPECT_EQ(run({"--tree-kind=fir"}).tree.kind, "fir");
  const auto inputs = [](std::vector<std::string> arguments) {
    PlantOptions options;
    EXPECT_TRUE(call(arguments).parse(options));
    return options.input;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(inputs({"--output", "x", "a", "b,c"}), Texts({"a", "b,c"}));
  EXPECT_EQ(inputs({"--input", "a", "b", "--output", "x"}), Texts({"a", "b"}));
  EXPECT_EQ(inputs({"--input", "a", "--output", "x", "--input", "b"}), Texts({"a", "b"}));
  EXPECT_EQ(inputs({"--output", "x", "--", "-", "--odd"}), Texts({"-", "--odd"}));
  EXPECT_EQ(inputs({"--output", "x", "--set", "input=a,b"}), Texts({"a", "b"}));
  environment("LMKOR_INPUT", "c,d");
  EXPECT_EQ(inputs({"--output", "x"}), Texts({"c", "d"}));
}

TEST_F(InvocationTest, AllFaultsAtOnce) {
  environment("LMKOR_TREE_COUNT", "many");
  const auto file = folder_.write("x.toml", "[tree]\nknd = \"oak\"\nwater = 3\n").string();
  EXPECT_EQ(fault({"--config", file, "--tree-kind", "palm", "--tree-cuont", "3", "--set", "tree", "--threads", "-1"}),
            "lmkor plant: 8 faults\n"
            "  LMKOR_TREE_COUNT: tree.count: got 'many', expected a whole number\n"
            "  " +
                file +
                ":2: unknown setting 'tree.knd'; did you mean 'tree.kind'?\n"
                "  " +
                file +
                ":3: tree.water: got a number, expected true or false\n"
                "  --set: got 'tree', expected section.key=value\n"
                "  unknown flag '--tree-cuont'; did you mean '--tree-count'?\n"
                "  --output is missing: where to write\n"
                "  --tree-kind: tree.kind: got \"palm\", expected one of pine, oak, fir\n"
                "  --threads: threads: got -1, expected from 0 to 1024");
}

TEST_F(InvocationTest, FaultsOfTheCommonSettings) {
  EXPECT_EQ(fault({"a", "--output", "x", "--device", "tpu"}), "device: got \"tpu\", expected cpu, cuda or cuda:N");
  EXPECT_EQ(fault({"a", "--output", "x", "--device", "cuda:"}), "device: got \"cuda:\", expected cpu, cuda or cuda:N");
  EXPECT_EQ(fault({"a", "--output", "x", "-q", "-v"}), "quiet and verbose exclude each other");
  EXPECT_EQ(fault({"a", "--output", "x", "--seed", "-5"}), "--seed: seed: got -5, expected at least 0");
}

TEST_F(InvocationTest, AFlagWithoutItsValueIsWrongUsage) {
  EXPECT_THAT(fault({"a", "--output"}, ErrorKind::kUsage), HasSubstr("--output"));
  EXPECT_THAT(fault({"a", "--output"}, ErrorKind::kUsage), HasSubstr("; see lmkor plant --help"));
}

TEST_F(InvocationTest, ASettingsFileThatIsNotThere) {
  EXPECT_EQ(fault({"--config", "/none.toml"}, ErrorKind::kNotFound),
            "/none.toml: cannot read: No such file or directory");
}

TEST_F(InvocationTest, HelpShowsEveryFieldAndTheExample) {
  const std::string help = answer({"--help"});
  EXPECT_THAT(help, HasSubstr("lmkor plant: plant trees\n\nUsage: lmkor plant [flags] [input...]\n"));
  EXPECT_THAT(help, HasSubstr("\nSettings\n  --input TEXT...                 gardens; must be given\n"));
  EXPECT_THAT(help, HasSubstr("\nSettings of [tree]\n"
                              "  --tree-count N                  trees to plant; from 1 to 1000 [10]\n"
                              "  --tree-kind TEXT                kind of tree; one of pine, oak, fir [\"pine\"]\n"
                              "  --[no-]tree-water               water them [true]\n"));
  EXPECT_THAT(help, HasSubstr("\nExample\n  lmkor plant garden --output wood\n  wood/ is written.\n"));
  EXPECT_EQ(help, answer({"-h", "--tree-count", "5", "--unknown"})) << "a question is answered whatever else is said";
  size_t begin = 0;
  for (size_t end = help.find('\n'); end != std::string::npos; begin = end + 1, end = help.find('\n', begin))
    EXPECT_LE(end - begin, 110u) << help.substr(begin, end - begin);
}

TEST_F(InvocationTest, PrintedSettingsSetTheSameAgain) {
  const std::string printed = answer({"--tree-count", "7", "a", "b \"c\"", "--print-config", "--output", "x"});
  EXPECT_THAT(printed, HasSubstr("count = 7                                 # --tree-count\n"));
  const auto file = folder_.write("printed.toml", printed).string();
  const std::string again = answer({"--config", file, "--print-config"});
  const auto values = [](const std::string& toml) {
    std::string out;
    for (size_t at = 0; at < toml.size(); at = toml.find('\n', at) + 1)
      out += toml.substr(at, toml.find("  # ", at) - at).substr(0, toml.find('\n', at) - at) + "\n";
    while (out.find(" \n") != std::string::npos) out.erase(out.find(" \n"), 1);
    return out;
  };
  EXPECT_EQ(values(again), values(printed));
  EXPECT_THAT(again, HasSubstr("# " + file + ":"));
}

TEST_F(InvocationTest, ForceIsNoSettingOfAFile) {
  const auto file = folder_.write("x.toml", "force = true\n").string();
  EXPECT_EQ(fault({"a", "--output", "x", "--config", file}), file + ":1: unknown setting 'force'");
  PlantOptions options;
  Invocation invocation = call({"a", "--output", "x", "--force"});
  ASSERT_TRUE(invocation.parse(options));
  EXPECT_TRUE(invocation.common.force);
  EXPECT_THAT(invocation.settings_toml(), Not(HasSubstr("force")));
}

TEST_F(InvocationTest, OutputsAreClaimed) {
  const auto claim = [](const std::filesystem::path& output, std::vector<std::string> more = {}) {
    PlantOptions options;
    more.insert(more.end(), {"a", "--output", output.string()});
    Invocation invocation = call(more);
    ASSERT_TRUE(invocation.parse(options));
    invocation.claim_output(output);
  };
  const auto taken = folder_.write("taken/x", "old").parent_path();
  claim(folder_.path() / "new");
  std::filesystem::create_directory(folder_.path() / "empty");
  claim(folder_.path() / "empty");
  EXPECT_EQ(error_text(ErrorKind::kOutput, [&] { claim(taken); }),
            taken.string() + ": exists already; choose another --output or add --force to replace it");
  EXPECT_EQ(error_text(ErrorKind::kUsage,
                       [&] {
                         claim(taken, {"--force", (taken / "x").string()});
                       }),
            taken.string() + ": --force would remove it with " + (taken / "x").string() +
                " (--input) in it; choose another --output");
  EXPECT_EQ(base::read_file(taken / "x"), "old");
  claim(taken, {"--force"});
  EXPECT_FALSE(std::filesystem::exists(taken));
}

TEST_F(InvocationTest, AFolderIsReplacedOnlyWhenTheNewOneIsComplete) {
  const auto taken = folder_.write("taken/old", "x").parent_path();
  const auto names = [&] {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path()))
      out.insert(entry.path().lexically_relative(folder_.path()).string());
    return out;
  };
  PlantOptions options;
  Invocation invocation = call({"a", "--force", "--output", taken.string() + "/"});
  ASSERT_TRUE(invocation.parse(options));
  {
    OutputFolder given_up(invocation, options.output);
    base::write_file_atomic(given_up.path() / "new", "y");
    EXPECT_EQ(names(), (std::set<std::string>{"taken", "taken/old", ".taken.partial", ".taken.partial/new"}));
  }
  EXPECT_EQ(names(), (std::set<std::string>{"taken", "taken/old"}));
  OutputFolder folder(invocation, options.output);
  base::write_file_atomic(folder.path() / "new", "y");
  folder.commit();
  EXPECT_EQ(names(), (std::set<std::string>{"taken", "taken/new"}));
}

TEST_F(InvocationTest, RunFilesTellWhatMadeAnArtefact) {
  const auto input = folder_.write("in.txt", "abc");
  const auto parent = folder_.write("parent/vocab.txt", "[PAD]\n").parent_path();
  const auto output = folder_.path() / "out";
  base::make_directories(output);
  PlantOptions options;
  Invocation invocation = call({input.string(), "--output", output.string(), "--threads", "2"});
  ASSERT_TRUE(invocation.parse(options));
  ::setenv("SOURCE_DATE_EPOCH", "86400", 1);
  set_.push_back("SOURCE_DATE_EPOCH");
  invocation.write_run_files(output, {input, "-"}, {parent}, {{"answer", 42}});
  EXPECT_EQ(base::read_file(output / "run.toml"), invocation.settings_toml());
  const base::Json run = base::read_json(output / "run.json");
  EXPECT_EQ(run["command"], "plant");
  EXPECT_EQ(run["argv"], (base::Json{"lmkor", "plant"}));
  EXPECT_EQ(run["time"], "1970-01-02T00:00:00Z");
  EXPECT_EQ(run["threads"], 2);
  EXPECT_EQ(run["libtorch"], "9.9");
  EXPECT_EQ(run["answer"], 42);
  EXPECT_EQ(run["settings_sha256"], base::sha256(invocation.settings_toml()));
  ASSERT_EQ(run["inputs"].size(), 1u);
  EXPECT_EQ(run["inputs"][0], (base::Json{{"path", input.string()}, {"bytes", 3}, {"sha256", base::sha256("abc")}}));
  EXPECT_EQ(run["parents"][0]["sha256"]["vocab.txt"], base::sha256("[PAD]\n"));
}

TEST_F(InvocationTest, TheResultIsTextOrOneObject) {
  const auto shown = [](std::vector<std::string> arguments) {
    PlantOptions options;
    arguments.insert(arguments.end(), {"a", "--output", "x"});
    Invocation invocation = call(arguments);
    EXPECT_TRUE(invocation.parse(options));
    testing::internal::CaptureStdout();
    invocation.result({{"trees", 3}, {"name", "숲"}}, "3 trees\n");
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(shown({}), "3 trees\n");
  EXPECT_EQ(shown({"--json"}), "{\"trees\":3,\"name\":\"숲\"}\n");
}

}  // namespace
}  // namespace lmkor::cli
