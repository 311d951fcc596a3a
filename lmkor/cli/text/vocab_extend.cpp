// lmkor vocab extend: domain terms into the [unused] slots of a tokenizer, and back.
#include <mutex>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/memory.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/cli/text/vocab_inputs.h"
#include "lmkor/corpus/map_batches.h"
#include "lmkor/vocab/count_inputs.h"
#include "lmkor/vocab/extend.h"
#include "lmkor/vocab/stats.h"

namespace lmkor::cli {
namespace {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::Json;
using base::str;

struct VocabExtendOptions {
  std::string tokenizer;
  std::vector<std::string> domain, general;
  std::string output;
  std::string undo;
  vocab::ExtendOptions extend;
  std::string memory;
  corpus::ReadOptions read;

  void fields(config::Fields& f) {
    f.add("tokenizer", tokenizer, "folder of the tokenizer to extend; it stays as it is");
    f.add("domain", domain, "text of the domain: files, folders or patterns");
    f.add("general", general, "general text to compare with, best what the tokenizer was made for");
    f.add("output", output, "folder to write the tokenizer to", config::required());
    f.add("undo", undo, "folder of an extended tokenizer: its former files are written to --output");
    f.include(extend);
    f.add("memory", memory, kMemoryHelp);
    f.include(read);
  }
  void check(config::Faults& faults) const {
    const bool any = !tokenizer.empty() || !domain.empty() || !general.empty();
    if (!undo.empty()) {
      if (any) faults.add("undo: takes only --output besides");
      return;
    }
    const auto require = [&](const char* name, bool missing) {
      if (missing) faults.add(str(name, ": required, not given"));
    };
    require("tokenizer", tokenizer.empty());
    require("domain", domain.empty());
    require("general", general.empty());
    for (const std::string& path : domain) {
      if (path == "-") faults.add("domain: got standard input, expected files: the text is read twice");
    }
  }
};

std::string grouped(uint64_t value) { return base::grouped(static_cast<long long>(value)); }

vocab::Inputs plain_inputs(const std::vector<std::string>& paths) {
  vocab::Inputs inputs;
  for (const fs::path& file : corpus::list_text_inputs(paths)) inputs.files.push_back({file, 1});
  return inputs;
}

void add_documents(const std::vector<fs::path>& files, const corpus::ReadOptions& options,
                   const tokenizer::Tokenizer& tokenizer, std::vector<vocab::Term>& terms, int threads) {
  const vocab::DocumentFrequencies frequencies(tokenizer, terms);
  using Places = std::vector<uint32_t>;
  corpus::map_batches<Places>(
      "documents of terms", files, options, threads,
      [&](corpus::RecordBatch&& batch) {
        corpus::BatchParser parser;
        corpus::ReadStats counted;
        corpus::Document document;
        tokenizer::Words words;
        Places all, found;
        for (size_t i = 0; i < batch.records.size(); ++i) {
          corpus::BadRecord bad;
          if (!counted.add(parser.parse(batch, i, document, bad), bad, document)) continue;
          frequencies.terms_of(document.text, words, found);
          all.insert(all.end(), found.begin(), found.end());
        }
        return all;
      },
      [&](Places&& places) {
        for (const uint32_t place : places) ++terms[place].documents;
      });
}

int undo(Invocation& call, const VocabExtendOptions& options) {
  OutputFolder partial(call, options.output);
  vocab::undo_extension(options.undo, partial.path());
  partial.commit();
  call.result({{"output", options.output}, {"undone", options.undo}},
              str(options.output, ": the tokenizer that ", options.undo, " was made from\n"));
  return 0;
}

}  // namespace

int run_vocab_extend(Invocation& call) {
  VocabExtendOptions options;
  if (!call.parse(options)) return 0;
  if (!options.undo.empty()) return undo(call, options);
  const uint64_t memory = base::parse_memory(options.memory);
  const tokenizer::HfFiles files = tokenizer::read_hf_files(options.tokenizer);
  const auto tokenizer = tokenizer::Tokenizer::from_files(files, options.tokenizer);
  if (!fs::is_directory(options.tokenizer)) {
    throw Error(ErrorKind::kUsage, str("--tokenizer ", options.tokenizer,
                                       ": got a file, expected the folder of a "
                                       "tokenizer"));
  }
  std::vector<int32_t> slots = vocab::free_slots(files, tokenizer);
  if (static_cast<int64_t>(slots.size()) < options.extend.count) {
    throw Error(ErrorKind::kData, str("--count ", options.extend.count, ": expected at most ", slots.size(),
                                      ": so many [unused] tokens that take a term are left in ", options.tokenizer));
  }
  const vocab::Inputs domain_inputs = plain_inputs(options.domain), general_inputs = plain_inputs(options.general);
  const fs::path output = options.output;
  OutputFolder partial(call, output);
  std::vector<vocab::Term> terms;
  std::vector<uint64_t> uses;
  Json facts;
  {
    const WorkFolder work(partial.path() / "work");
    corpus::ReadStats read;
    const auto count = [&](const vocab::Inputs& inputs, const char* name) {
      return vocab::count_inputs(inputs, options.read, tokenizer.settings(), memory / 2, work.path(),
                                 work.path() / name, call.threads(), read);
    };
    const vocab::Counts domain = count(domain_inputs, "domain.zst"), general = count(general_inputs, "general.zst");
    warn_of_broken_records(read);
    terms = vocab::candidates(tokenizer, domain, general, options.extend);
    add_documents(domain_inputs.paths(), options.read, tokenizer, terms, call.threads());
    terms = vocab::choose_terms(tokenizer, std::move(terms), options.extend);
    uses = vocab::measure(tokenizer, general, {}, call.threads()).uses;
    facts["settings"] = {{"count", options.extend.count},
                         {"min_pieces", options.extend.min_pieces},
                         {"min_documents", options.extend.min_documents},
                         {"min_z", options.extend.min_z}};
    for (const auto& [name, counts] : {std::pair("domain", &domain), std::pair("general", &general)}) {
      facts[name] = {
          {"documents", counts->info.texts}, {"bytes", counts->info.text_bytes}, {"words", counts->info.total}};
    }
  }
  if (terms.empty()) {
    throw Error(ErrorKind::kData, str("no term of the domain takes ", options.extend.min_pieces, " pieces, is in ",
                                      options.extend.min_documents,
                                      " documents and is more frequent than in general "
                                      "text; give more text of the domain or lower --min-pieces, --min-documents or "
                                      "--min-z"));
  }
  if (static_cast<int64_t>(terms.size()) < options.extend.count) {
    base::log_warning(str("only ", grouped(terms.size()), " terms were found for ",
                          grouped(static_cast<uint64_t>(options.extend.count)),
                          " slots; lower --min-pieces, --min-documents or --min-z for more"));
  }
  slots.resize(terms.size());
  vocab::write_extension(options.tokenizer, partial.path(), tokenizer, terms, slots, uses, facts);
  std::vector<fs::path> inputs = domain_inputs.paths();
  for (const fs::path& path : general_inputs.paths()) inputs.push_back(path);
  call.write_run_files(partial.path(), inputs, {options.tokenizer});
  partial.commit();

  Json object = {{"output", output.string()},
                 {"terms", terms.size()},
                 {"slots_left", vocab::free_slots(files, tokenizer).size() - terms.size()}};
  object.update(facts);
  std::vector<std::string> first;
  for (const vocab::Term& term : terms) {
    if (first.size() < 10) first.push_back(term.text);
  }
  object["first"] = first;
  call.result(object, str(output.string(), ": ", grouped(terms.size()), " terms in [unused] slots: ",
                          base::join(first, ", "), terms.size() > first.size() ? ", ..." : "", "\n"));
  return 0;
}

}  // namespace lmkor::cli
