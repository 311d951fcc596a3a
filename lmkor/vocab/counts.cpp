#include "lmkor/vocab/counts.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>

#include "lmkor/base/error.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::vocab {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

constexpr size_t kBlockBytes = size_t{1} << 16;
constexpr size_t kMostOpen = 128;  // files at a time
constexpr int kLevel = 1;          // of zstd: counts are written and read once, and shrink little beyond it
constexpr std::string_view kMagic = "#lmkor-counts\t";

// What of the settings decides how text becomes words.
struct Rule {
  const char* name;
  bool (*value)(const tokenizer::Settings&);
};
constexpr Rule kRules[] = {
    {"clean_text", [](const tokenizer::Settings& s) { return s.clean_text; }},
    {"handle_chinese_chars", [](const tokenizer::Settings& s) { return s.handle_chinese_chars; }},
    {"lowercase", [](const tokenizer::Settings& s) { return s.lowercase; }},
    {"strip_accents", [](const tokenizer::Settings& s) { return s.strips_accents(); }},
};

[[noreturn]] void fail_overflow() {
  throw Error(ErrorKind::kData, "a count does not fit 64 bits; use smaller or fewer weights");
}

uint64_t times(uint64_t count, uint64_t factor) {
  uint64_t out = 0;
  if (__builtin_mul_overflow(count, factor, &out)) fail_overflow();
  return out;
}

uint64_t plus(uint64_t a, uint64_t b) {
  uint64_t out = 0;
  if (__builtin_add_overflow(a, b, &out)) fail_overflow();
  return out;
}

CountsInfo parse_header(std::string_view line, const std::string& origin) {
  if (!line.starts_with(kMagic)) {
    throw Error(ErrorKind::kData,
                str(origin, ":1: not a file of counts: got no line that begins with \"",
                    kMagic.substr(0, kMagic.size() - 1), "\", expected one made by lmkor vocab count"));
  }
  const base::Json json = base::parse_json(line.substr(kMagic.size()), origin + ":1");
  const int version = base::json_get<int>(json, "version", origin);
  if (version != 1) {
    throw Error(ErrorKind::kIncompatible,
                str(origin, ": got counts of version ", version, ", expected 1; count again with this lmkor"));
  }
  const base::Json rules = base::json_get<base::Json>(json, "normalisation", origin);
  CountsInfo info;
  info.settings.clean_text = base::json_get<bool>(rules, "clean_text", origin);
  info.settings.handle_chinese_chars = base::json_get<bool>(rules, "handle_chinese_chars", origin);
  info.settings.lowercase = base::json_get<bool>(rules, "lowercase", origin);
  info.settings.strip_accents = base::json_get<bool>(rules, "strip_accents", origin);
  info.unit = base::json_get<uint64_t>(json, "unit", origin);
  if (info.unit == 0) throw Error(ErrorKind::kData, str(origin, ": unit: got 0, expected a positive number"));
  info.texts = base::json_get<uint64_t>(json, "texts", origin);
  info.text_bytes = base::json_get<uint64_t>(json, "text_bytes", origin);
  info.bytes = base::json_get<uint64_t>(json, "bytes", origin);
  info.eojeols = base::json_get<uint64_t>(json, "eojeols", origin);
  info.total = base::json_get<uint64_t>(json, "total", origin);
  return info;
}

}  // namespace

std::string different_rule(const tokenizer::Settings& a, const tokenizer::Settings& b) {
  for (const Rule& rule : kRules) {
    if (rule.value(a) != rule.value(b)) return rule.name;
  }
  return "";
}

void CountsInfo::add(const CountsInfo& other, const std::string& origin) {
  for (const Rule& rule : kRules) {
    if (rule.value(settings) == rule.value(other.settings)) continue;
    throw Error(ErrorKind::kIncompatible,
                str(origin, ": counted with ", rule.name, " = ", rule.value(other.settings), ", expected ",
                    rule.value(settings),
                    " as the rest; words of different normalisation cannot be added: count the text again, or give the "
                    "flag that these counts were made with"));
  }
  const uint64_t common = times(unit / std::gcd(unit, other.unit), other.unit);
  const auto fold = [&](uint64_t CountsInfo::*figure) {
    this->*figure = plus(times(this->*figure, common / unit), times(other.*figure, common / other.unit));
  };
  fold(&CountsInfo::bytes);
  fold(&CountsInfo::eojeols);
  fold(&CountsInfo::total);
  unit = common;
  texts += other.texts;
  text_bytes += other.text_bytes;
}

std::string CountsInfo::header() const {
  base::Json rules;
  for (const Rule& rule : kRules) rules[rule.name] = rule.value(settings);
  const base::Json json = {
      {"version", 1},   {"normalisation", rules}, {"unit", unit},  {"texts", texts}, {"text_bytes", text_bytes},
      {"bytes", bytes}, {"eojeols", eojeols},     {"total", total}};
  return str(kMagic, json.dump(), '\n');
}

WordReader::WordReader(const fs::path& file) : origin_(file.string()), input_(base::open_input(file)) {
  buffer_.resize(2 * kBlockBytes);
  fill();
  const size_t end = data_.find('\n');
  info_ = parse_header(data_.substr(0, end), origin_);
  at_ = end + 1;
}

// Moves the line that goes on to the front and reads until a line ends.
bool WordReader::fill() {
  if (input_ == nullptr) return false;
  if (rest_ > 0) std::memmove(buffer_.data(), buffer_.data() + data_.size(), rest_);
  size_t size = rest_;
  while (true) {
    if (buffer_.size() - size < kBlockBytes) buffer_.resize(2 * buffer_.size());
    const size_t got = input_->read(buffer_.data() + size, kBlockBytes);
    if (got == 0) {
      if (size > 0) fail("a line that is cut off");
      data_ = {};
      at_ = rest_ = 0;
      return false;
    }
    const size_t from = size;
    size += got;
    const auto* end = static_cast<const char*>(::memrchr(buffer_.data() + from, '\n', got));
    if (end == nullptr) continue;
    const size_t whole = static_cast<size_t>(end - buffer_.data()) + 1;
    data_ = std::string_view(buffer_).substr(0, whole);
    rest_ = size - whole;
    at_ = 0;
    if (text::find_invalid(data_) != std::string_view::npos) fail("broken UTF-8 in the lines after this one");
    return true;
  }
}

bool WordReader::read(WordCount& out) {
  const char* at = data_.data() + at_;
  uint64_t count = 0;
  const auto [stop, error] = std::from_chars(at, data_.data() + data_.size(), count);
  const auto* end = static_cast<const char*>(std::memchr(at, '\n', data_.size() - at_));
  ++line_;
  if (error != std::errc() || *stop != '\t' || end <= stop + 1 || count == 0) {
    fail(str("\"", std::string_view(at, std::min<size_t>(40, static_cast<size_t>(end - at))), "\""));
  }
  out = {{stop + 1, static_cast<size_t>(end - stop - 1)}, factor_ == 1 ? count : times(count, factor_)};
  at_ = static_cast<size_t>(end - data_.data()) + 1;
  if (input_ != nullptr) {
    if (!first_ && out.word <= last_) fail(str("the word \"", out.word, "\" after \"", last_, "\""));
    first_ = false;
    last_.assign(out.word);
  }
  return true;
}

void WordReader::fail(const std::string& got) const {
  throw Error(ErrorKind::kData, str(origin_, ":", line_, ": damaged counts: got ", got,
                                    ", expected COUNT<tab>WORD in the order of the words' bytes; count again"));
}

bool WordReader::next_block(std::string& lines, size_t bytes) {
  lines.clear();
  while (lines.size() < bytes && (at_ < data_.size() || fill())) {
    size_t size = data_.size() - at_;
    if (size > bytes - lines.size()) size = data_.find('\n', at_ + bytes - lines.size()) + 1 - at_;
    lines.append(data_.substr(at_, size));
    at_ += size;
  }
  return !lines.empty();
}

void append_line(std::string& out, std::string_view word, uint64_t count) {
  char digits[24];
  char* const end = std::to_chars(digits, digits + sizeof digits, count).ptr;
  *end = '\t';
  out.append(digits, end + 1);
  out.append(word);
  out.push_back('\n');
}

void write_counts(const fs::path& path, const Counts& counts) {
  base::OutputFile file(path, kLevel);
  file.write(counts.info.header());
  for (size_t at = 0; at < counts.lines.size(); at += kBlockBytes) {
    base::check_interrupt();
    file.write(std::string_view(counts.lines).substr(at, kBlockBytes));
  }
  file.commit();
}

Counts merge_runs(std::vector<std::unique_ptr<WordReader>> runs, const CountsInfo& info, const fs::path& path,
                  uint64_t hold_bytes) {
  Counts out;
  out.info = info;
  base::OutputFile file(path, kLevel);
  file.write(info.header());
  struct Head {
    WordCount word;
    size_t run;
    bool operator<(const Head& other) const { return word.word > other.word.word; }  // the heap's top is the smallest
  };
  std::vector<Head> heads;
  for (size_t run = 0; run < runs.size(); ++run) {
    Head head{{}, run};
    if (runs[run]->next(head.word)) heads.push_back(head);
  }
  std::make_heap(heads.begin(), heads.end());
  std::string block, word;
  bool held = true;
  const auto flush = [&] {
    base::check_interrupt();
    file.write(block);
    held = held && out.lines.size() + block.size() <= hold_bytes;
    if (held) {
      out.lines += block;
    } else {
      out.lines = {};
    }
    block.clear();
  };
  while (!heads.empty()) {
    word.assign(heads.front().word.word);
    uint64_t count = 0;
    while (!heads.empty() && heads.front().word.word == word) {
      std::pop_heap(heads.begin(), heads.end());
      Head& head = heads.back();
      count = plus(count, head.word.count);
      if (runs[head.run]->next(head.word)) {
        std::push_heap(heads.begin(), heads.end());
      } else {
        heads.pop_back();
      }
    }
    append_line(block, word, count);
    ++out.different;
    if (block.size() >= kBlockBytes) flush();
  }
  flush();
  file.commit();
  if (!held) out.file = path;
  return out;
}

Counts merge_files(const std::vector<fs::path>& files, const fs::path& merged, uint64_t hold_bytes) {
  const auto merge = [](const std::vector<fs::path>& some, const fs::path& into, uint64_t hold) {
    std::vector<std::unique_ptr<WordReader>> runs;
    for (const fs::path& file : some) runs.push_back(std::make_unique<WordReader>(file));
    CountsInfo info = runs.front()->info();
    for (size_t i = 1; i < runs.size(); ++i) info.add(runs[i]->info(), runs[i]->origin());
    for (const auto& run : runs) run->scale(info.unit / run->info().unit);
    return merge_runs(std::move(runs), info, into, hold);
  };
  // More files than can be open at a time: the first ones become one, as often as needed.
  std::vector<fs::path> rest = files, parts;
  const auto remove_parts = [&] {
    std::error_code ignored;
    for (const fs::path& part : parts) fs::remove(part, ignored);
  };
  try {
    while (rest.size() > kMostOpen) {
      const auto end = rest.begin() + kMostOpen;
      parts.push_back(fs::path(merged).replace_filename(str("part-", parts.size(), ".zst")));
      merge({rest.begin(), end}, parts.back(), 0);
      rest.erase(rest.begin(), end);
      rest.push_back(parts.back());
    }
    Counts out = merge(rest, merged, hold_bytes);
    remove_parts();
    return out;
  } catch (...) {
    remove_parts();
    throw;
  }
}

}  // namespace lmkor::vocab
