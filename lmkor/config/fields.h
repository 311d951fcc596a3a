// An option is declared once: a struct of options names its fields in `void fields(config::Fields&)`, with the default
// in the member's initialiser. Command line, TOML, environment, --help, --print-config, docs and run.toml all derive
// from the list that Fields collects. Values are set in place; each keeps where it came from.
//
//   struct ShuffleOptions {
//     int64_t buffer_documents = 1000;
//     void fields(config::Fields& f) {
//       f.add("buffer_documents", buffer_documents, "documents held for shuffling", config::at_least(1));
//     }
//     void check(config::Faults& faults) const { ... }   // optional: rules between fields
//   };
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lmkor::config {

// What a value may be. Built by the functions below.
struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;  // the bound itself is not allowed
  std::vector<std::string> choices;          // for strings: the legal values, empty = any
  bool required = false;                     // a string or list that must not stay empty
};
Limits at_least(double low);
Limits more_than(double low);
Limits between(double low, double high);          // both included
Limits share();                                   // [0, 1]
Limits below_one();                               // [0, 1)
Limits one_of(std::vector<std::string> choices);  // for strings
Limits required();

using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*>;

// One declared option, bound to the member that holds its value.
struct Field {
  std::string path;  // "train.learning_rate"; "output" at the top
  Target target;
  std::string help;  // one sentence without a full stop
  Limits limits;
  std::string built_in;  // the default as TOML text, taken when it was declared
  std::string origin = "built-in";
  bool positional = false;  // also taken from arguments without a flag

  std::string flag() const;         // "--train-learning-rate"
  std::string environment() const;  // "LMKOR_TRAIN_LEARNING_RATE"
  std::string toml() const;         // the present value as TOML text
  const char* type() const;         // "bool", "integer", "number", "string", "list"
  std::string legal() const;        // "at least 1", "one of a, b", "" where anything goes
};

// Faults found in settings; all are reported at once.
class Faults {
 public:
  void add(std::string text);
  bool empty() const { return texts_.empty(); }
  const std::vector<std::string>& texts() const { return texts_; }
  // Throws Error{kConfig} with every fault on a line of its own; does nothing if there is none.
  void raise(std::string_view what) const;

 private:
  std::vector<std::string> texts_;
};

class Fields {
 public:
  template <class Options>
  static Fields of(Options& options) {
    Fields fields;
    fields.add_group_members(options);
    return fields;
  }

  // Declares one option of the struct being described.
  void add(std::string_view name, bool& value, std::string_view help, Limits limits = {});
  void add(std::string_view name, int64_t& value, std::string_view help, Limits limits = {});
  void add(std::string_view name, double& value, std::string_view help, Limits limits = {});
  void add(std::string_view name, std::string& value, std::string_view help, Limits limits = {});
  void add(std::string_view name, std::vector<std::string>& value, std::string_view help, Limits limits = {});
  // As add(), and arguments without a flag are put here. A list takes them all, a string one.
  void positional(std::string_view name, std::vector<std::string>& value, std::string_view help, Limits limits = {});
  void positional(std::string_view name, std::string& value, std::string_view help, Limits limits = {});

  // The fields of another struct, under `name`.
  template <class Options>
  void group(std::string_view name, Options& options) {
    const std::string before = prefix_;
    prefix_ += std::string(name) + ".";
    add_group_members(options);
    prefix_ = before;
  }
  // The fields of another struct, on this level.
  template <class Options>
  void include(Options& options) {
    add_group_members(options);
  }

  const std::vector<Field>& all() const { return fields_; }
  std::vector<Field>& all() { return fields_; }
  Field* find(std::string_view path);
  // The declared path nearest to `path`, or empty.
  std::string nearest(std::string_view path) const;

  // Sets `path` from text (command line, environment, --set). A list is divided at commas by the caller.
  // Adds a fault that names origin, value, legal values and, for an unknown path, the nearest known one.
  void set(std::string_view path, const std::vector<std::string>& texts, const std::string& origin, Faults& faults);
  // Checks limits of all values and the rules between fields.
  void check(Faults& faults) const;

 private:
  template <class Options>
  void add_group_members(Options& options) {
    options.fields(*this);
    if constexpr (requires(const Options& o, Faults& f) { o.check(f); }) {
      rules_.push_back([&options](Faults& faults) { options.check(faults); });
    }
  }
  void put(std::string_view name, Target target, std::string_view help, Limits limits, bool positional);

  std::string prefix_;
  std::vector<Field> fields_;
  std::vector<std::function<void(Faults&)>> rules_;
};

}  // namespace lmkor::config
