// Texts on their way into windows and out of answers.
#include <gmock/gmock.h>

#include "lmkor/infer/model.h"
#include "lmkor/infer/results.h"
#include "lmkor/infer/tag.h"

namespace lmkor::infer {
namespace {

using testing::ElementsAre;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (const Word& word : blank_divided(text)) {
    EXPECT_EQ(code_points(text, word.begin, word.end), word.text);
    out.emplace_back(word.text);
  }
  return out;
}

TEST(BlankDivided, WordsAreWhatStandsBetweenWhiteSpace) {
  EXPECT_THAT(words_of("나는  학교에\t갔다.\r"), ElementsAre("나는", "학교에", "갔다."));
  EXPECT_THAT(words_of("\u3000가\u00a0나\u3000"), ElementsAre("가", "나"));
  EXPECT_THAT(words_of(" "), ElementsAre());
  EXPECT_THAT(words_of(""), ElementsAre());
  EXPECT_THAT(words_of("\xF0\x9F\x98\x80 a"), ElementsAre("\xF0\x9F\x98\x80", "a"));
}

TEST(CodePoints, CutsTexts) {
  EXPECT_EQ(code_points("가a나", 0, 3), "가a나");
  EXPECT_EQ(code_points("가a나", 1, 2), "a");
  EXPECT_EQ(code_points("가a나", 2, 2), "");
  EXPECT_EQ(code_points("가a나", 2, 9), "나");
}

TEST(TagOf, MarksStandAtEitherEnd) {
  const auto text = [](std::string_view label) {
    const Tag tag = tag_of(label);
    return std::string(1, tag.place) + " " + tag.type;
  };
  EXPECT_EQ(text("B-PS"), "B PS");
  EXPECT_EQ(text("I-PS"), "I PS");
  EXPECT_EQ(text("PER-B"), "B PER");
  EXPECT_EQ(text("AFW-I"), "I AFW");
  EXPECT_EQ(text("O"), "O ");
  EXPECT_EQ(text("LABEL_3"), "I LABEL_3");
  EXPECT_EQ(text("B"), "I B");
  EXPECT_EQ(text("X-Y"), "I X-Y");
}

TEST(Windows, TheBestIsFarthestFromACut) {
  Windows windows;
  windows.whole.ids.resize(20);
  windows.of_whole = {{0, 10}, {6, 16}, {12, 20}};
  EXPECT_EQ(windows.best(0), std::pair(size_t{0}, size_t{1}));  // the text's own ends are no cuts
  EXPECT_EQ(windows.best(7), std::pair(size_t{0}, size_t{8}));  // 2 from the cut at 10, 1 from that at 6
  EXPECT_EQ(windows.best(8), std::pair(size_t{1}, size_t{3}));  // 1 and 2
  EXPECT_EQ(windows.best(19), std::pair(size_t{2}, size_t{8}));
}

TEST(Numbers, SoftmaxAndSigmoid) {
  const float logits[] = {1000, 1000, -1000};
  EXPECT_THAT(softmax(logits), ElementsAre(0.5, 0.5, 0));
  EXPECT_EQ(sigmoid(0), 0.5);
}

TEST(Json, ShapesOfResults) {
  EXPECT_EQ(to_json(Embedding{{}, {1.5f, -0.25f}, 0, 2}), R"({"embedding":[1.5,-0.25]})");
  EXPECT_EQ(to_json(Embedding{{"가", "\""}, {1, 2, 3, 4}, 0, 2}), R"({"tokens":["가","\""],"hidden":[[1,2],[3,4]]})");
  EXPECT_EQ(to_json(Embedding{{"a"}, {1, 2, 3, 4}, 2, 2}), R"({"tokens":["a"],"hidden":[[[1,2]],[[3,4]]]})");
  EXPECT_EQ(to_json(FilledMasks{{{{7, "가", 0.5}}, {}}}), R"({"masks":[[{"id":7,"token":"가","score":0.5}],[]]})");
  EXPECT_EQ(to_json(Prediction{"1", 0.75, {{"0", 0.25}, {"1", 0.75}}}),
            R"({"label":"1","score":0.75,"scores":{"0":0.25,"1":0.75}})");
  EXPECT_EQ(
      to_json(Tagging{{"가"}, {"PER-B"}, {{"PER", 0, 1, "가", 0.5}}}),
      R"({"words":["가"],"tags":["PER-B"],"entities":[{"type":"PER","begin":0,"end":1,"text":"가","score":0.5}]})");
  EXPECT_EQ(to_json(Detection{{{"##가", 0, 1, 0.5}}, {{"가", 0, 1, 0.5}}}),
            R"({"tokens":[{"token":"##가","begin":0,"end":1,"score":0.5}],)"
            R"("words":[{"word":"가","begin":0,"end":1,"score":0.5}]})");
  EXPECT_EQ(to_json(Answer{"가", 0, 1, 0.5, ""}), R"({"answer":"가","begin":0,"end":1,"score":0.5})");
}

}  // namespace
}  // namespace lmkor::infer
