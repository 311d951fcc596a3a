#include "lmkor/corpus/data_card.h"

#include "lmkor/base/file.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

using base::Json;
using base::str;

namespace {

// https://huggingface.co/docs/hub/datasets-cards: the ranges of size_categories.
constexpr struct SizeCategory {
  int64_t below;
  const char* name;
} kSizeCategories[] = {{1000, "n<1K"},
                       {10000, "1K<n<10K"},
                       {100000, "10K<n<100K"},
                       {1000000, "100K<n<1M"},
                       {10000000, "1M<n<10M"},
                       {100000000, "10M<n<100M"},
                       {1000000000, "100M<n<1B"},
                       {10000000000, "1B<n<10B"},
                       {100000000000, "10B<n<100B"},
                       {1000000000000, "100B<n<1T"}};

std::string count(const Json& value) { return base::grouped(value.get<int64_t>()); }
std::string bytes(const Json& value) { return base::human_bytes(value.get<double>()); }

// Text of users in a cell of a table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

void append_groups(std::string& out, const Json& groups, const char* name) {
  out += str("| ", name, " | documents read | documents | text read | text |\n|---|---:|---:|---:|---:|\n");
  for (const auto& [group, sums] : groups.items()) {
    out += str("| ", cell(group), " | ", count(sums["in"]["documents"]), " | ", count(sums["out"]["documents"]), " | ",
               bytes(sums["in"]["bytes"]), " | ", bytes(sums["out"]["bytes"]), " |\n");
  }
}

}  // namespace

void write_data_card(const Json& manifest, const std::filesystem::path& path) {
  const auto documents = manifest.at("documents").get<int64_t>();
  const char* size = "n>1T";
  for (const SizeCategory& category : kSizeCategories) {
    if (documents < category.below) {
      size = category.name;
      break;
    }
  }
  std::string out = str(
      "---\nlanguage:\n- ko\ntask_categories:\n- fill-mask\nsize_categories:\n- ", size,
      "\nconfigs:\n- config_name: default\n  data_files: docs-*.jsonl.zst\n- config_name: removed\n  data_files: "
      "removed/*.jsonl.zst\n---\n\n# Corpus\n\n",
      base::grouped(documents), " documents, ", count(manifest.at("sentences")), " sentences, ",
      bytes(manifest.at("bytes")),
      " of text, cleaned by `lmkor corpus build`. `docs-*` holds a record on each line with `text`, `id`, `source` and "
      "where known `category`, `donor`, `licence`, `date`; the licence of a text is that of its record. `removed/` "
      "holds "
      "what was taken out, with stage and reason.\n\n## From stage to stage\n\n"
      "| stage | removed for | documents | text |\n|---|---|---:|---:|\n");
  const Json& first = manifest.at("stages").at(0).at("in");
  out += str("| read | | ", count(first["documents"]), " | ", bytes(first["bytes"]), " |\n");
  for (const Json& stage : manifest.at("stages")) {
    for (const auto& [reason, amount] : stage["removed"].items()) {
      out += str("| ", stage["name"].get<std::string>(), " | ", reason, " | -", count(amount["documents"]), " | -",
                 bytes(amount["bytes"]), " |\n");
    }
  }
  out += str("| left | | ", base::grouped(documents), " | ", bytes(manifest.at("bytes")), " |\n\n## Sources\n\n");
  append_groups(out, manifest.at("sources"), "source");
  out += "\n## Categories\n\n";
  append_groups(out, manifest.at("categories"), "category");
  if (manifest.contains("contamination")) {
    out +=
        "\n## Tested texts\n\nSentences that held examples of these tasks were removed.\n\n"
        "| task | examples | found | exact | n-gram | near |\n|---|---:|---:|---:|---:|---:|\n";
    for (const auto& [name, task] : manifest["contamination"]["tasks"].items()) {
      out += str("| ", cell(name), " | ", count(task["examples"]), " | ", count(task["found"]), " | ",
                 count(task["exact"]), " | ", count(task["ngram"]), " | ", count(task["near"]), " |\n");
    }
  }
  out += "\n## How it was made\n\n```toml\n";
  for (const auto& [name, value] : manifest.at("settings").items()) out += str(name, " = ", value.dump(), "\n");
  out += "```\n\n`manifest.json` holds all counts and the hashes of the inputs, `run.toml` repeats the build.\n";
  base::write_file_atomic(path, out);
}

}  // namespace lmkor::corpus
