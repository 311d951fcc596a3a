// Gathering settings from all their sources, and answering --help and --print-config.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/log.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/progress.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/config/toml.h"

#include <unistd.h>

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

void CommonOptions::fields(config::Fields& f) {
  f.add("threads", threads, "threads to use, 0 for all processors; results never depend on it",
        config::between(0, 1024));
  f.add("seed", seed, "seed of all random choices", config::at_least(0));
  f.add("device", device, "cpu, cuda or cuda:N");
  f.add("progress", progress, "how progress is shown on standard error",
        config::one_of({"auto", "bar", "plain", "json", "none"}));
  f.add("color", color, "colours on standard error", config::one_of({"auto", "always", "never"}));
  f.add("quiet", quiet, "show warnings and errors only");
  f.add("verbose", verbose, "show details");
}

void CommonOptions::check(config::Faults& faults) const {
  const bool cuda = device == "cuda" || (device.starts_with("cuda:") && device.size() > 5 &&
                                         device.find_first_not_of("0123456789", 5) == std::string::npos);
  if (device != "cpu" && !cuda) faults.add(str("device: got \"", device, "\", expected cpu, cuda or cuda:N"));
  if (quiet && verbose) faults.add("quiet and verbose exclude each other");
}

Invocation::Invocation(const CommandInfo& command, std::vector<std::string> arguments, std::vector<std::string> argv,
                       base::Json facts)
    : command_(command), arguments_(std::move(arguments)), argv_(std::move(argv)), facts_(std::move(facts)) {}

int Invocation::threads() const { return base::resolve_threads(common.threads); }

std::string Invocation::settings_toml() const { return config::to_toml(fields_, false); }

namespace {

fs::path user_config() {
  const char* xdg = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (xdg != nullptr && *xdg != '\0') return fs::path(xdg) / "lmkor/config.toml";
  return home != nullptr ? fs::path(home) / ".config/lmkor/config.toml" : fs::path();
}

// A user's config file holds defaults for all commands, so keys that this command does not know are passed over.
void read_user_config(config::Fields& fields, config::Faults& faults) {
  const fs::path path = user_config();
  if (path.empty() || !fs::exists(path)) return;
  config::Faults found;
  config::read_toml(fields, path, found);
  for (const std::string& text : found.texts()) {
    if (text.find("unknown setting") == std::string::npos) faults.add(text);
  }
}

// The value of an environment variable or of --set: a list is divided at commas.
std::vector<std::string> value_texts(const config::Field* field, const std::string& value) {
  if (field == nullptr || field->type() != std::string_view("list")) return {value};
  return value.empty() ? std::vector<std::string>{} : CLI::detail::split(value, ',');
}

void read_environment(config::Fields& fields, config::Faults& faults) {
  for (config::Field& field : fields.all()) {
    if (const char* value = std::getenv(field.environment().c_str())) {
      fields.set(field.path, value_texts(&field, value), field.environment(), faults);
    }
  }
}

std::string wrap(std::string_view text, size_t indent, size_t width) {
  std::string out, line;
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      out += line + "\n" + std::string(indent, ' ');
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  return out + line;
}

std::string describe(const config::Field& field) {
  std::string text = field.help;
  if (!field.legal().empty()) text += str("; ", field.legal());
  if (field.built_in != "\"\"" && field.built_in != "[]") text += str(" [", field.built_in, "]");
  return text;
}

constexpr size_t kHelpIndent = 34;
constexpr size_t kHelpWidth = 110;

std::string help_line(std::string left, const std::string& right) {
  left = "  " + left;
  if (left.size() + 2 > kHelpIndent) {
    left += "\n" + std::string(kHelpIndent, ' ');
  } else {
    left.append(kHelpIndent - left.size(), ' ');
  }
  return left + wrap(right, kHelpIndent, kHelpWidth) + "\n";
}

bool is_absent(const fs::path& output) {
  std::error_code error;
  const fs::file_status status = fs::status(output, error);
  return !fs::exists(status) || (fs::is_directory(status) && fs::is_empty(output, error));
}

std::vector<std::string> values_of(const config::Field& field) {
  if (const auto* text = std::get_if<std::string*>(&field.target)) return {**text};
  if (const auto* list = std::get_if<std::vector<std::string>*>(&field.target)) return **list;
  return {};
}

bool names_a_path(const std::string& value) {
  std::error_code error;
  return fs::exists(value, error) || value.find_first_of("*?[") != std::string::npos;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const std::string inside = (fs::weakly_canonical(folder, error) / "").string();
  return (fs::weakly_canonical(path, error) / "").string().starts_with(inside);
}

}  // namespace

std::string Invocation::help() const {
  std::string usage = str("lmkor ", command_.name, " [flags]");
  for (const config::Field& field : fields_.all()) {
    if (field.positional) usage += str(" [", field.path, field.type() == std::string_view("list") ? "...]" : "]");
  }
  std::string out = str("lmkor ", command_.name, ": ", command_.summary, "\n\nUsage: ", usage, "\n");
  config::Fields common_fields = config::Fields::of(const_cast<CommonOptions&>(common));
  std::string section = "\n";
  std::string common_text = "\nEvery command\n";
  for (const config::Field& field : fields_.all()) {
    const char* type = field.type();
    const std::string value = type == std::string_view("bool")     ? ""
                              : type == std::string_view("list")   ? " TEXT..."
                              : type == std::string_view("string") ? " TEXT"
                                                                   : " N";
    std::string flag = field.flag();
    if (field.built_in == "true") flag.insert(2, "[no-]");
    if (field.path == "quiet") flag = "-q, " + flag;
    if (field.path == "verbose") flag = "-v, " + flag;
    const std::string line = help_line(flag + value, describe(field));
    if (common_fields.find(field.path) != nullptr) {
      common_text += line;
      continue;
    }
    const size_t dot = field.path.rfind('.');
    const std::string name =
        dot == std::string::npos ? "Settings" : str("Settings of [", field.path.substr(0, dot), "]");
    if (name != section) out += str("\n", name, "\n");
    section = name;
    out += line;
  }
  common_text += help_line("--config FILE", "TOML file (or recipe) with the same keys as the flags");
  common_text += help_line("--set KEY=VALUE", "any setting by its path, repeatable");
  common_text += help_line("--print-config", "show the effective settings with their origins and run nothing");
  common_text += help_line("--force", "replace an output that exists");
  common_text += help_line("--json", "the result as one JSON object on standard output");
  common_text += help_line("-h, --help", "this text");
  out += common_text + "\nExample\n";
  for (const std::string& line : CLI::detail::split(std::string(command_.example), '\n')) out += str("  ", line, "\n");
  return out;
}

bool Invocation::parse_fields() {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<std::string> config_files, assignments, rest;
  std::vector<std::vector<std::string>> given(fields_.all().size());
  bool help_wanted = false, print_config = false;
  app.add_option("--config", config_files)->allow_extra_args(false)->take_all();
  app.add_option("--set", assignments)->allow_extra_args(false)->take_all();
  app.add_flag("--print-config", print_config);
  app.add_flag("--json", json_);
  app.add_flag("--force", common.force);
  app.add_flag("-h,--help", help_wanted);
  for (size_t i = 0; i < given.size(); ++i) {
    const config::Field& field = fields_.all()[i];
    std::string names = field.flag();
    if (field.path == "quiet") names = "-q," + names;
    if (field.path == "verbose") names = "-v," + names;
    if (field.type() == std::string_view("bool")) {
      app.add_flag_function(names + ",!--no-" + field.flag().substr(2),
                            [&given, i](int64_t count) { given[i] = {count > 0 ? "true" : "false"}; })
          ->take_last();
    } else if (field.type() == std::string_view("list")) {
      app.add_option(names, given[i])->expected(1, 1 << 20)->take_all();
    } else {
      app.add_option(names, given[i])->expected(1)->allow_extra_args(false)->take_last();
    }
  }
  // Behind -- there are no flags.
  const auto flags_end = std::find(arguments_.begin(), arguments_.end(), "--");
  std::vector<std::string> loose;
  config::Faults faults;
  try {
    std::vector<std::string> reversed(std::make_reverse_iterator(flags_end), arguments_.rend());
    app.parse(reversed);
    rest = app.remaining();
  } catch (const CLI::ParseError& error) {
    if (!help_wanted && std::find(arguments_.begin(), arguments_.end(), "--help") == arguments_.end()) {
      throw base::Error(base::ErrorKind::kUsage, str(error.what(), "; see lmkor ", command_.name, " --help"));
    }
    help_wanted = true;
  }
  if (help_wanted) {
    print(help());
    return false;
  }

  read_user_config(fields_, faults);
  read_environment(fields_, faults);
  for (const std::string& file : config_files) config::read_toml(fields_, file, faults);
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i].empty()) fields_.set(fields_.all()[i].path, given[i], fields_.all()[i].flag(), faults);
  }
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos) {
      faults.add(str("--set: got '", assignment, "', expected section.key=value"));
      continue;
    }
    const std::string path = assignment.substr(0, equals);
    fields_.set(path, value_texts(fields_.find(path), assignment.substr(equals + 1)), "--set", faults);
  }

  std::vector<std::string> flags = {"--config", "--set", "--print-config", "--json", "--force", "--help"};
  for (const config::Field& field : fields_.all()) flags.push_back(field.flag());
  for (const std::string& argument : rest) {
    if (argument.size() > 1 && argument[0] == '-') {
      const std::string near = base::nearest(argument.substr(0, argument.find('=')), flags);
      faults.add(str("unknown flag '", argument, "'", near.empty() ? "" : str("; did you mean '", near, "'?")));
    } else {
      loose.push_back(argument);
    }
  }
  if (flags_end != arguments_.end()) loose.insert(loose.end(), flags_end + 1, arguments_.end());
  if (!loose.empty()) {
    const auto taker = std::find_if(fields_.all().begin(), fields_.all().end(),
                                    [](const config::Field& field) { return field.positional; });
    const bool takes = taker != fields_.all().end() && (loose.size() == 1 || taker->type() == std::string_view("list"));
    if (takes) {
      fields_.set(taker->path, loose, "argument", faults);
    } else {
      faults.add(str("unexpected argument '", loose.back(), "'"));
    }
  }
  if (print_config && faults.empty()) {
    print(config::to_toml(fields_, true));
    return false;
  }
  fields_.check(faults);
  faults.raise(str("lmkor ", command_.name));

  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool color =
      common.color == "always" || (common.color == "auto" && terminal && std::getenv("NO_COLOR") == nullptr);
  base::set_log(common.quiet     ? base::LogLevel::kQuiet
                : common.verbose ? base::LogLevel::kVerbose
                                 : base::LogLevel::kNormal,
                color);
  base::set_progress_style(common.quiet ? base::ProgressStyle::kNone : base::progress_style(common.progress, terminal));
  return true;
}

void Invocation::check_output(const fs::path& output, std::string_view setting) const {
  if (is_absent(output)) return;
  if (!common.force) {
    throw base::Error(base::ErrorKind::kOutput, str(output.string(), ": exists already; choose another --", setting,
                                                    " or add --force to replace it"));
  }
  for (const config::Field& field : fields_.all()) {
    for (const std::string& value : values_of(field)) {
      if (field.path != setting && names_a_path(value) && lies_in(value, output)) {
        throw base::Error(base::ErrorKind::kUsage, str(output.string(), ": --force would remove it with ", value, " (",
                                                       field.flag(), ") in it; choose another --", setting));
      }
    }
  }
}

void Invocation::claim_output(const fs::path& output, std::string_view setting) const {
  check_output(output, setting);
  std::error_code error;
  fs::remove_all(output, error);
  // Below a file there is nothing to remove; making the folder will say so.
  if (error && error != std::errc::not_a_directory) {
    throw base::Error(base::ErrorKind::kOutput, str(output.string(), ": cannot be replaced: ", error.message()));
  }
}

void Invocation::result(const base::Json& object, const std::string& text) const {
  print(json_ ? object.dump(-1, ' ', false, base::Json::error_handler_t::replace) + "\n" : text);
}

}  // namespace lmkor::cli
