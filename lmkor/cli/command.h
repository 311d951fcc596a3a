// What every command shares: the table of commands, how settings are gathered, where results and run files go.
// The two programs (lmkor, lmkor-model) hold the same catalogue; each has handlers for its own rows, and lmkor hands
// the others over to lmkor-model by exec, so that text commands never load libtorch.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/base/json.h"
#include "lmkor/config/fields.h"

namespace lmkor::cli {

// Settings that every command has.
struct CommonOptions {
  int64_t threads = 0;
  int64_t seed = 1;
  std::string device = "cpu";
  std::string progress = "auto";
  std::string color = "auto";
  bool quiet = false;
  bool verbose = false;
  bool force = false;  // a flag only: no file that is read again may ask to replace things

  void fields(config::Fields& f);
  void check(config::Faults& faults) const;
};

// One row of the catalogue.
struct CommandInfo {
  std::string_view name;     // "corpus build", "pretrain"
  std::string_view summary;  // one line
  std::string_view example;  // a worked example: command lines, then what comes out
  bool needs_model_program;  // handled by lmkor-model
};
std::span<const CommandInfo> catalogue();

// One call of one command: its arguments on the way in, its result on the way out.
class Invocation {
 public:
  Invocation(const CommandInfo& command, std::vector<std::string> arguments, std::vector<std::string> argv,
             base::Json facts);

  // Fills `options` (a struct with fields()) and `common` from built-in values, the user's config file, environment,
  // --config, flags and --set, in this order. False when the call was only a question (--help, --print-config) and is
  // answered. Throws kConfig or kUsage with every fault at once.
  template <class Options>
  bool parse(Options& options) {
    fields_ = config::Fields::of(options);
    fields_.include(common);
    return parse_fields();
  }

  CommonOptions common;
  int threads() const;  // common.threads resolved
  const config::Fields& fields() const { return fields_; }
  bool json() const { return json_; }
  // The effective settings as TOML, as in run.toml.
  std::string settings_toml() const;

  // Writes `dir`/run.toml and `dir`/run.json. `inputs` are files whose size and SHA-256 are recorded, `parents` folders
  // of artefacts that this one was made from (their run.json is summarised); `extra` is added to run.json.
  void write_run_files(const std::filesystem::path& dir, const std::vector<std::filesystem::path>& inputs,
                       const std::vector<std::filesystem::path>& parents, const base::Json& extra = {}) const;

  // Throws kOutput if `output`, the value of the setting `setting`, exists and --force was not given, kUsage if --force
  // would replace an input that lies in it. A folder that holds nothing counts as absent.
  void check_output(const std::filesystem::path& output, std::string_view setting = "output") const;
  // The same, and with --force `output` is removed. cli/output_folder.h replaces it at the end of the work instead.
  void claim_output(const std::filesystem::path& output, std::string_view setting = "output") const;

  // Prints the command's result on standard output: with --json the object, otherwise `text`.
  void result(const base::Json& object, const std::string& text) const;

 private:
  bool parse_fields();
  std::string help() const;

  const CommandInfo& command_;
  std::vector<std::string> arguments_, argv_;
  base::Json facts_;  // of the program: libtorch version, devices
  config::Fields fields_;
  bool json_ = false;
};

using Handler = int (*)(Invocation& call);
struct HandlerRow {
  std::string_view name;
  Handler run;
};

// Writes to standard output at once. Throws kOutput with the reason (full disk, closed pipe).
void print(std::string_view text);

// What a program adds to the common main.
struct Program {
  std::string_view name;
  std::span<const HandlerRow> handlers;
  std::function<base::Json()> facts;  // asked only when needed: libtorch version, devices
};

// main() of both programs: finds the command, installs signal handlers, catches errors, returns the exit code.
int run_program(const Program& program, int argc, char** argv);

}  // namespace lmkor::cli
