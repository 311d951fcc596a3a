#include "lmkor/task/answer_spans.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "lmkor/task/learn.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

// The numbers of the `most` largest values, largest first, the earlier of equal ones.
std::vector<int64_t> largest(std::span<const double> values, int64_t most) {
  std::vector<int64_t> out(values.size());
  std::iota(out.begin(), out.end(), int64_t{0});
  const auto count = std::min(out.size(), static_cast<size_t>(most));
  std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count), out.end(),
                    [&](int64_t a, int64_t b) {
                      const double left = values[static_cast<size_t>(a)], right = values[static_cast<size_t>(b)];
                      return left != right ? left > right : a < b;
                    });
  out.resize(count);
  return out;
}

}  // namespace

AnswerSpans::AnswerSpans(const PredictJob& job)
    : job_(job), spans_(job.task.kind == Kind::kAnswer ? job.examples.size() : 0) {}

void AnswerSpans::read(const std::vector<const Encoded*>& windows, const at::Tensor& logits_2SL) {
  const at::Tensor values = logits_2SL.to(at::kCPU, at::kDouble).contiguous();
  const auto length = static_cast<size_t>(values.size(1));
  for (size_t s = 0; s < windows.size(); ++s) {
    const Encoded& window = *windows[s];
    const size_t tokens = window.offsets.size();
    const auto row = [&](size_t number) {
      return std::span(values.data_ptr<double>() + number * length + window.context_begin, tokens);
    };
    const std::span<const double> begins = row(s), ends = row(windows.size() + s);
    const std::vector<int64_t> best_ends = largest(ends, job_.best_of);
    std::vector<Span>& spans = spans_[window.example];
    for (const int64_t begin : largest(begins, job_.best_of)) {
      for (const int64_t end : best_ends) {
        if (end < begin || end - begin >= job_.max_answer) continue;
        spans.push_back({begins[static_cast<size_t>(begin)] + ends[static_cast<size_t>(end)],
                         window.offsets[static_cast<size_t>(begin)].first,
                         window.offsets[static_cast<size_t>(end)].second});
      }
    }
  }
}

std::vector<Prediction> AnswerSpans::best() {
  std::vector<Prediction> out(spans_.size());
  for (size_t i = 0; i < spans_.size(); ++i) {
    std::vector<Span>& spans = spans_[i];
    out[i].scores = {0};
    if (spans.empty()) continue;
    // A total order: windows come in batches whose make-up must not show.
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      if (a.score != b.score) return a.score > b.score;
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    if (spans.size() > static_cast<size_t>(job_.best_of)) spans.resize(static_cast<size_t>(job_.best_of));
    double sum = 0;
    for (const Span& span : spans) sum += std::exp(span.score - spans.front().score);
    const std::u32string context = text::to_utf32(job_.examples[i].second_text);
    out[i].answer = text::to_utf8(std::u32string_view(context).substr(spans[0].begin, spans[0].end - spans[0].begin));
    out[i].scores = {1 / sum};
  }
  return out;
}

}  // namespace lmkor::task
