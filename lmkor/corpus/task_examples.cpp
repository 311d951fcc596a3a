#include "lmkor/corpus/task_examples.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <tuple>

#include "lmkor/base/compress.h"
#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/text/hangul.h"
#include "lmkor/text/normalize.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

// Columns and members that hold what a model reads of an example.
constexpr std::string_view kTextNames[] = {"document",  "sentence",   "sentence1", "sentence2", "question",
                                           "question1", "question2",  "comment",   "text",      "context",
                                           "premise",   "hypothesis", "review",    "passage",   "utterance"};
// Members below which nothing is a text to read.
constexpr std::string_view kSkippedMembers[] = {"answers", "answer", "label", "labels"};
constexpr std::string_view kEndings[] = {".tsv", ".txt", ".jsonl", ".json"};
// A window of so many examples tells nothing about one of them.
constexpr size_t kMaxPostings = 64;

template <class Names>
bool is_in(std::string_view name, const Names& names) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

uint64_t fold(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

std::vector<std::string_view> columns_of(std::string_view line) {
  std::vector<std::string_view> columns;
  while (true) {
    const size_t tab = line.find('\t');
    columns.push_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return columns;
    line.remove_prefix(tab + 1);
  }
}

// Calls take(text) for each member with a text's name, at any depth.
void for_texts(const Json& value, const std::function<void(const std::string&)>& take) {
  if (value.is_array()) {
    for (const Json& element : value) for_texts(element, take);
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      if (is_in(name, kSkippedMembers)) continue;
      if (member.is_string() && is_in(name, kTextNames)) take(member.get_ref<const std::string&>());
      if (member.is_structured()) for_texts(member, take);
    }
  }
}

// The files of examples in a folder, without those below it.
std::vector<fs::path> example_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && is_in(entry.path().extension().string(), kEndings) && !name.starts_with(".") &&
        name.find("train") == std::string::npos) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void ContaminationOptions::fields(config::Fields& f) {
  f.add("ngram", ngram, "letters of an example in a row that make a match", config::at_least(kWindow));
  f.add("near", near, "share of an example's windows of 8 letters that make a near match, close to each other",
        config::share());
}

void append_letters(std::string_view text, std::vector<Letter>& letters, std::vector<uint32_t>* ends) {
  const auto put = [&](char32_t c, size_t end) {
    letters.push_back(static_cast<Letter>(c));
    if (ends != nullptr) ends->push_back(static_cast<uint32_t>(end));
  };
  for (size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) {
      ++i;
      if ((byte | 0x20u) - 97u < 26u) put(byte | 0x20u, i);
      if (byte - 48u < 10u) put(byte, i);
      continue;
    }
    uint32_t bytes = 0;
    const char32_t c = text::decode_valid(text.data() + i, bytes);
    i += bytes;
    if (text::is_syllable(c) || text::is_jamo(c)) put(c, i);
  }
}

uint64_t window_hash(const Letter* letters) {
  static_assert(kWindow * sizeof(Letter) == 2 * sizeof(uint64_t));
  uint64_t halves[2];
  std::memcpy(halves, letters, sizeof halves);
  return fold(halves[0] ^ 0x9E3779B97F4A7C15, halves[1] ^ 0xD1B54A32D192ED03);
}

uint64_t letters_hash(std::span<const Letter> letters) {
  return base::hash64({reinterpret_cast<const char*>(letters.data()), letters.size_bytes()});
}

TaskExamples::TaskExamples(const std::vector<std::string>& paths) {
  for (const std::string& argument : paths) {
    const fs::path path(argument);
    std::error_code error;
    if (!fs::exists(path, error)) {
      throw base::Error(base::ErrorKind::kNotFound, str("--decontaminate ", argument, ": no such file or folder"));
    }
    const size_t before = examples_.size();
    const auto name_of = [](const fs::path& folder) {
      return (folder.has_filename() ? folder : folder.parent_path()).filename().string();
    };
    if (fs::is_regular_file(path)) {
      read_file(path, name_of(fs::absolute(path).parent_path()));
    } else {
      std::vector<fs::path> folders = {path};
      for (const auto& entry : fs::directory_iterator(path)) {
        if (entry.is_directory()) folders.push_back(entry.path());
      }
      std::sort(folders.begin() + 1, folders.end());
      for (const fs::path& folder : folders) {
        for (const fs::path& file : example_files(folder)) read_file(file, name_of(fs::absolute(folder)));
      }
    }
    if (examples_.size() == before) {
      throw base::Error(
          base::ErrorKind::kData,
          str("--decontaminate ", argument, ": no example: got no file of test or dev examples, expected ",
              base::join(kEndings, ", "), " with columns or members such as sentence1, document, question"));
    }
  }
  base::Sha256 sha;
  for (const TaskExample& example : examples_) sha.add(str(tasks_[example.task], "\n", example.text, "\n"));
  sha256_ = sha.hex();
  index();
}

void TaskExamples::add(uint32_t task, const fs::path& file, uint64_t row, std::string_view text) {
  if (text.empty()) return;
  examples_.push_back({task, file.filename().string(), row, text::nfc(text), 0, 0});
}

void TaskExamples::read_file(const fs::path& file, const std::string& task) {
  auto found = std::find(tasks_.begin(), tasks_.end(), task);
  if (found == tasks_.end()) found = tasks_.insert(found, task);
  const auto number = static_cast<uint32_t>(found - tasks_.begin());
  const std::string ending = file.extension().string();
  uint64_t row = 0;
  const auto take = [&](const std::string& text) { add(number, file, row, text); };
  if (ending == ".json") {
    // A question answering file is one tree: its texts are numbered through.
    for_texts(base::read_json(file), [&](const std::string& text) {
      ++row;
      take(text);
    });
    return;
  }
  base::LineReader reader(base::open_input(file));
  std::vector<size_t> wanted;
  std::string_view line;
  while (reader.next(line)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (ending == ".jsonl") {
      ++row;
      for_texts(base::parse_json(line, str(file.string(), ":", reader.line_number())), take);
      continue;
    }
    const std::vector<std::string_view> columns = columns_of(line);
    if (wanted.empty()) {
      for (size_t i = 0; i < columns.size(); ++i) {
        if (is_in(columns[i], kTextNames)) wanted.push_back(i);
      }
      if (!wanted.empty()) continue;
      wanted = {0};
    }
    ++row;
    for (const size_t column : wanted) {
      if (column < columns.size()) add(number, file, row, columns[column]);
    }
  }
}

void TaskExamples::index() {
  std::vector<std::pair<uint64_t, Posting>> found;
  std::vector<Letter> letters;
  for (uint32_t i = 0; i < examples_.size(); ++i) {
    letters.clear();
    append_letters(examples_[i].text, letters);
    examples_[i].letters = static_cast<uint32_t>(letters.size());
    if (letters.empty()) continue;
    whole_[letters_hash(letters)].push_back(i);
    for (uint32_t at = 0; at + kWindow <= letters.size(); ++at) found.push_back({window_hash(&letters[at]), {i, at}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.example, a.second.position) <
           std::tie(b.first, b.second.example, b.second.position);
  });
  const int bits = std::max(6, static_cast<int>(std::bit_width(found.size() * 16)));
  filter_shift_ = 64 - bits;
  filter_.resize((size_t{1} << bits) / 64);
  for (size_t begin = 0; begin < found.size();) {
    size_t end = begin;
    while (end < found.size() && found[end].first == found[begin].first) ++end;
    if (end - begin <= kMaxPostings) {
      const uint64_t hash = found[begin].first;
      ranges_[hash] = {static_cast<uint32_t>(postings_.size()), static_cast<uint32_t>(end - begin)};
      filter_[hash >> filter_shift_ >> 6] |= uint64_t{1} << (hash >> filter_shift_ & 63);
      for (size_t i = begin; i < end; ++i) {
        const Posting posting = found[i].second;
        if (i == begin || found[i - 1].second.example != posting.example) ++examples_[posting.example].windows;
        postings_.push_back(posting);
      }
    }
    begin = end;
  }
}

std::span<const uint32_t> TaskExamples::whole(uint64_t hash) const {
  const auto found = whole_.find(hash);
  return found == whole_.end() ? std::span<const uint32_t>() : found->second;
}

std::span<const TaskExamples::Posting> TaskExamples::look_up(uint64_t hash) const {
  const auto found = ranges_.find(hash);
  if (found == ranges_.end()) return {};
  return std::span(postings_).subspan(found->second.begin, found->second.size);
}

}  // namespace lmkor::corpus
