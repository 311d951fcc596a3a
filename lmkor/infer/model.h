// A loaded model as a function of texts: what the functions of this room share. They take texts and give a result for
// each, in order; batches are made of whole inputs by their number of tokens and have no padding.
//
//   const lmkor::infer::Model model(lmkor::model::load("run/model"));
//   const auto results = lmkor::infer::fill_mask(model, {"오늘 날씨가 정말 [MASK] ."});
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmkor/config/fields.h"
#include "lmkor/infer/engine.h"
#include "lmkor/model/load.h"

namespace lmkor::infer {

struct Options {
  std::string precision = "fp32";
  int64_t max_length = 0;
  int64_t stride = 128;
  int64_t batch_tokens = 4096;
  void fields(config::Fields& f);
};

// Immutable, so any number of threads may use it.
class Model {
 public:
  // Throws kConfig for options that do not fit the model or the device.
  explicit Model(model::Model loaded, const Options& options = {}, at::Device device = at::kCPU);

  const tokenizer::Tokenizer& tokenizer() const { return loaded_.tokenizer; }
  const Engine& engine() const { return engine_; }
  const std::vector<std::string>& labels() const { return labels_; }
  const std::string& problem_type() const { return loaded_.problem_type; }
  const std::string& precision() const { return precision_; }
  model::Head head() const { return engine_.network().head; }
  size_t max_length() const { return max_length_; }  // tokens of an input, with special ones
  size_t stride() const { return stride_; }          // tokens that a window shares with the one before
  int64_t batch_tokens() const { return batch_tokens_; }

  // Throws kIncompatible where the model has none of `heads`; `use` is what it is needed for.
  void require(std::initializer_list<model::Head> heads, std::string_view use) const;

 private:
  model::Model loaded_;
  Engine engine_;
  std::string precision_;
  std::vector<std::string> labels_;
  size_t max_length_, stride_;
  int64_t batch_tokens_;
};

// One input of a forward pass: [CLS] text [SEP], or a window of a long text.
struct Sequence {
  std::vector<int32_t> ids, types;
  std::vector<std::pair<uint32_t, uint32_t>> offsets;  // code points of the text; [0, 0) for special tokens
  std::vector<uint8_t> special;                        // 1 for [CLS] and [SEP] that were added
};

// The text, or the pair where `second` is not null, cut to the longest length; `cut` says whether anything was.
Sequence cut_sequence(const Model& model, std::string_view text, const std::string_view* second, bool& cut);

// A text of any length: all its pieces, and windows of them that overlap.
struct Windows {
  Sequence whole;                                   // without special tokens
  std::vector<Sequence> sequences;                  // with them
  std::vector<std::pair<size_t, size_t>> of_whole;  // the pieces that each covers
  // The window in which piece `index` stands farthest from a cut, and its place in that window's sequence.
  std::pair<size_t, size_t> best(size_t index) const;
};
Windows windows(const Model& model, std::string_view text);

// Sequences of one forward pass.
struct Batch {
  size_t first = 0, count = 0;  // among those given
  model::PackedInput input;
  int64_t begin(size_t i) const { return input.cu_seqlens_host[i]; }  // the rows of its i-th sequence
  int64_t end(size_t i) const { return input.cu_seqlens_host[i + 1]; }
};
// Calls body for batches of neighbours. Each holds batch_tokens() tokens at most, or one sequence.
void for_batches(const Model& model, std::span<const Sequence> sequences,
                 const std::function<void(const Batch&)>& body);

// Maximal runs of code points that are not white space.
struct Word {
  uint32_t begin, end;  // code points
  std::string_view text;
};
std::vector<Word> blank_divided(std::string_view text);

// The text between two code points.
std::string_view code_points(std::string_view text, uint32_t begin, uint32_t end);

// Softmax in fp64.
std::vector<double> softmax(std::span<const float> logits);
double sigmoid(double logit);

}  // namespace lmkor::infer
