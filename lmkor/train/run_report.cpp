#include "lmkor/train/run_report.h"

#include "lmkor/base/str.h"
#include "lmkor/report/report.h"

namespace lmkor::train {

using base::Json;
using base::str;

namespace {

struct Curve {
  const char* key;
  const char* name;
};

// The curves of `lines` that are there, as one chart.
report::LineChart chart(std::string title, std::string y_label, const std::vector<Curve>& curves,
                        const std::vector<Json>& lines) {
  report::LineChart out{.title = std::move(title), .x_label = "step", .y_label = std::move(y_label)};
  for (const Curve& curve : curves) {
    report::Series series{.name = curve.name};
    for (const Json& line : lines) {
      if (!line.contains(curve.key)) continue;
      series.x.push_back(line.at("step").get<double>());
      series.y.push_back(line.at(curve.key).get<double>());
    }
    if (!series.x.empty()) out.series.push_back(std::move(series));
  }
  return out;
}

std::string percent(const Json& share) { return str(base::fixed(100 * share.get<double>(), 1), " %"); }

// Held-out losses of each folder: curves "validation_FOLDER_masked_lm_loss".
void add_folders(report::Report& page, const PretrainJob& job, const std::vector<Json>& lines) {
  if (job.data.size() < 2) return;
  std::vector<std::string> keys;
  for (const DataShare& share : job.data) keys.push_back(str("validation_", share.name(), "_masked_lm_loss"));
  std::vector<Curve> curves;
  for (size_t i = 0; i < keys.size(); ++i)
    curves.push_back({keys[i].c_str(), keys[i].c_str() + std::string_view("validation_").size()});
  page.line_chart(chart("Held-out loss of each folder", "nats per predicted token", curves, lines));
}

// What the watchdog has told.
void add_findings(report::Report& page, const Json& findings) {
  page.section("What went wrong");
  if (findings.empty()) {
    page.paragraph(
        "Nothing that the watchdog knows: the loss left the entropy of single tokens, no spikes, no waiting.");
    return;
  }
  report::Table table{.headers = {"step", "kind", "what, why, and what to do"}, .alignment = "rll"};
  for (const Json& finding : findings) {
    table.rows.push_back({base::grouped(finding.at("step").get<int64_t>()), finding.at("kind").get<std::string>(),
                          finding.at("text").get<std::string>()});
  }
  page.table(table);
}

void add_batches(report::Report& page, const Json& batches) {
  const Json& masking = batches.at("masking");
  const Json& words = batches.at("whole_words");
  const Json& padding = batches.at("padding");
  const Json& pairs = batches.at("pairs");
  page.section("What a batch holds");
  page.table({.headers = {"figure", "value", "what it says"},
              .rows = {{"tokens predicted", percent(masking.at("share_of_tokens")), "of all tokens"},
                       {"[MASK]", percent(masking.at("mask")), "of the predicted places"},
                       {"another piece", percent(masking.at("random")), "of the predicted places"},
                       {"left as it is", percent(masking.at("kept")), "of the predicted places"},
                       {"whole words", percent(words.at("whole_share")), "of the words with a predicted piece"},
                       {"masked words in a row",
                        base::fixed(words.at("masked_words_in_a_row").at("mean").get<double>(), 2), "mean"},
                       {"pairs of segments", percent(pairs.at("share_of_sequences")), "of the sequences"},
                       {"pairs changed", percent(pairs.at("changed_share")), "of the pairs"},
                       {"tokens a sequence", base::fixed(batches.at("lengths").at("mean").get<double>(), 1), "mean"},
                       {"padding", percent(padding.at("share")), "rows are packed"},
                       {"padding without packing", percent(padding.at("share_if_sequences_were_padded")),
                        "if every sequence were filled to the longest of its batch"}},
              .alignment = "lrl",
              .caption = str("Counted in the first ", batches.at("batches").get<int64_t>(), " batches.")});
}

}  // namespace

void write_run_report(const std::filesystem::path& path, const PretrainJob& job, const std::vector<Json>& lines,
                      const Json& result) {
  std::vector<std::string> names;
  for (const DataShare& share : job.data) names.push_back(share.folder.string());
  report::Report page("Pretraining", str(job.config.family, " from ", base::join(names, ", ")));
  const auto number = [&result](const char* key, int digits) {
    return result.contains(key) ? base::fixed(result.at(key).get<double>(), digits) : std::string("-");
  };
  const double seconds = result.value("seconds", 0.0);
  const double tokens = result.value("tokens", 0.0);
  page.figures({{"steps", base::grouped(result.at("step").get<int64_t>())},
                {"tokens", base::grouped(static_cast<long long>(tokens))},
                {"loss", number("loss", 3)},
                {"held-out loss", number("validation_loss", 3)},
                {"time", base::human_seconds(seconds)},
                {"tokens per second", base::grouped(static_cast<long long>(seconds > 0 ? tokens / seconds : 0))}});
  page.section("Loss");
  const bool electra = job.config.family == "electra";
  report::LineChart loss =
      chart(electra ? "Loss of the generator" : "Loss of the masked language model", "nats per predicted token",
            {{"masked_lm_loss", "training"}, {"validation_masked_lm_loss", "held out"}}, lines);
  loss.note = str("A model that knows only how frequent each token is would reach ", number("unigram_entropy", 3), ".");
  page.line_chart(loss);
  if (electra) {
    page.line_chart(chart("Loss of the discriminator", "nats per token",
                          {{"disc_loss", "training"}, {"validation_disc_loss", "held out"}}, lines));
    page.line_chart(chart(
        "What the discriminator finds", "share",
        {{"disc_auc", "area under the ROC curve"}, {"disc_precision", "precision"}, {"disc_recall", "recall"}}, lines));
  }
  page.line_chart(chart("Masked tokens predicted right", "share",
                        {{"masked_lm_accuracy", "training"}, {"validation_masked_lm_accuracy", "held out"}}, lines));
  for (const char* name : {"sentence_order", "next_sentence"}) {
    const std::string accuracy = str(name, "_accuracy"), held_out = str("validation_", accuracy);
    const report::LineChart curves =
        chart("Pairs told right", "share", {{accuracy.c_str(), "training"}, {held_out.c_str(), "held out"}}, lines);
    if (!curves.series.empty()) page.line_chart(curves);
  }
  add_folders(page, job, lines);
  add_findings(page, result.at("findings"));
  page.section("How it ran");
  page.line_chart(chart("Learning rate", "rate", {{"lr", "learning rate"}}, lines));
  page.line_chart(chart("Norm of the gradients", "norm before clipping", {{"gradient_norm", "norm"}}, lines));
  page.line_chart(chart("Waiting for data", "share of the time", {{"waiting_share", "waiting"}}, lines));
  page.line_chart(chart("Speed", "tokens per second", {{"tokens_per_second", "tokens per second"}}, lines));
  add_batches(page, result.at("batches"));
  page.section("Figures of the end");
  std::vector<report::Fact> facts;
  for (const auto& [key, value] : result.items()) {
    if (value.is_number_float()) facts.push_back({key, str(value.get<double>())});
    if (value.is_number_integer()) facts.push_back({key, base::grouped(value.get<int64_t>())});
  }
  page.facts(facts);
  page.section("Settings");
  page.settings(job.settings);
  page.section("Using the model");
  const std::string model = (job.output / "model").string();
  page.code(str("from transformers import AutoModel, AutoTokenizer\nmodel = AutoModel.from_pretrained(\"", model,
                "\")\ntokenizer = AutoTokenizer.from_pretrained(\"", model, "\")\n"));
  page.write(path);
}

Json batch_statistics(const Corpus& corpus, const Loader& loader, int64_t sequence_length, uint64_t batches) {
  data::BatchStats stats(sequence_length);
  for (uint64_t step = 0; step < batches; ++step) {
    for (const data::MaskedBatch& part : loader.batch(step).parts) stats.add(part, corpus.kinds());
  }
  return stats.json();
}

}  // namespace lmkor::train
