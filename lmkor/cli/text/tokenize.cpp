// lmkor tokenize: a line of text in, a line of ids, tokens or JSON out, or ids in and text out. Streams; the lines are
// divided by LF only.
#include <algorithm>
#include <charconv>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/json.h"
#include "lmkor/base/log.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/line_blocks.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/text/utf8.h"
#include "lmkor/tokenizer/decode.h"
#include "lmkor/tokenizer/scratch_pool.h"
#include "lmkor/tokenizer/tokenizer.h"

namespace lmkor::cli {
namespace {

using base::Error;
using base::ErrorKind;
using base::str;
using tokenizer::Encoding;
using tokenizer::Truncation;

struct TokenizeOptions {
  std::string tokenizer;
  std::vector<std::string> input;
  std::string output_format = "ids";
  bool offsets = false;
  bool special = false;
  bool match_special = true;
  int64_t max_length = 0;
  std::string truncation = "longest_first";
  int64_t stride = 0;
  bool overflow = false;
  std::string padding = "none";
  int64_t pad_to_multiple_of = 0;
  bool pairs = false;
  std::string invalid_utf8 = "replace";
  bool decode = false;
  bool skip_special = true;
  bool cleanup = true;

  void fields(config::Fields& f) {
    f.add("tokenizer", tokenizer, "folder of a WordPiece tokenizer, or a vocab.txt", config::required());
    f.positional("input", input, "files of text, folders or patterns; standard input where none is given");
    f.add("output_format", output_format, "what a line becomes", config::one_of({"ids", "tokens", "jsonl"}));
    f.add("offsets", offsets, "also the begin and end of each token in code points; the output is jsonl then");
    f.add("special", special, "add [CLS] and [SEP]");
    f.add("match_special", match_special, "special tokens written in the text become their ids");
    f.add("max_length", max_length, "most ids of a line with special tokens, 0 for any", config::at_least(0));
    f.add("truncation", truncation, "which text of a pair is cut to max_length",
          config::one_of({"longest_first", "only_first", "only_second"}));
    f.add("overflow", overflow,
          "also what max_length cut off, as windows in \"overflowing\"; the output is jsonl then");
    f.add("stride", stride, "ids that a window of the overflow shares with the one before", config::at_least(0));
    f.add("padding", padding, "pad every line with [PAD] to max_length", config::one_of({"none", "max_length"}));
    f.add("pad_to_multiple_of", pad_to_multiple_of, "pad every line to a multiple of this, 0 for no padding",
          config::at_least(0));
    f.add("pairs", pairs, "a line holds two texts divided by a tab");
    f.add("invalid_utf8", invalid_utf8, "what to do with broken UTF-8", config::one_of({"replace", "error"}));
    f.add("decode", decode, "the other way round: lines of ids in, text out");
    f.add("skip_special", skip_special, "special tokens leave nothing in decoded text");
    f.add("cleanup", cleanup, "no blank before punctuation in decoded text");
  }
  void check(config::Faults& faults) const {
    const int64_t least = special ? (pairs ? 3 : 2) : 0;
    if (max_length > 0 && max_length < least) {
      faults.add(str("max_length: got ", max_length, ", expected 0 or at least ", least,
                     ", the number of special tokens that --special adds"));
    }
    if (max_length == 0 && padding == "max_length")
      faults.add("padding: got max_length, expected --max-length with it");
    if (max_length == 0 && overflow) faults.add("overflow: expected --max-length with it, which cuts texts");
    if (stride > 0 && (!overflow || stride >= max_length - least)) {
      faults.add(str("stride: got ", stride, ", expected --overflow with it and less than the ",
                     std::max<int64_t>(0, max_length - least), " ids of text that --max-length leaves"));
    }
    if (truncation == "only_second" && !pairs) faults.add("truncation: got only_second, expected --pairs with it");
  }
  bool pads() const { return padding != "none" || pad_to_multiple_of > 0; }
  // Lines whose ids do not depend on where they end, and are written as they come.
  bool is_plain() const { return output_format != "jsonl" && !pairs && max_length == 0 && !pads(); }
};

// What became of a block. A fault is told with its line inside the block; the consumer knows the line in the file.
struct Encoded {
  std::string text;
  size_t file = 0;
  bool begins_inside = false;
  uint64_t lines = 0, replaced = 0;  // lines that end here
  uint64_t fault_line = 0;           // from 1; 0: none
  std::string fault;
};

void append_number(std::string& out, uint32_t value) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

class Encoder {
 public:
  explicit Encoder(const TokenizeOptions& options)
      : tokenizer_(tokenizer::Tokenizer::load(options.tokenizer)), options_(options) {
    encode_.offsets = options.offsets;
    encode_.match_added = options.match_special;
    encode_.add_special = options.special;
    encode_.max_length = static_cast<size_t>(options.max_length);
    encode_.truncation = options.truncation == "only_first"    ? Truncation::kOnlyFirst
                         : options.truncation == "only_second" ? Truncation::kOnlySecond
                                                               : Truncation::kLongestFirst;
    encode_.stride = static_cast<size_t>(options.stride);
    tokenizer_.encode("", *pool_.lease(), encode_);  // a vocabulary without [CLS] is refused before the first line
    if (options.pads() && tokenizer_.pad_id() < 0) {
      throw Error(ErrorKind::kIncompatible, str(options.tokenizer, ": the vocabulary has no ",
                                                tokenizer_.settings().pad, ", which padding needs"));
    }
    if (options.output_format == "jsonl") {
      for (const std::string& token : tokenizer_.tokens()) quoted_.push_back(base::Json(token).dump());
    }
  }

  Encoded operator()(LineBlock&& block) {
    auto lease = pool_.lease();
    Encoded out;
    out.file = block.file;
    out.begins_inside = block.begins_inside;
    out.text.reserve(block.text.size());
    const bool broken = text::find_invalid(block.text) != std::string_view::npos;
    std::string_view rest = block.text;
    // A divided line may have nothing in its last block: its end still counts.
    bool open = block.begins_inside;
    while ((!rest.empty() || open) && out.fault_line == 0) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      const bool ends = end < rest.size() || !block.ends_inside;
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t invalid = broken ? text::find_invalid(line) : std::string_view::npos;
      if (invalid != std::string_view::npos && options_.invalid_utf8 == "error") {
        const uint64_t before = out.lines == 0 ? block.line_bytes_before : 0;
        fail(out, str("got broken UTF-8 at byte ", before + invalid + 1,
                      " of the line, expected sound UTF-8; --invalid-utf8 replace makes it U+FFFD"));
        break;
      }
      const text::Repaired repaired = invalid == std::string_view::npos ? text::Repaired{} : text::repair(line);
      out.replaced += repaired.replaced;
      try {
        write_line(invalid == std::string_view::npos ? line : repaired.text, open, ends, *lease, out);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kData) throw;
        fail(out, error.message());
      }
      open = false;
      if (ends) {
        ++out.lines;
        out.text += '\n';
      }
    }
    return out;
  }

 private:
  static void fail(Encoded& out, std::string fault) {
    out.fault_line = out.lines + 1;
    out.fault = std::move(fault);
  }

  // One line, or a part of it.
  void write_line(std::string_view line, bool inside, bool ends, tokenizer::Tokenizer::Scratch& scratch,
                  Encoded& out) const {
    if (options_.decode) return decode_line(line, out.text);
    if (options_.is_plain()) {
      tokenizer::EncodeOptions options = encode_;
      options.add_special = false;
      Encoding encoding;
      tokenizer_.encode(line, nullptr, scratch, options, encoding);
      if (options_.special && !inside) encoding.ids.insert(encoding.ids.begin(), tokenizer_.cls_id());
      if (options_.special && ends) encoding.ids.push_back(tokenizer_.sep_id());
      return write(encoding, out.text);
    }
    std::string_view second;
    if (options_.pairs) {
      const auto columns = 1 + std::count(line.begin(), line.end(), '\t');
      if (columns != 2) {
        throw Error(ErrorKind::kData, str("got ", columns, " columns, expected 2 texts divided by a tab (--pairs)"));
      }
      second = line.substr(line.find('\t') + 1);
      line = line.substr(0, line.find('\t'));
    }
    const std::string_view* const other = options_.pairs ? &second : nullptr;
    std::vector<Encoding> windows(1);
    if (options_.overflow) {
      windows = tokenizer_.encode_windows(line, other, scratch, encode_);
    } else {
      tokenizer_.encode(line, other, scratch, encode_, windows[0]);
    }
    if (options_.pads()) {
      for (Encoding& window : windows) {
        tokenizer::pad({&window, 1}, {options_.padding == "max_length" ? encode_.max_length : 0,
                                      static_cast<size_t>(options_.pad_to_multiple_of), tokenizer_.pad_id()});
      }
    }
    if (options_.output_format != "jsonl") return write(windows[0], out.text);
    write_object(windows[0], out.text);
    if (!options_.overflow) return;
    out.text.back() = ',';
    out.text += "\"overflowing\":[";
    for (size_t i = 1; i < windows.size(); ++i) {
      if (i > 1) out.text += ',';
      write_object(windows[i], out.text);
    }
    out.text += "]}";
  }

  void decode_line(std::string_view line, std::string& out) const {
    std::vector<int32_t> ids;
    for (size_t at = 0; (at = line.find_first_not_of(' ', at)) != std::string_view::npos;) {
      const std::string_view word = line.substr(at, std::min(line.find(' ', at), line.size()) - at);
      int32_t id = -1;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), id);
      if (error != std::errc() || end != word.data() + word.size() || id < 0 || id >= tokenizer_.size()) {
        throw Error(ErrorKind::kData, str("got '", word, "', expected ids from 0 to ", tokenizer_.size() - 1,
                                          " divided by blanks (--decode)"));
      }
      ids.push_back(id);
      at += word.size();
    }
    out += tokenizer::decode(tokenizer_, ids, {options_.skip_special, options_.cleanup});
  }

  template <class Values, class Put>
  static void list(std::string& out, const Values& values, char separator, const Put& put) {
    bool first = true;
    for (const auto& value : values) {
      if (!first) out.push_back(separator);
      put(value);
      first = false;
    }
  }

  void write(const Encoding& encoding, std::string& out) const {
    if (options_.output_format == "ids") {
      list(out, encoding.ids, ' ', [&](int32_t id) { append_number(out, static_cast<uint32_t>(id)); });
    } else {
      list(out, encoding.ids, ' ', [&](int32_t id) { out += tokenizer_.token(id); });
    }
  }

  void write_object(const Encoding& encoding, std::string& out) const {
    const auto numbers = [&](const char* name, const auto& values) {
      out += str(out.back() == '{' ? "\"" : ",\"", name, "\":[");
      list(out, values, ',', [&](auto value) { append_number(out, static_cast<uint32_t>(value)); });
      out += ']';
    };
    out += '{';
    numbers("ids", encoding.ids);
    out += ",\"tokens\":[";
    list(out, encoding.ids, ',', [&](int32_t id) { out += quoted_[static_cast<size_t>(id)]; });
    out += ']';
    if (options_.offsets) {
      out += ",\"offsets\":[";
      list(out, encoding.offsets, ',', [&](const std::pair<uint32_t, uint32_t>& offset) {
        out += '[';
        append_number(out, offset.first);
        out += ',';
        append_number(out, offset.second);
        out += ']';
      });
      out += ']';
    }
    if (options_.pairs) numbers("type_ids", encoding.type_ids);
    if (options_.special || options_.pads()) numbers("special_tokens_mask", encoding.special_tokens_mask);
    if (options_.pads()) numbers("attention_mask", encoding.attention_mask);
    out += '}';
  }

  tokenizer::Tokenizer tokenizer_;
  tokenizer::ScratchPool pool_;
  TokenizeOptions options_;
  tokenizer::EncodeOptions encode_;
  std::vector<std::string> quoted_;  // each token as JSON
};

}  // namespace

int run_tokenize(Invocation& call) {
  TokenizeOptions options;
  if (!call.parse(options)) return 0;
  if (options.offsets || options.overflow || call.json()) options.output_format = "jsonl";
  const std::vector<std::string> arguments = options.input.empty() ? std::vector<std::string>{"-"} : options.input;
  const std::vector<std::filesystem::path> files = base::list_inputs(arguments);
  Encoder encoder(options);
  LineBlockReader reader(files, options.is_plain() && !options.decode);
  uint64_t line = 0, replaced = 0;
  size_t file = 0;
  bool line_has_ids = false;  // the line under way, where it is divided
  base::ordered_pipeline<LineBlock, Encoded>(
      call.threads(), [&] { return reader.next(); }, [&](LineBlock&& block) { return encoder(std::move(block)); },
      [&](Encoded&& encoded) {
        base::check_interrupt();
        if (encoded.file != file) line = 0;
        file = encoded.file;
        if (encoded.fault_line > 0) {
          const std::string name = files[file] == "-" ? "standard input" : files[file].string();
          throw Error(ErrorKind::kData, str(name, ":", line + encoded.fault_line, ": ", encoded.fault));
        }
        const bool adds_ids = !encoded.text.empty() && encoded.text.front() != '\n';
        if (encoded.begins_inside && line_has_ids && adds_ids) print(" ");
        print(encoded.text);
        line_has_ids =
            encoded.lines > 0 ? !encoded.text.ends_with('\n') : adds_ids || (encoded.begins_inside && line_has_ids);
        line += encoded.lines;
        replaced += encoded.replaced;
      });
  if (replaced > 0)
    base::log_warning(str(base::grouped(static_cast<long long>(replaced)), " broken parts of UTF-8 became U+FFFD"));
  return 0;
}

}  // namespace lmkor::cli
