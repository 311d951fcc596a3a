#include "lmkor/infer/answer.h"

#include <algorithm>

#include "lmkor/base/str.h"

namespace lmkor::infer {

namespace {

constexpr size_t kSpecialTokens = 3;  // [CLS] question [SEP] context [SEP]
constexpr size_t kLeastContext = 4;   // tokens of a window

struct Span {
  double probability = -1, logits = 0;
  uint32_t begin = 0, end = 0;
};

// `logits`: start and end of each token of the sequence.
Span best_span(const Sequence& sequence, const float* logits, size_t max_tokens) {
  // The first row is [CLS], which takes part in the softmaxes, as where no answer is.
  std::vector<size_t> places;
  std::vector<float> starts = {logits[0]}, ends = {logits[1]};
  for (size_t t = 0; t < sequence.ids.size(); ++t) {
    if (sequence.types[t] != 1 || sequence.special[t]) continue;
    places.push_back(t);
    starts.push_back(logits[2 * t]);
    ends.push_back(logits[2 * t + 1]);
  }
  const std::vector<double> start = softmax(starts), end = softmax(ends);
  Span out;
  for (size_t s = 0; s < places.size(); ++s) {
    for (size_t e = s; e < std::min(places.size(), s + max_tokens); ++e) {
      const double probability = start[s + 1] * end[e + 1];
      if (probability <= out.probability) continue;
      out = {probability, static_cast<double>(starts[s + 1]) + static_cast<double>(ends[e + 1]),
             sequence.offsets[places[s]].first, sequence.offsets[places[e]].second};
    }
  }
  return out;
}

// Windows of the context behind the question; `fault` says why there are none.
std::vector<Sequence> question_windows(const Model& model, const Question& question, std::string& fault) {
  thread_local tokenizer::Tokenizer::Scratch scratch;
  tokenizer::EncodeOptions options;
  options.match_added = options.offsets = true;
  const size_t asked = model.tokenizer().encode(question.question, scratch, options).ids.size();
  if (asked + kSpecialTokens + kLeastContext > model.max_length()) {
    fault = base::str("got a question of ", asked, " tokens, expected at most ",
                      model.max_length() - kSpecialTokens - kLeastContext, ", which leave room for a context");
    return {};
  }
  options.add_special = true;
  options.max_length = model.max_length();
  options.truncation = tokenizer::Truncation::kOnlySecond;
  const size_t room = model.max_length() - kSpecialTokens - asked;
  options.stride = std::min(model.stride(), room / 2);
  std::vector<Sequence> out;
  for (tokenizer::Encoding& window :
       model.tokenizer().encode_windows(question.question, &question.context, scratch, options)) {
    out.push_back({std::move(window.ids), std::move(window.type_ids), std::move(window.offsets),
                   std::move(window.special_tokens_mask)});
  }
  if (out[0].ids.size() == asked + kSpecialTokens) {
    fault = "got a context without tokens, expected a text";
    return {};
  }
  return out;
}

}  // namespace

std::vector<Answer> answer(const Model& model, const std::vector<Question>& questions, const AnswerOptions& options) {
  model.require({model::Head::kQuestion}, "answering questions");
  std::vector<Answer> out(questions.size());
  std::vector<Span> best(questions.size());
  std::vector<Sequence> sequences;
  std::vector<size_t> owners;
  for (size_t i = 0; i < questions.size(); ++i) {
    std::vector<Sequence> own = question_windows(model, questions[i], out[i].fault);
    out[i].windows = own.size();
    owners.insert(owners.end(), own.size(), i);
    std::move(own.begin(), own.end(), std::back_inserter(sequences));
  }
  for_batches(model, sequences, [&](const Batch& batch) {
    const at::Tensor logits_N2 =
        model.engine().question_logits(model.engine().encode(batch.input)).to(at::kCPU).contiguous();
    for (size_t i = 0; i < batch.count; ++i) {
      const Span span = best_span(sequences[batch.first + i], logits_N2.data_ptr<float>() + 2 * batch.begin(i),
                                  static_cast<size_t>(options.max_answer_tokens));
      Span& known = best[owners[batch.first + i]];
      if (span.probability > known.probability) known = span;
    }
  });
  for (size_t i = 0; i < questions.size(); ++i) {
    if (!out[i].fault.empty()) continue;
    out[i].answer = code_points(questions[i].context, best[i].begin, best[i].end);
    out[i].begin = best[i].begin;
    out[i].end = best[i].end;
    out[i].score = options.logits ? best[i].logits : best[i].probability;
  }
  return out;
}

}  // namespace lmkor::infer
