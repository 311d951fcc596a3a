// lmkor pull, lmkor push: models from and to a hub.
#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/cli/command.h"
#include "lmkor/cli/text/handlers.h"
#include "lmkor/hub/download.h"
#include "lmkor/hub/upload.h"

namespace lmkor::cli {
namespace {

using base::str;

struct PullFlags {
  std::string name, revision;
  hub::PullOptions pull;
  int64_t parallel_files = 4;

  void fields(config::Fields& f) {
    f.positional("name", name, "ORG/NAME or ORG/NAME@REVISION", config::required());
    f.add("revision", revision, "branch, tag or commit; empty: main");
    f.add("include", pull.include, "patterns of files to fetch, as in *.safetensors; empty: all");
    f.add("exclude", pull.exclude, "patterns of files to leave out");
    f.add("parallel_files", parallel_files, "files that are fetched at once", config::between(1, 64));
  }
};

struct PushFlags {
  std::vector<std::string> paths;
  std::string revision = "main";
  hub::PushOptions push;

  void fields(config::Fields& f) {
    f.positional("paths", paths, "the folder and the repository: DIR ORG/NAME", config::required());
    f.add("revision", revision, "branch to commit to");
    f.add("message", push.message, "first line of the commit");
    f.add("private", push.is_private, "make the repository private where it is made");
  }
};

hub::RepoName repository(const std::string& text, const std::string& revision) {
  auto repo = hub::parse_repo_name(revision.empty() ? text : str(text, "@", revision));
  if (repo) return *repo;
  throw base::Error(base::ErrorKind::kUsage, str("got \"", text, revision.empty() ? "" : "@", revision,
                                                 "\", expected a repository as ORG/NAME or ORG/NAME@REVISION"));
}

}  // namespace

int run_pull(Invocation& call) {
  PullFlags flags;
  if (!call.parse(flags)) return 0;
  const hub::RepoName repo = repository(flags.name, flags.revision);
  flags.pull.parallel_files = static_cast<int>(flags.parallel_files);
  const hub::Pulled pulled = hub::pull(hub::read_hub_settings(), repo, flags.pull);
  call.result({{"path", pulled.snapshot.string()},
               {"repository", repo.id},
               {"revision", repo.revision},
               {"commit", pulled.commit},
               {"files", pulled.files},
               {"bytes_downloaded", pulled.bytes_downloaded}},
              pulled.snapshot.string() + "\n");
  return 0;
}

int run_push(Invocation& call) {
  PushFlags flags;
  if (!call.parse(flags)) return 0;
  if (flags.paths.size() != 2) {
    throw base::Error(base::ErrorKind::kUsage, str("got ", flags.paths.size(), " arguments, expected DIR ORG/NAME"));
  }
  const hub::RepoName repo = repository(flags.paths[1], flags.revision);
  const hub::Pushed pushed = hub::push(hub::read_hub_settings(), repo, flags.paths[0], flags.push);
  call.result({{"repository", repo.id},
               {"revision", repo.revision},
               {"commit", pushed.commit},
               {"url", pushed.url},
               {"files", pushed.files},
               {"bytes_uploaded", pushed.bytes_uploaded}},
              str(pushed.url.empty() ? pushed.commit : pushed.url, "\n"));
  return 0;
}

}  // namespace lmkor::cli
