#include "lmkor/cli/model/infer_lines.h"

#include <ATen/Parallel.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/line_blocks.h"
#include "lmkor/text/utf8.h"
#include "lmkor/train/precision.h"

namespace lmkor::cli {

using base::Error;
using base::ErrorKind;
using base::str;

void InferOptions::fields(config::Fields& f) {
  f.add("model", model, "model folder, run, or hub name that is in the cache", config::required());
  f.positional("input", input, "files of text, folders or patterns; standard input where none is given");
  f.include(infer);
  f.add("invalid_utf8", invalid_utf8, "what to do with broken UTF-8", config::one_of({"replace", "error"}));
}

infer::Model load_model(const Invocation& call, const InferOptions& options) {
  at::set_num_threads(call.threads());
  return infer::Model(model::load(options.model), options.infer, train::device_of(call.common.device));
}

namespace {

// About as much text as a batch holds: enough for the processor, little to keep.
constexpr size_t kTextBytes = size_t{32} << 10;

class Lines {
 public:
  Lines(const InferOptions& options, const LineFunction& answer) : options_(options), answer_(answer) {
    files_ = base::list_inputs(options.input.empty() ? std::vector<std::string>{"-"} : options.input);
  }

  void run() {
    answer_({});  // a model that cannot do it is refused before the first line comes
    LineBlockReader reader(files_, /*divide_lines=*/false);
    while (const auto block = reader.next()) {
      if (block->file != file_) line_ = 0;
      file_ = block->file;
      std::string_view rest = block->text;
      while (!rest.empty()) answer_some(rest);
    }
    if (cut_ > 0) warn(cut_, "lines were longer than the model takes and were cut");
    if (windowed_ > 0) warn(windowed_, "lines were longer than the model takes and were looked at through windows");
    if (replaced_ > 0) warn(replaced_, "broken parts of UTF-8 became U+FFFD");
  }

 private:
  static void warn(uint64_t count, const char* what) {
    base::log_warning(str(base::grouped(static_cast<long long>(count)), " ", what));
  }

  [[noreturn]] void fail(uint64_t line, const std::string& fault) const {
    const std::string name = files_[file_] == "-" ? "standard input" : files_[file_].string();
    throw Error(ErrorKind::kData, str(name, ":", line, ": ", fault));
  }

  void answer_some(std::string_view& rest) {
    std::vector<std::string_view> lines;
    std::vector<std::string> repaired;
    std::string fault;  // of the line behind the last one
    size_t bytes = 0;
    while (!rest.empty() && bytes < kTextBytes) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      std::string_view line = rest.substr(0, end);
      const size_t invalid = text::find_invalid(line);
      if (invalid != std::string_view::npos) {
        if (options_.invalid_utf8 == "error") {
          fault = str("got broken UTF-8 at byte ", invalid + 1,
                      " of the line, expected sound UTF-8; --invalid-utf8 replace makes it U+FFFD");
          break;
        }
        text::Repaired sound = text::repair(line);
        replaced_ += sound.replaced;
        repaired.push_back(std::move(sound.text));
        lines.emplace_back();
      } else {
        lines.push_back(line);
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
      bytes += line.size();
    }
    size_t next = 0;
    for (std::string_view& line : lines) {
      if (line.data() == nullptr) line = repaired[next++];
    }
    const std::vector<LineResult> results = answer_(lines);
    std::string out;
    for (size_t i = 0; i < results.size(); ++i) {
      ++line_;
      if (!results[i].fault.empty()) {
        print(out);
        fail(line_, results[i].fault);
      }
      cut_ += results[i].cut ? 1 : 0;
      windowed_ += results[i].windows > 1 ? 1 : 0;
      if (!results[i].json.empty()) out += results[i].json + '\n';
    }
    print(out);
    if (!fault.empty()) fail(line_ + 1, fault);
  }

  const InferOptions& options_;
  const LineFunction& answer_;
  std::vector<std::filesystem::path> files_;
  size_t file_ = 0;
  uint64_t line_ = 0, cut_ = 0, windowed_ = 0, replaced_ = 0;
};

}  // namespace

void answer_lines(const InferOptions& options, const LineFunction& answer) { Lines(options, answer).run(); }

}  // namespace lmkor::cli
