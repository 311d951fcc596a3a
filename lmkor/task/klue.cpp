// Tasks of KLUE (github.com/KLUE-benchmark/KLUE, v1.1) in its own JSON files: topic of headlines, similarity,
// inference, relations. The labels of its test files are not public: its dev file is scored, and a dev part is carved
// from train.
#include <utility>

#include "lmkor/base/error.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/task/tsv.h"
#include "lmkor/text/utf8.h"

namespace lmkor::task {

namespace {

using base::Json;
using base::json_get;

struct Names {
  const char* text;
  const char* second;  // null: one text
};

std::vector<Example> read(const std::filesystem::path& file, const Task& task, const Names& names,
                          const std::function<void(Example&, const Json&, uint64_t row)>& set_label) {
  std::vector<Example> out;
  const std::string origin = file.string();
  const Json rows = base::read_json(file);
  if (!rows.is_array() || rows.empty()) {
    throw base::Error(base::ErrorKind::kData,
                      base::str(origin, ": expected a list of ", task.name, " examples, as KLUE publishes it"));
  }
  for (const Json& row : rows) {
    const std::string where = base::str(origin, ": row ", out.size() + 1);
    Example example{.id = json_get<std::string>(row, "guid", where),
                    .text = json_get<std::string>(row, names.text, where),
                    .second_text = names.second ? json_get<std::string>(row, names.second, where) : ""};
    set_label(example, row, out.size() + 1);
    out.push_back(std::move(example));
  }
  return out;
}

std::array<std::vector<std::string>, 3> files(const char* name) {
  return {{{"train.json", base::str(name, "_train.json")}, {}, {"test.json", base::str(name, "_dev.json")}}};
}

std::function<std::vector<Example>(const std::filesystem::path&, const Task&)> classes(Names names, const char* label) {
  return [=](const std::filesystem::path& file, const Task& task) {
    return read(file, task, names, [&](Example& example, const Json& row, uint64_t number) {
      example.label = label_index(task, json_get<std::string>(row, label, file.string()), file, number);
    });
  };
}

// The sentence with its two entities and their types marked by punctuation, which needs no new tokens (Zhou and Chen
// 2021, "An Improved Baseline for Sentence-level Relation Extraction"): "@ * PER * 이순신 @ 은 # ^ ORG ^ 조선 # 의
// 장군이다".
std::string marked(const Json& row, const std::string& where) {
  struct Entity {
    size_t begin, end;
    std::string before, behind;
  };
  const auto entity = [&](const char* key, const char* outer, const char* inner) {
    const Json json = json_get<Json>(row, key, where);
    return Entity{json_get<size_t>(json, "start_idx", where), json_get<size_t>(json, "end_idx", where) + 1,
                  base::str(outer, " ", inner, " ", json_get<std::string>(json, "type", where), " ", inner, " "),
                  base::str(" ", outer, " ")};
  };
  Entity first = entity("subject_entity", "@", "*"), second = entity("object_entity", "#", "^");
  if (second.begin < first.begin) std::swap(first, second);
  const std::u32string sentence = text::to_utf32(json_get<std::string>(row, "sentence", where));
  if (first.begin >= first.end || first.end > second.begin || second.begin >= second.end ||
      second.end > sentence.size()) {
    throw base::Error(
        base::ErrorKind::kData,
        base::str(where, ": got entities at ", first.begin, " to ", first.end, " and ", second.begin, " to ",
                  second.end, " of ", sentence.size(), " characters, expected two that do not overlap"));
  }
  const auto part = [&](size_t begin, size_t end) { return text::to_utf8(sentence.substr(begin, end - begin)); };
  return base::str(part(0, first.begin), first.before, part(first.begin, first.end), first.behind,
                   part(first.end, second.begin), second.before, part(second.begin, second.end), second.behind,
                   part(second.end, sentence.size()));
}

}  // namespace

Task klue_re() {
  return {.name = "klue-re",
          .summary = "relation of two entities (KLUE)",
          .kind = Kind::kClass,
          .labels = {"no_relation",
                     "org:dissolved",
                     "org:founded",
                     "org:place_of_headquarters",
                     "org:alternate_names",
                     "org:member_of",
                     "org:members",
                     "org:political/religious_affiliation",
                     "org:product",
                     "org:founded_by",
                     "org:top_members/employees",
                     "org:number_of_employees/members",
                     "per:date_of_birth",
                     "per:date_of_death",
                     "per:place_of_birth",
                     "per:place_of_death",
                     "per:place_of_residence",
                     "per:origin",
                     "per:employee_of",
                     "per:schools_attended",
                     "per:alternate_names",
                     "per:parents",
                     "per:children",
                     "per:siblings",
                     "per:spouse",
                     "per:other_family",
                     "per:colleagues",
                     "per:product",
                     "per:religion",
                     "per:title"},
          .metrics = {"micro_f1_of_rest", "accuracy"},
          .official = {.train = 32'470, .test = 7'765},
          .files = files("klue-re-v1.1"),
          .read = [](const std::filesystem::path& file, const Task& task) {
            return read(file, task, {"sentence", nullptr}, [&](Example& example, const Json& row, uint64_t number) {
              const std::string where = base::str(file.string(), ": row ", number);
              example.text = marked(row, where);
              example.label = label_index(task, json_get<std::string>(row, "label", where), file, number);
            });
          }};
}

Task klue_tc() {
  return {.name = "klue-tc",
          .summary = "topic of news headlines (KLUE)",
          .kind = Kind::kClass,
          .labels = {"IT과학", "경제", "사회", "생활문화", "세계", "스포츠", "정치"},
          .metrics = {"macro_f1", "accuracy"},
          .official = {.train = 45'678, .test = 9'107},
          .files = files("ynat-v1.1"),
          .read = classes({"title", nullptr}, "label")};
}

Task klue_nli() {
  return {.name = "klue-nli",
          .summary = "inference between sentences (KLUE)",
          .kind = Kind::kClass,
          .labels = {"entailment", "neutral", "contradiction"},
          .metrics = {"accuracy"},
          .pair = true,
          .official = {.train = 24'998, .test = 3'000},
          .files = files("klue-nli-v1.1"),
          .read = classes({"premise", "hypothesis"}, "gold_label")};
}

Task klue_sts() {
  return {.name = "klue-sts",
          .summary = "similarity of sentences (KLUE)",
          .kind = Kind::kScore,
          .metrics = {"pearson", "f1_above_3", "spearman"},
          .pair = true,
          .symmetric = true,
          .official = {.train = 11'668, .test = 519},
          .files = files("klue-sts-v1.1"),
          .read = [](const std::filesystem::path& file, const Task& task) {
            return read(file, task, {"sentence1", "sentence2"},
                        [&](Example& example, const Json& row, uint64_t number) {
                          const std::string where = base::str(file.string(), ": row ", number);
                          example.value = json_get<double>(json_get<Json>(row, "labels", where), "label", where);
                        });
          }};
}

}  // namespace lmkor::task
