// lmkor shard: a corpus and a tokenizer to token shards; the folder appears when it is complete.
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/data/shard_build.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::vector<std::string> input;
  std::string tokenizer;
  std::string output;
  corpus::ReadOptions read;
  data::ShardOptions shard;

  void fields(config::Fields& f) {
    f.positional("input", input, "corpus folders, files or patterns", config::required());
    f.add("tokenizer", tokenizer, "tokenizer folder or vocab.txt", config::required());
    f.add("output", output, "folder to write", config::required());
    f.include(shard);
    f.include(read);
  }
};

std::string counts(const base::Json& json) {
  return str(base::grouped(json["documents"].get<int64_t>()), " documents, ",
             base::grouped(json["sentences"].get<int64_t>()), " sentences, ",
             base::grouped(json["tokens"].get<int64_t>()), " tokens");
}

}  // namespace

int run_shard(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const auto files = corpus::list_text_inputs(options.input);
  OutputFolder folder(call, options.output);
  const base::Json manifest =
      data::build_shards({files, options.read}, options.tokenizer, options.shard,
                         static_cast<uint64_t>(call.common.seed), call.threads(), folder.path());
  std::vector<fs::path> parents = {options.tokenizer};
  for (const std::string& input : options.input) {
    if (fs::exists(fs::path(input) / "manifest.json")) parents.emplace_back(input);
  }
  call.write_run_files(folder.path(), files, parents);
  folder.commit();
  const auto tokens = manifest["tokens"].get<int64_t>();
  const auto bytes = manifest["text_bytes"].get<double>();
  const double unknown = static_cast<double>(manifest["unknown_tokens"].get<int64_t>()) / static_cast<double>(tokens);
  base::Json result = {{"output", options.output}};
  for (const char* key : {"vocab_size", "vocab_sha256", "documents", "sentences", "tokens", "text_bytes",
                          "unknown_tokens", "empty_documents", "bad_records"})
    result[key] = manifest[key];
  std::string text = str(options.output, ": ", counts(manifest), " from ", base::human_bytes(bytes), " of text (",
                         base::fixed(bytes / static_cast<double>(tokens), 2), " bytes a token, ",
                         base::fixed(100 * unknown, 3), " % unknown)\n");
  for (const char* split : {"train", "validation"}) {
    const base::Json& part = manifest["splits"][split];
    base::Json& out = result["splits"][split];
    out = part;
    out["files"] = part["files"].size();
    text += str("  ", split, ": ", counts(part), " in ", part["files"].size(), " shards\n");
  }
  call.result(result, text);
  return 0;
}

}  // namespace lmkor::cli
