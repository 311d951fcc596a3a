// lmkor shard: a corpus and a tokenizer to token shards; the folder appears when it is complete.
#include "lmkor/base/file.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
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

// The folder under its working name; removed again unless it was finished.
class PartialFolder {
 public:
  explicit PartialFolder(const fs::path& output) : output_(output.has_filename() ? output : output.parent_path()) {
    path_ = output_;
    path_.replace_filename("." + output_.filename().string() + ".partial");
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    base::make_directories(path_);
  }
  ~PartialFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;
  const fs::path& path() const { return path_; }
  void finish() {
    base::rename_path(path_, output_);
    path_.clear();
  }

 private:
  fs::path output_, path_;
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
  call.claim_output(options.output);
  PartialFolder folder(options.output);
  const base::Json manifest =
      data::build_shards({files, options.read}, options.tokenizer, options.shard,
                         static_cast<uint64_t>(call.common.seed), call.threads(), folder.path());
  std::vector<fs::path> parents = {options.tokenizer};
  for (const std::string& input : options.input) {
    if (fs::exists(fs::path(input) / "manifest.json")) parents.emplace_back(input);
  }
  call.write_run_files(folder.path(), files, parents);
  folder.finish();
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
