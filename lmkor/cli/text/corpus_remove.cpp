// lmkor corpus remove: a donor's text out of a finished corpus, and what was made from it.
#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/descendants.h"
#include "lmkor/cli/output_folder.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/corpus/remove.h"

namespace lmkor::cli {

namespace fs = std::filesystem;
using base::str;

namespace {

struct Options {
  std::string corpus;
  std::string donor;
  std::vector<std::string> look_in;

  void fields(config::Fields& f) {
    f.add("corpus", corpus, "folder of the corpus, which is replaced", config::required());
    f.add("donor", donor, "donor whose records go", config::required());
    f.add("look_in", look_in,
          "folders to search for what was made from the corpus; without any, the folder that the corpus lies in");
  }
};

// Of the corpus as it was, and as it was before earlier withdrawals.
std::set<std::string> hashes_of(const base::Json& manifest) {
  std::set<std::string> out;
  for (const base::Json& row : manifest["withdrawals"]) {
    for (const auto& [name, hash] : row["before"].items()) out.insert(hash.get<std::string>());
  }
  return out;
}

}  // namespace

int run_corpus_remove(Invocation& call) {
  Options options;
  if (!call.parse(options)) return 0;
  const fs::path corpus = fs::weakly_canonical(options.corpus);
  std::vector<fs::path> folders(options.look_in.begin(), options.look_in.end());
  if (folders.empty()) folders.push_back(corpus.parent_path());
  call.common.force = true;  // to replace the corpus is what was asked for
  corpus::DonorRemoval removal;
  {
    OutputFolder folder(call, corpus, "corpus");
    removal = corpus::remove_donor(corpus, folder.path(), options.donor);
    folder.commit();
  }
  const std::vector<Descendant> descendants = find_descendants(corpus, hashes_of(removal.manifest), folders);
  base::Json result = {{"corpus", options.corpus},
                       {"donor", options.donor},
                       {"documents", removal.documents},
                       {"sentences", removal.sentences},
                       {"bytes", removal.bytes},
                       {"removed_records", removal.removed_records},
                       {"changed_files", removal.changed_files},
                       {"descendants", base::Json::array()}};
  std::string text = str(base::grouped(static_cast<long long>(removal.documents)), " documents, ",
                         base::human_bytes(static_cast<double>(removal.bytes)), " of ", options.donor, " are out of ",
                         options.corpus, ", and ", base::grouped(static_cast<long long>(removal.removed_records)),
                         " records of what was removed before; report.html, which showed samples, is gone\n");
  if (descendants.empty()) text += "no artefact that was made from the corpus was found\n";
  for (const Descendant& one : descendants) {
    result["descendants"].push_back(
        {{"path", one.path.string()}, {"command", one.command}, {"parent", one.parent.string()}});
    text += str("still holds it: ", one.path.string(), " (", one.command, ", from ", one.parent.string(),
                "); make it again\n");
  }
  call.result(result, text);
  return 0;
}

}  // namespace lmkor::cli
