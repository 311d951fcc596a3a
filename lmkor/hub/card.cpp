// Front matter: huggingface.co/docs/hub/model-cards, "model-index" as paperswithcode defined it.
#include "lmkor/hub/card.h"

#include <set>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/json.h"
#include "lmkor/base/str.h"
#include "lmkor/hub/checkpoint.h"
#include "lmkor/hub/fit.h"
#include "lmkor/hub/model_info.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

struct HeadRow {
  HeadKind head;
  const char* pipeline;
};
constexpr HeadRow kPipelines[] = {
    {HeadKind::kNone, "feature-extraction"},      {HeadKind::kMaskedLm, "fill-mask"},
    {HeadKind::kPretraining, "fill-mask"},        {HeadKind::kReplacedToken, "feature-extraction"},
    {HeadKind::kSequence, "text-classification"}, {HeadKind::kTokens, "token-classification"},
    {HeadKind::kQuestion, "question-answering"},
};

// Settings that LM-kor, which the shipped recipes follow, says nothing of.
constexpr const char* kAssumed[] = {"embedding_size",
                                    "hidden_dropout_prob",
                                    "attention_probs_dropout_prob",
                                    "intermediate_size",
                                    "warmup_steps",
                                    "weight_decay",
                                    "beta2",
                                    "epsilon"};

constexpr const char* kReferences = R"(```bibtex
@misc{kim2020lmkor,
  author = {Kim, Kiyoung},
  title = {Pretrained Language Models For Korean},
  year = {2020},
  url = {https://github.com/kiyoungkim1/LMkor}
}
@misc{devlin2018bert,
  author = {Devlin, Jacob and Chang, Ming-Wei and Lee, Kenton and Toutanova, Kristina},
  title = {{BERT}: Pre-training of Deep Bidirectional Transformers for Language Understanding},
  year = {2018},
  eprint = {1810.04805},
  archivePrefix = {arXiv}
}
@misc{lan2019albert,
  author = {Lan, Zhenzhong and Chen, Mingda and Goodman, Sebastian and Gimpel, Kevin and Sharma, Piyush and Soricut, Radu},
  title = {{ALBERT}: A Lite {BERT} for Self-supervised Learning of Language Representations},
  year = {2019},
  eprint = {1909.11942},
  archivePrefix = {arXiv}
}
@misc{clark2020electra,
  author = {Clark, Kevin and Luong, Minh-Thang and Le, Quoc V. and Manning, Christopher D.},
  title = {{ELECTRA}: Pre-training Text Encoders as Discriminators Rather Than Generators},
  year = {2020},
  eprint = {2003.10555},
  archivePrefix = {arXiv}
}
```
)";

// A JSON text is a YAML text.
std::string quoted(const std::string& text) { return Json(text).dump(); }

Json read_if_there(const fs::path& path) { return fs::is_regular_file(path) ? base::read_json(path) : Json(); }

struct Score {
  std::string task, metric;
  double mean = 0;
  Json std, interval, seeds;
};

Score read_score(const fs::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "results.json" : path;
  const Json json = base::read_json(file);
  const Json test = base::json_get<Json>(json, "test", file.string());
  return {.task = base::json_get<std::string>(json, "task", file.string()),
          .metric = base::json_get<std::string>(json, "metric", file.string()),
          .mean = base::json_get<double>(test, "mean", file.string()),
          .std = test.value("std", Json()),
          .interval = test.value("ci95", Json()),
          .seeds = test.value("seeds", Json::array())};
}

std::string front_matter(const ModelInfo& info, const std::string& name, const CardOptions& options,
                         const std::vector<Score>& scores) {
  std::string out = str("---\nlanguage: ko\nlicense: ", quoted(options.license),
                        "\nlibrary_name: transformers\ntags:\n- korean\n- ", info.family, "\n- lmkor\n");
  for (const HeadRow& row : kPipelines) {
    if (row.head == info.head) out += str("pipeline_tag: ", row.pipeline, "\n");
  }
  if (!options.base_model.empty()) out += str("base_model: ", quoted(options.base_model), "\n");
  if (!options.datasets.empty()) out += "datasets:\n";
  for (const std::string& dataset : options.datasets) out += str("- ", quoted(dataset), "\n");
  std::set<std::string> metrics;
  for (const Score& score : scores) metrics.insert(score.metric);
  if (!metrics.empty()) out += "metrics:\n";
  for (const std::string& metric : metrics) out += str("- ", quoted(metric), "\n");
  if (!scores.empty()) out += str("model-index:\n- name: ", quoted(name), "\n  results:\n");
  for (const Score& score : scores) {
    out += str("  - task:\n      type: text-classification\n    dataset:\n      type: ", quoted(score.task),
               "\n      name: ", quoted(score.task),
               "\n      split: test\n    metrics:\n    - type: ", quoted(score.metric), "\n      value: ", score.mean,
               "\n");
  }
  return out + "---\n";
}

std::string score_table(const std::vector<Score>& scores) {
  if (scores.empty()) return "";
  std::string out =
      "\n## Scores\n\nOn the test file; the mean over seeds, chosen on the dev file, with its 95 % interval.\n\n"
      "| task | metric | score | 95 % interval | seeds |\n|---|---|---|---|---|\n";
  for (const Score& score : scores) {
    const bool has_interval = score.interval.is_array() && score.interval.size() == 2 && score.interval[0].is_number();
    out += str("| ", score.task, " | ", score.metric, " | ", base::fixed(100 * score.mean, 2), " | ",
               has_interval ? str(base::fixed(100 * score.interval[0].get<double>(), 2), " to ",
                                  base::fixed(100 * score.interval[1].get<double>(), 2))
                            : "-",
               " | ", score.seeds.size(), " |\n");
  }
  return out;
}

// What run.json, metrics.jsonl and run.toml tell.
std::string training(const fs::path& run) {
  const Json made = read_if_there(run / "run.json");
  if (!made.is_object()) return "";
  const auto text = [&](const char* key) { return made.value(key, std::string("?")); };
  std::string out = str("\n## Training\n\n`lmkor ", text("command"), "`, version ", text("version"), " (",
                        text("commit"), "), ", text("time"), ", on ", text("device"), ".\n");
  if (fs::is_regular_file(run / "metrics.jsonl")) {
    std::string lines = base::read_file(run / "metrics.jsonl");
    while (lines.ends_with('\n')) lines.pop_back();
    const Json last =
        base::parse_json(std::string_view(lines).substr(lines.rfind('\n') + 1), (run / "metrics.jsonl").string());
    out += "\n| at the end | |\n|---|---|\n";
    for (const char* key : {"step", "tokens", "seconds", "loss", "validation_loss"}) {
      if (last.contains(key)) out += str("| ", key, " | ", last[key].dump(), " |\n");
    }
  }
  if (fs::is_regular_file(run / "run.toml")) {
    const std::string settings = base::read_file(run / "run.toml");
    std::vector<std::string> assumed;
    for (const char* key : kAssumed) {
      if (settings.find(str("\n", key, " = ")) != std::string::npos) assumed.push_back(str("`", key, "`"));
    }
    if (!assumed.empty()) {
      out += str("\nThe description of LM-kor, which this follows, does not say ", base::join(assumed, ", "),
                 "; their values are assumptions.\n");
    }
    out += str("\n```toml\n", settings, "```\n");
  }
  return out;
}

}  // namespace

std::string model_card(const fs::path& dir, const CardOptions& options) {
  const ModelInfo info = read_model_info(dir);
  const std::string name = options.name.empty() ? fs::weakly_canonical(dir).filename().string() : options.name;
  uint64_t parameters = 0;
  for (const TensorView& view : canonical(read_weights(dir, info.family), info.family, dir.string()).views) {
    parameters += view.bytes.size() / element_size(view.dtype);
  }
  std::vector<Score> scores;
  for (const fs::path& path : options.results) scores.push_back(read_score(path));
  const fs::path run = options.run.empty() ? fs::weakly_canonical(dir).parent_path() : options.run;
  std::string out = front_matter(info, name, options, scores);
  out += str("\n# ", name, "\n\nA Korean ", info.architecture, ", made with lmkor.\n\n| | |\n|---|---|\n");
  const auto row = [&](const char* what, int64_t value) {
    out += str("| ", what, " | ", base::grouped(value), " |\n");
  };
  row("parameters", static_cast<int64_t>(parameters));
  row("vocabulary", info.vocab_size);
  row("layers", info.num_hidden_layers);
  row("width", info.hidden_size);
  row("width of embeddings", info.embedding_size);
  row("attention heads", info.num_attention_heads);
  row("longest input, tokens", info.max_position_embeddings);
  out += str("\n```python\nfrom transformers import AutoTokenizer, ", info.architecture,
             "\ntokenizer = AutoTokenizer.from_pretrained(\"", name, "\")\nmodel = ", info.architecture,
             ".from_pretrained(\"", name, "\")\n```\n");
  out += training(run) + score_table(scores);
  if (!options.compute.empty()) out += str("\n## Compute and thanks\n\n", options.compute, "\n");
  return out + "\n## References\n\n" + kReferences;
}

}  // namespace lmkor::hub
