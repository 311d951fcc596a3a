// main() of both programs: which command, which signals, which exit code.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>

#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/base/version.h"
#include "lmkor/cli/command.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr std::string_view kModelProgram = "lmkor-model";

// The first signal asks for a safe stop; a second one ends at once.
void on_signal(int signal) {
  if (base::interrupted() != 0) ::_exit(128 + signal);
  base::set_interrupted(signal);
}

void install_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error, seen when standard output is checked
  std::signal(SIGXFSZ, SIG_IGN);  // a file over the limit of the shell is a write error, not a silent end
}

std::string overview() {
  std::string out =
      "lmkor: Korean BERT, ALBERT and ELECTRA from raw text to scores\n\nUsage: lmkor COMMAND [flags]\n\nCommands\n";
  size_t width = 0;
  for (const CommandInfo& command : catalogue()) width = std::max(width, command.name.size());
  for (const CommandInfo& command : catalogue()) {
    out += str("  ", command.name, std::string(width + 2 - command.name.size(), ' '), command.summary, "\n");
  }
  return out + "\nlmkor COMMAND --help shows a command's flags with an example; lmkor --version the version.\n";
}

// The command named by the leading arguments ("corpus build" takes two), and how many of them it took.
const CommandInfo* find_command(const std::vector<std::string>& arguments, size_t& used) {
  for (size_t words = std::min<size_t>(2, arguments.size()); words > 0; --words) {
    const std::string name = words == 2 ? str(arguments[0], " ", arguments[1]) : arguments[0];
    for (const CommandInfo& command : catalogue()) {
      if (command.name == name) {
        used = words;
        return &command;
      }
    }
  }
  return nullptr;
}

[[noreturn]] void fail_unknown(const std::vector<std::string>& arguments) {
  std::vector<std::string> names, verbs;
  for (const CommandInfo& command : catalogue()) {
    names.emplace_back(command.name);
    if (command.name.starts_with(arguments[0] + " ")) verbs.emplace_back(command.name);
  }
  if (!verbs.empty()) {
    throw base::Error(base::ErrorKind::kUsage, str("lmkor ", arguments[0], " needs one of: ", base::join(verbs, ", ")));
  }
  const std::string typed =
      arguments.size() > 1 && arguments[1][0] != '-' ? str(arguments[0], " ", arguments[1]) : arguments[0];
  std::string near = base::nearest(typed, names);
  if (near.empty()) near = base::nearest(arguments[0], names);
  throw base::Error(base::ErrorKind::kUsage,
                    str("unknown command '", arguments[0], "'", near.empty() ? "" : str("; did you mean '", near, "'?"),
                        " (lmkor --help lists all)"));
}

// Replaces this process by lmkor-model, which lies beside it.
[[noreturn]] void hand_over(char** argv) {
  // How often a waiting thread looks for the next piece of work before it sleeps. By default it looks for milliseconds,
  // which takes the processor from threads with work wherever others compute beside us; never looking costs a tenth of
  // the speed on an idle machine. Whoever set a policy keeps it.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) ::setenv("GOMP_SPINCOUNT", "5000", 0);
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path() / kModelProgram;
  ::execv(program.c_str(), argv);
  throw base::Error(base::ErrorKind::kEnvironment,
                    str(program.string(), ": cannot be started: ", std::strerror(errno),
                        "; this command needs the build with libtorch (cmake -DLMKOR_MODEL=ON)"));
}

int run(const Program& program, int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments[0] == "-h" || arguments[0] == "--help" || arguments[0] == "help") {
    print(overview());
    return arguments.empty() ? base::info(base::ErrorKind::kUsage).exit_code : 0;
  }
  const bool is_version = arguments[0] == "--version";
  if (is_version && program.name != kModelProgram) {
    std::error_code error;
    if (fs::exists(fs::read_symlink("/proc/self/exe", error).parent_path() / kModelProgram)) hand_over(argv);
  }
  if (is_version) {
    std::string text =
        str("lmkor ", base::kVersion, " (commit ", base::kCommit, ", ", base::kCompiler, ", ", base::kBuildType, ")\n");
    const base::Json facts = program.facts();
    for (const auto& [key, value] : facts.items())
      text += str(key, ": ", value.is_string() ? value.get<std::string>() : value.dump(), "\n");
    print(text);
    return 0;
  }
  size_t used = 0;
  const CommandInfo* command = find_command(arguments, used);
  if (command == nullptr) {
    // `lmkor corpus --help` lists the verbs of corpus.
    std::string verbs;
    for (const CommandInfo& row : catalogue()) {
      if (row.name.starts_with(arguments[0] + " ")) verbs += str("  lmkor ", row.name, "  ", row.summary, "\n");
    }
    if (!verbs.empty() && arguments.size() > 1 && (arguments[1] == "--help" || arguments[1] == "-h")) {
      print(verbs);
      return 0;
    }
    fail_unknown(arguments);
  }
  for (const HandlerRow& row : program.handlers) {
    if (row.name != command->name) continue;
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(used));
    Invocation call(*command, std::move(arguments), std::vector<std::string>(argv, argv + argc), program.facts());
    return row.run(call);
  }
  if (command->needs_model_program && program.name != kModelProgram) hand_over(argv);
  throw base::Error(base::ErrorKind::kInternal, str("no handler for '", command->name, "' in ", program.name));
}

}  // namespace

void print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      base::check_interrupt();
      if (errno == EINTR) continue;
      throw base::Error(base::ErrorKind::kOutput, str("standard output cannot be written: ", std::strerror(errno)));
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
}

int run_program(const Program& program, int argc, char** argv) {
  install_signals();
  const auto fail = [](std::string_view kind, std::string_view text) {
    std::cerr << (base::log_color() ? "\x1b[31mlmkor: error\x1b[0m" : "lmkor: error") << " (" << kind << "): " << text
              << std::endl;
  };
  try {
    return run(program, argc, argv);
  } catch (const base::Error& error) {
    fail(base::info(error.kind()).name, error.what());
    if (error.kind() == base::ErrorKind::kInterrupted && base::interrupted() != 0) return 128 + base::interrupted();
    return base::info(error.kind()).exit_code;
  } catch (const std::bad_alloc&) {
    fail(base::info(base::ErrorKind::kEnvironment).name, "out of memory");
    return base::info(base::ErrorKind::kEnvironment).exit_code;
  } catch (const fs::filesystem_error& error) {
    fail(base::info(base::ErrorKind::kEnvironment).name, str(error.path1().string(), ": ", error.code().message()));
    return base::info(base::ErrorKind::kEnvironment).exit_code;
  } catch (const std::exception& error) {
    fail(base::info(base::ErrorKind::kInternal).name, str(error.what(), " (a fault of lmkor: please report it)"));
    return base::info(base::ErrorKind::kInternal).exit_code;
  }
}

}  // namespace lmkor::cli
