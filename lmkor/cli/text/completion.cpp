// lmkor completion: what a shell needs to complete commands and flags. Commands stand in the script; flags are asked of
// `lmkor COMMAND --help`, once for each command and session, so that they are never out of date.
#include <map>

#include "lmkor/base/str.h"
#include "lmkor/cli/text/handlers.h"

namespace lmkor::cli {
namespace {

using base::str;

struct Options {
  std::string shell;
  void fields(config::Fields& f) {
    f.positional("shell", shell, "shell to complete in", config::one_of({"bash", "zsh", "fish"}));
  }
};

// First words of commands, each with the second ones that follow it and their summaries.
struct Word {
  std::string_view summary;  // of a command of one word
  std::vector<std::pair<std::string_view, std::string_view>> verbs;
};
std::map<std::string_view, Word> words() {
  std::map<std::string_view, Word> out;
  for (const CommandInfo& command : catalogue()) {
    const size_t blank = command.name.find(' ');
    Word& word = out[command.name.substr(0, blank)];
    if (blank == std::string_view::npos) {
      word.summary = command.summary;
    } else {
      word.verbs.emplace_back(command.name.substr(blank + 1), command.summary);
    }
  }
  return out;
}

// Each sign of `signs` in `text` behind `before`.
std::string escaped(std::string_view text, std::string_view signs, std::string_view before) {
  std::string out;
  for (const char c : text) {
    if (signs.find(c) != std::string_view::npos) out += before;
    out += c;
  }
  return out;
}

// The flags in the help of the command "$@".
constexpr const char* kAsk =
    "lmkor \"$@\" --help 2>/dev/null | sed -n -e 's/^  --\\[no-\\]\\([a-z0-9-]*\\).*/--\\1 --no-\\1/p' -e t -e "
    "'s/^  \\(--[a-z0-9-]*\\).*/\\1/p'";

std::string bash() {
  std::string out = "# eval \"$(lmkor completion bash)\", or put it where bash-completion looks\n_lmkor_ask() { ";
  out += kAsk;
  out +=
      "; }\ndeclare -A _lmkor_flags\n_lmkor() {\n  local now=${COMP_WORDS[COMP_CWORD]} words=${COMP_WORDS[1]}\n"
      "  COMPREPLY=()\n  if [[ $now == -* && $COMP_CWORD -gt 1 ]]; then\n"
      "    ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[2]} != -* ]] && words+=\" ${COMP_WORDS[2]}\"\n"
      "    [[ ${_lmkor_flags[$words]} ]] || _lmkor_flags[$words]=$(_lmkor_ask $words)\n"
      "    COMPREPLY=($(compgen -W \"${_lmkor_flags[$words]}\" -- \"$now\"))\n    return\n  fi\n"
      "  case $COMP_CWORD:$words in\n    1:*) words='";
  for (const auto& [name, word] : words()) out += str(name, " ");
  out += "--help --version' ;;\n";
  for (const auto& [name, word] : words()) {
    if (word.verbs.empty()) continue;
    out += str("    2:", name, ") words='");
    for (const auto& [verb, summary] : word.verbs) out += str(verb, " ");
    out += "' ;;\n";
  }
  return out +
         "    *) return ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$now\"))\n}\n"
         "complete -o default -o bashdefault -F _lmkor lmkor\n";
}

std::string zsh() {
  std::string out = "#compdef lmkor\n# lmkor completion zsh > \"${fpath[1]}/_lmkor\"\n_lmkor_ask() { ";
  out += kAsk;
  out += "; }\n_lmkor() {\n  local -a rows\n  case $CURRENT:$words[2] in\n    2:*) rows=(\n";
  const auto row = [](std::string_view name, std::string_view summary) {
    return str("      '", name, ":", escaped(escaped(summary, ":", "\\"), "'", "'\\'"), "'\n");
  };
  for (const auto& [name, word] : words()) out += row(name, word.verbs.empty() ? word.summary : "several commands");
  out += "    ) ;;\n";
  for (const auto& [name, word] : words()) {
    if (word.verbs.empty()) continue;
    out += str("    3:", name, ") rows=(\n");
    for (const auto& [verb, summary] : word.verbs) out += row(verb, summary);
    out += "    ) ;;\n";
  }
  return out +
         "  esac\n  if (($#rows)) && [[ $words[CURRENT] != -* ]]; then\n    _describe command rows\n    return\n  fi\n"
         "  if [[ $words[CURRENT] == -* ]]; then\n    rows=(${=\"$(_lmkor_ask ${${words[2,3]}:#-*})\"})\n"
         "    compadd -- $rows\n    return\n  fi\n  _files\n}\n_lmkor \"$@\"\n";
}

std::string fish() {
  const auto quoted = [](std::string_view text) { return str("'", escaped(text, "'\\", "\\"), "'"); };
  std::string out =
      "# lmkor completion fish > ~/.config/fish/completions/lmkor.fish\nfunction __lmkor_flags\n"
      "  set -l words (commandline -opc)\n  lmkor (string match -v -- '-*' $words[2..3]) --help 2>/dev/null | "
      "sed -n -e 's/^  --\\[no-\\]\\([a-z0-9-]*\\).*/--\\1\\n--no-\\1/p' -e t -e 's/^  "
      "\\(--[a-z0-9-]*\\).*/\\1/p'\nend\n"
      "complete -c lmkor -n 'not __fish_use_subcommand; and string match -q -- \"-*\" (commandline -ct)' -a "
      "'(__lmkor_flags)'\n";
  for (const auto& [name, word] : words()) {
    out += str("complete -c lmkor -f -n __fish_use_subcommand -a ", name, " -d ",
               quoted(word.verbs.empty() ? word.summary : "several commands"), "\n");
    for (const auto& [verb, summary] : word.verbs) {
      out += str("complete -c lmkor -f -n 'test (count (commandline -opc)) = 2; and __fish_seen_subcommand_from ", name,
                 "' -a ", verb, " -d ", quoted(summary), "\n");
    }
  }
  return out;
}

}  // namespace

int run_completion(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  print(options.shell == "zsh" ? zsh() : options.shell == "fish" ? fish() : bash());
  return 0;
}

}  // namespace lmkor::cli
