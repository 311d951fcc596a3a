// KorQuAD 1.0 (korquad.github.io/category/1.0_KOR.html): the words of a Wikipedia passage that answer a question.
// The official test file is not public, so its dev file is what everybody scores.
#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/task/squad.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

using base::Json;
using base::json_get;
using base::str;

namespace {

Answer read_answer(const Json& json, std::u32string_view context, const std::string& where) {
  Answer answer{.text = json_get<std::string>(json, "text", where),
                .begin = json_get<uint32_t>(json, "answer_start", where)};
  const std::u32string text = text::to_utf32(answer.text);
  if (answer.begin > context.size() || context.substr(answer.begin, text.size()) != text) {
    const std::u32string_view there = context.substr(std::min<size_t>(answer.begin, context.size()), text.size());
    throw base::Error(base::ErrorKind::kData,
                      str(where, ": got the answer \"", answer.text, "\" at answer_start ", answer.begin,
                          ", but the context has \"", text::to_utf8(there), "\" there; it counts code points"));
  }
  return answer;
}

}  // namespace

std::vector<Example> read_squad(const std::filesystem::path& file, const Task&) {
  std::vector<Example> out;
  const std::string origin = file.string();
  for (const Json& article : json_get<Json>(base::read_json(file), "data", origin)) {
    for (const Json& paragraph : json_get<Json>(article, "paragraphs", origin)) {
      const std::string context = json_get<std::string>(paragraph, "context", origin);
      const std::u32string points = text::to_utf32(context);
      for (const Json& question : json_get<Json>(paragraph, "qas", origin)) {
        Example example{.id = json_get<std::string>(question, "id", origin),
                        .text = json_get<std::string>(question, "question", origin),
                        .second_text = context};
        const std::string where = str(origin, ": question ", example.id);
        for (const Json& answer : json_get<Json>(question, "answers", where))
          example.answers.push_back(read_answer(answer, points, where));
        if (example.answers.empty())
          throw base::Error(base::ErrorKind::kData, str(where, ": no answer, expected at least one"));
        out.push_back(std::move(example));
      }
    }
  }
  if (out.empty()) throw base::Error(base::ErrorKind::kData, str(origin, ": no questions"));
  return out;
}

Task korquad() {
  return {.name = "korquad",
          .summary = "answers in Wikipedia passages (KorQuAD 1.0)",
          .kind = Kind::kAnswer,
          .metrics = {"char_f1", "exact_match", "word_f1"},
          .pair = true,
          .protocol = {.epochs = 3, .batch_size = 8, .max_length = 512},
          .official = {.train = 60'407, .test = 5'774},
          .files = {{{"train.json", "KorQuAD_v1.0_train.json"}, {"dev.json"}, {"test.json", "KorQuAD_v1.0_dev.json"}}},
          .read = read_squad};
}

}  // namespace lmkor::task
