#include "lmkor/corpus/write_unit.h"

#include <algorithm>
#include <bit>

#include "lmkor/base/error.h"
#include "lmkor/base/hash.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/collector.h"
#include "lmkor/corpus/repeat.h"
#include "lmkor/corpus/survey.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::Json;
using base::str;

namespace {

// What the files of the stages before say of one unit.
class Decisions final : public Decider {
 public:
  Decisions(const Work& work, size_t unit)
      : work_(work), repeated_(repeated_sentences(work, unit)), shingles_(work, work.memory_bytes / 4) {
    const DedupOptions& dedup = work.options.dedup;
    if (dedup.hashes_documents()) {
      RecordFile<Record>(work.task("cluster", 0) / "drops").each(unit, [&](const Record& r) { drops_.push_back(r); });
      std::sort(drops_.begin(), drops_.end(), [](const Record& a, const Record& b) { return a.index < b.index; });
    }
    for (size_t bucket = 0; dedup.repeated_words > 0 && bucket < work.buckets; ++bucket) {
      RecordFile<WordRun>(work.task("words", bucket) / "drops").each(unit, [&](const WordRun& r) {
        runs_.push_back(r);
      });
    }
    std::sort(runs_.begin(), runs_.end());
    drop_ = drops_.begin();
    sentence_drop_ = repeated_.begin();
    run_ = runs_.begin();
  }

  void decide(const RefinedDocument& document, Verdict& verdict) override {
    verdict.clear(document.pieces.size());
    const uint32_t first = sentence_;
    sentence_ += static_cast<uint32_t>(document.pieces.size());
    if (drop_ != drops_.end() && drop_->index == document_) {
      verdict.whole = drop_->extra == 0 ? kRepeatedDocument : kNearDuplicate;
      if (drop_->extra != 0) note_near(*drop_, verdict.note);
      ++drop_;
    }
    ++document_;
    for (; sentence_drop_ != repeated_.end() && *sentence_drop_ < sentence_; ++sentence_drop_) {
      verdict.repeated[*sentence_drop_ - first] = true;
    }
    while (run_ != runs_.end() && run_->sentence < sentence_) cut_runs(document, run_->sentence - first, verdict);
  }

 private:
  void note_near(const Record& drop, std::string& note) {
    shingles_.trim();
    const auto [file, entry] = shingles_.find(drop.key);
    note = "\"duplicate_of\":";
    append_json_string(note, file->id(*entry));
    note += str(",\"similarity\":", base::fixed(static_cast<double>(std::bit_cast<float>(drop.extra)), 3));
  }

  // The runs of one sentence, joined where they meet.
  void cut_runs(const RefinedDocument& document, size_t piece, Verdict& verdict) {
    const uint32_t sentence = run_->sentence;
    const Piece& p = document.pieces[piece];
    word_begins(std::string_view(document.document.text).substr(p.begin, p.size), begins_);
    const auto length = static_cast<uint32_t>(work_.options.dedup.repeated_words);
    while (run_ != runs_.end() && run_->sentence == sentence) {
      const uint32_t begin = run_->first_word;
      uint32_t end = begin + length;
      while (++run_ != runs_.end() && run_->sentence == sentence && run_->first_word <= end) {
        end = run_->first_word + length;
      }
      if (!verdict.repeated[piece]) verdict.cuts.push_back({piece, p.begin + begins_[begin], p.begin + begins_[end]});
    }
  }

  const Work& work_;
  std::vector<Record> drops_;
  std::vector<uint32_t> repeated_;
  std::vector<WordRun> runs_;
  std::vector<Record>::const_iterator drop_;
  std::vector<uint32_t>::const_iterator sentence_drop_;
  std::vector<WordRun>::const_iterator run_;
  ShingleFiles shingles_;
  std::vector<uint32_t> begins_;
  uint32_t document_ = 0, sentence_ = 0;
};

// The same bytes under another name: a link where both lie on one file system, else a copy.
void put_in_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::remove(to, error);
  fs::create_hard_link(from, to, error);
  if (!error) return;
  const fs::path copy = str(to.string(), ".tmp-copy");
  fs::copy_file(from, copy, fs::copy_options::overwrite_existing, error);
  if (error) throw base::Error(base::ErrorKind::kOutput, str(to.string(), ": cannot write: ", error.message()));
  base::rename_path(copy, to);
}

// The tally of a written unit, all of whose files are there.
Json read_unit(const fs::path& folder) {
  try {
    const Json json = base::read_json(folder / "tally.json");
    for (const auto& [name, bytes] : json.at("files").items()) {
      std::error_code error;
      if (fs::file_size(folder / name, error) != bytes.get<uint64_t>() || error)
        throw BrokenFile(folder / "tally.json", str(name, " has not the size that was written"));
    }
    return json;
  } catch (const BrokenFile&) {
    throw;
  } catch (const base::Error& error) {
    throw BrokenFile(folder / "tally.json", error.message());
  }
}

}  // namespace

void write_unit(const Work& work, size_t unit, const fs::path& folder) {
  base::make_directories(folder / "removed");
  Decisions decisions(work, unit);
  Collector collector(folder, 0, decisions);
  Tally tally;
  work.refine(unit, [&](RefinedBatch&& batch, size_t file) {
    collector.take(std::move(batch), file, tally);
    if (collector.raw_bytes() >= static_cast<uint64_t>(work.options.part_bytes)) collector.commit();
  });
  if (collector.raw_bytes() > 0) collector.commit();
  base::sync_directory(folder / "removed");
  Json hashes = Json::array();
  const Unit& u = work.units[unit];
  for (size_t i = u.first_file; i < u.first_file + u.files; ++i) hashes.push_back(base::sha256_file(work.files[i]));
  Json sizes = Json::object();
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) sizes[entry.path().lexically_relative(folder).string()] = entry.file_size();
  }
  base::write_json(folder / "tally.json",
                   {{"files", sizes}, {"parts", collector.parts()}, {"sha256", hashes}, {"tally", tally.to_json()}});
}

Tally gather_units(const Work& work, const fs::path& output, Json& inputs) {
  Tally tally;
  size_t part = 0;
  for (size_t unit = 0; unit < work.units.size(); ++unit) {
    base::check_interrupt();
    const fs::path folder = work.task("write", unit);
    const Json json = read_unit(folder);
    tally += Tally::from_json(json.at("tally"));
    for (size_t i = 0; i < work.units[unit].files; ++i) {
      inputs[work.units[unit].first_file + i]["sha256"] = json.at("sha256").at(i);
    }
    for (size_t i = 0; i < json.at("parts").get<size_t>(); ++i, ++part) {
      put_in_place(folder / part_name("docs", i), output / part_name("docs", part));
      for (const ReasonInfo& reason : reasons()) {
        const fs::path from = folder / "removed" / part_name(reason.name, i);
        if (fs::exists(from)) put_in_place(from, output / "removed" / part_name(reason.name, part));
      }
    }
  }
  tally.read.check_share(work.options.read.max_bad_share, true);
  return tally;
}

}  // namespace lmkor::corpus
