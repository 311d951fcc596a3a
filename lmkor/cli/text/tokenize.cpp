// lmkor tokenize: a line of text in, a line of ids, tokens or JSON out. Streams; the lines are divided by LF only.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/log.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/scratch_pool.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::cli {
namespace {

using base::Error;
using base::ErrorKind;
using base::str;

constexpr size_t kBlockBytes = size_t{1} << 20;

struct TokenizeOptions {
  std::string tokenizer;
  std::vector<std::string> input;
  std::string output_format = "ids";
  bool offsets = false;
  bool special = false;
  bool match_special = true;
  int64_t max_length = 0;
  bool pairs = false;
  std::string invalid_utf8 = "replace";

  void fields(config::Fields& f) {
    f.add("tokenizer", tokenizer, "folder of a WordPiece tokenizer, or a vocab.txt", config::required());
    f.positional("input", input, "files of text, folders or patterns; standard input where none is given");
    f.add("output_format", output_format, "what a line becomes", config::one_of({"ids", "tokens", "jsonl"}));
    f.add("offsets", offsets, "also the begin and end of each token in code points; the output is jsonl then");
    f.add("special", special, "add [CLS] and [SEP]");
    f.add("match_special", match_special, "special tokens written in the text become their ids");
    f.add("max_length", max_length,
          "most ids of a line with special tokens, 0 for any; the longer text of a pair is cut", config::at_least(0));
    f.add("pairs", pairs, "a line holds two texts divided by a tab");
    f.add("invalid_utf8", invalid_utf8, "what to do with broken UTF-8", config::one_of({"replace", "error"}));
  }
  void check(config::Faults& faults) const {
    const int64_t least = special ? (pairs ? 3 : 2) : 0;
    if (max_length > 0 && max_length < least) {
      faults.add(str("max_length: got ", max_length, ", expected 0 or at least ", least,
                     ", the number of special tokens that --special adds"));
    }
  }
};

// A stretch of a file that ends with a line.
struct Block {
  std::string text;
  size_t file = 0;
};

// What became of a block. A fault is told with its line inside the block; the consumer knows the line in the file.
struct Encoded {
  std::string text;
  size_t file = 0;
  uint64_t lines = 0, replaced = 0;
  uint64_t fault_line = 0;  // from 1; 0: none
  std::string fault;
};

class BlockReader {
 public:
  explicit BlockReader(std::vector<std::filesystem::path> files) : files_(std::move(files)) {}

  std::optional<Block> next() {
    base::check_interrupt();
    while (true) {
      if (input_ == nullptr) {
        if (file_ == files_.size()) return std::nullopt;
        input_ = base::open_input(files_[file_]);
      }
      const size_t had = rest_.size();
      rest_.resize(had + kBlockBytes);
      const size_t got = input_->read(rest_.data() + had, kBlockBytes);
      rest_.resize(had + got);
      if (got == 0) {
        input_.reset();
        Block block{std::move(rest_), file_++};
        rest_.clear();
        if (!block.text.empty()) return block;
        continue;
      }
      const size_t end = rest_.rfind('\n');
      // A line without an end in sight: read on. Only the new bytes can hold its end.
      if (end == std::string::npos || end < had) continue;
      Block block{rest_.substr(0, end + 1), file_};
      rest_.erase(0, end + 1);
      return block;
    }
  }

 private:
  std::vector<std::filesystem::path> files_;
  std::unique_ptr<base::InputStream> input_;
  std::string rest_;
  size_t file_ = 0;
};

void append_number(std::string& out, uint32_t value) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

class Encoder {
 public:
  Encoder(const TokenizeOptions& options, bool json)
      : tokenizer_(tokenizer::Tokenizer::load(options.tokenizer)), options_(options) {
    encode_.offsets = options.offsets;
    encode_.match_added = options.match_special;
    encode_.add_special = options.special;
    encode_.max_length = static_cast<size_t>(options.max_length);
    if (options.offsets || json) options_.output_format = "jsonl";
    if (options_.output_format == "jsonl") {
      for (const std::string& token : tokenizer_.tokens()) quoted_.push_back(base::Json(token).dump());
    }
  }

  Encoded operator()(Block&& block) {
    auto lease = pool_.lease();
    Encoded out;
    out.file = block.file;
    out.text.reserve(block.text.size());
    const bool broken = text::find_invalid(block.text) != std::string_view::npos;
    std::string_view rest = block.text;
    while (!rest.empty() && out.fault_line == 0) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++out.lines;
      const size_t invalid = broken ? text::find_invalid(line) : std::string_view::npos;
      if (invalid == std::string_view::npos) {
        encode_line(line, *lease, out);
      } else if (options_.invalid_utf8 == "error") {
        fail(out, str("got broken UTF-8 at byte ", invalid + 1,
                      " of the line, expected sound UTF-8; --invalid-utf8 replace makes it U+FFFD"));
      } else {
        const text::Repaired repaired = text::repair(line);
        out.replaced += repaired.replaced;
        encode_line(repaired.text, *lease, out);
      }
    }
    return out;
  }

 private:
  static void fail(Encoded& out, std::string fault) {
    out.fault_line = out.lines;
    out.fault = std::move(fault);
  }

  void encode_line(std::string_view line, tokenizer::Tokenizer::Scratch& scratch, Encoded& out) {
    if (!options_.pairs) return write(tokenizer_.encode(line, scratch, encode_), out.text);
    const auto columns = 1 + std::count(line.begin(), line.end(), '\t');
    if (columns != 2) return fail(out, str("got ", columns, " columns, expected 2 texts divided by a tab (--pairs)"));
    const size_t tab = line.find('\t');
    write(tokenizer_.encode_pair(line.substr(0, tab), line.substr(tab + 1), scratch, encode_), out.text);
  }

  void write(const tokenizer::Encoding& encoding, std::string& out) const {
    const auto list = [&out](const auto& values, char separator, const auto& put) {
      bool first = true;
      for (const auto& value : values) {
        if (!first) out.push_back(separator);
        put(value);
        first = false;
      }
    };
    const auto put_id = [&out](int32_t id) { append_number(out, static_cast<uint32_t>(id)); };
    if (options_.output_format == "ids") {
      list(encoding.ids, ' ', put_id);
    } else if (options_.output_format == "tokens") {
      list(encoding.ids, ' ', [&](int32_t id) { out += tokenizer_.token(id); });
    } else {
      out += "{\"ids\":[";
      list(encoding.ids, ',', put_id);
      out += "],\"tokens\":[";
      list(encoding.ids, ',', [&](int32_t id) { out += quoted_[static_cast<size_t>(id)]; });
      out += ']';
      if (options_.offsets) {
        out += ",\"offsets\":[";
        list(encoding.offsets, ',', [&](const std::pair<uint32_t, uint32_t>& offset) {
          out += '[';
          append_number(out, offset.first);
          out += ',';
          append_number(out, offset.second);
          out += ']';
        });
        out += ']';
      }
      if (options_.pairs) {
        out += ",\"type_ids\":[";
        list(encoding.type_ids, ',', put_id);
        out += ']';
      }
      out += '}';
    }
    out += '\n';
  }

  tokenizer::Tokenizer tokenizer_;
  tokenizer::ScratchPool pool_;
  TokenizeOptions options_;
  tokenizer::EncodeOptions encode_;
  std::vector<std::string> quoted_;  // each token as JSON
};

void write_standard_output(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0) {
      base::check_interrupt();
      if (errno == EINTR) continue;
      throw Error(ErrorKind::kOutput, str("standard output cannot be written: ", std::strerror(errno)));
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

int run_tokenize(Invocation& call) {
  TokenizeOptions options;
  if (!call.parse(options)) return 0;
  const std::vector<std::string> arguments = options.input.empty() ? std::vector<std::string>{"-"} : options.input;
  const std::vector<std::filesystem::path> files = base::list_inputs(arguments);
  Encoder encoder(options, call.json());
  BlockReader reader(files);
  uint64_t line = 0, replaced = 0;
  size_t file = 0;
  base::ordered_pipeline<Block, Encoded>(
      call.threads(), [&] { return reader.next(); }, [&](Block&& block) { return encoder(std::move(block)); },
      [&](Encoded&& encoded) {
        base::check_interrupt();
        if (encoded.file != file) line = 0;
        file = encoded.file;
        if (encoded.fault_line > 0) {
          const std::string name = files[file] == "-" ? "standard input" : files[file].string();
          throw Error(ErrorKind::kData, str(name, ":", line + encoded.fault_line, ": ", encoded.fault));
        }
        write_standard_output(encoded.text);
        line += encoded.lines;
        replaced += encoded.replaced;
      });
  if (replaced > 0)
    base::log_warning(str(base::grouped(static_cast<long long>(replaced)), " broken parts of UTF-8 became U+FFFD"));
  return 0;
}

}  // namespace lmkor::cli
