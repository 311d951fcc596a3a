#include "lmkor/task/encode.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

using tokenizer::EncodeOptions;
using tokenizer::Encoding;

class Encoder {
 public:
  Encoder(const Task& task, const tokenizer::Tokenizer& tokenizer, const EncodeSettings& settings)
      : task_(task), tokenizer_(tokenizer), settings_(settings) {}

  EncodedSet encode(const std::vector<Example>& examples) {
    out_.examples = examples.size();
    for (size_t i = 0; i < examples.size(); ++i) {
      const size_t before = out_.inputs.size();
      switch (task_.kind) {
        case Kind::kTags:
          add_words(examples[i]);
          break;
        case Kind::kAnswer:
          add_windows(examples[i]);
          break;
        default:
          add_text(examples[i]);
      }
      out_.windowed += out_.inputs.size() > before + 1;
      for (size_t input = before; input < out_.inputs.size(); ++input) {
        out_.inputs[input].example = static_cast<uint32_t>(i);
        out_.tokens += out_.inputs[input].ids.size();
      }
    }
    return std::move(out_);
  }

 private:
  Encoded text(const Example& example, std::string_view first, const std::string_view* second, bool& cut) {
    EncodeOptions options{.add_special = true};
    tokenizer_.encode(first, second, scratch_, options, encoding_);
    cut = encoding_.ids.size() > static_cast<size_t>(settings_.max_length);
    if (cut) {
      options.max_length = static_cast<size_t>(settings_.max_length);
      tokenizer_.encode(first, second, scratch_, options, encoding_);
    }
    Encoded out{.ids = encoding_.ids, .type_ids = encoding_.type_ids, .value = example.value};
    out.targets = task_.kind == Kind::kMultiLabel ? example.labels : std::vector<int64_t>{example.label};
    return out;
  }

  void add_text(const Example& example) {
    const std::string_view first = example.text, second = example.second_text;
    bool cut = false;
    out_.inputs.push_back(text(example, first, task_.pair ? &second : nullptr, cut));
    out_.cut += cut;
    if (!settings_.swapped) return;
    out_.swapped.push_back(text(example, second, &first, cut));
  }

  Encoded new_words(size_t first_word) const {
    return {.ids = {tokenizer_.cls_id()}, .first_word = static_cast<uint32_t>(first_word)};
  }
  void close_words(Encoded& input) {
    input.ids.push_back(tokenizer_.sep_id());
    input.type_ids.assign(input.ids.size(), 0);
    out_.inputs.push_back(std::move(input));
  }

  // Words one after the other; what does not fit goes on in a further sequence, so that every word gets a tag.
  void add_words(const Example& example) {
    const auto room = static_cast<size_t>(settings_.max_length - 1);
    Encoded input = new_words(0);
    bool cut = false;
    for (size_t word = 0; word < example.words.size(); ++word) {
      pieces_.clear();
      tokenizer_.encode(example.words[word], scratch_, pieces_);
      if (pieces_.empty()) pieces_.push_back(tokenizer_.unk_id());
      if (pieces_.size() > room - 1) {  // a word longer than a sequence
        pieces_.resize(room - 1);
        cut = true;
      }
      if (input.ids.size() + pieces_.size() > room) {
        close_words(input);
        input = new_words(word);
      }
      input.first_pieces.push_back(static_cast<int64_t>(input.ids.size()));
      input.targets.push_back(example.labels[word]);
      input.ids.insert(input.ids.end(), pieces_.begin(), pieces_.end());
    }
    close_words(input);
    out_.cut += cut;
  }

  // The question, at most its first `max_question` tokens.
  std::string_view question(const Example& example) {
    EncodeOptions options{.offsets = true};
    tokenizer_.encode(example.text, nullptr, scratch_, options, encoding_);
    const auto most = static_cast<size_t>(settings_.max_question);
    question_tokens_ = std::min(encoding_.ids.size(), most);
    if (encoding_.ids.size() <= most) return example.text;
    ++out_.cut;
    question_ = text::to_utf8(text::to_utf32(example.text).substr(0, encoding_.offsets[most - 1].second));
    return question_;
  }

  void add_windows(const Example& example) {
    const std::string_view first = question(example), second = example.second_text;
    const int64_t room = settings_.max_length - static_cast<int64_t>(question_tokens_) - 3;
    if (room < 8) {
      throw base::Error(base::ErrorKind::kConfig,
                        base::str("finetune.max_length: got ", settings_.max_length, ", which leaves ", room,
                                  " tokens for the passage beside a question of ", question_tokens_,
                                  "; expected room for at least 8"));
    }
    const EncodeOptions options{.offsets = true,
                                .add_special = true,
                                .max_length = static_cast<size_t>(settings_.max_length),
                                .truncation = tokenizer::Truncation::kOnlySecond,
                                .stride = static_cast<size_t>(std::max<int64_t>(0, room - settings_.window_step))};
    const std::vector<Encoding> windows = tokenizer_.encode_windows(first, &second, scratch_, options);
    const Answer* answer = example.answers.empty() ? nullptr : &example.answers.front();
    const uint32_t begin = answer ? answer->begin : 0;
    const uint32_t end = answer ? begin + static_cast<uint32_t>(text::count_code_points(answer->text)) : 0;
    for (const Encoding& window : windows) {
      Encoded input{.ids = window.ids, .type_ids = window.type_ids, .targets = {0, 0}};
      const auto context = std::find(window.type_ids.begin(), window.type_ids.end(), 1);
      input.context_begin = context - window.type_ids.begin();
      for (size_t i = static_cast<size_t>(input.context_begin); i + 1 < window.ids.size(); ++i)
        input.offsets.push_back(window.offsets[i]);
      if (answer) find_answer(begin, end, input);
      out_.inputs.push_back(std::move(input));
    }
  }

  // The tokens that [begin, end) of the context lies in, if all of it is in the window.
  static void find_answer(uint32_t begin, uint32_t end, Encoded& input) {
    int64_t first = -1, last = -1;
    for (size_t i = 0; i < input.offsets.size(); ++i) {
      const auto [from, to] = input.offsets[i];
      if (to <= begin || from >= end) continue;
      if (first < 0) first = static_cast<int64_t>(i);
      last = static_cast<int64_t>(i);
    }
    if (first < 0 || input.offsets.front().first > begin || input.offsets.back().second < end) return;
    input.targets = {input.context_begin + first, input.context_begin + last};
  }

  const Task& task_;
  const tokenizer::Tokenizer& tokenizer_;
  const EncodeSettings& settings_;
  tokenizer::Tokenizer::Scratch scratch_;
  Encoding encoding_;
  std::vector<int32_t> pieces_;
  std::string question_;
  size_t question_tokens_ = 0;
  EncodedSet out_{};
};

}  // namespace

EncodedSet encode_examples(const Task& task, const std::vector<Example>& examples,
                           const tokenizer::Tokenizer& tokenizer, const EncodeSettings& settings) {
  return Encoder(task, tokenizer, settings).encode(examples);
}

}  // namespace lmkor::task
