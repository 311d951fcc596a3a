#include "lmkor/corpus/survey.h"

#include <algorithm>
#include <optional>

#include "lmkor/base/hash.h"
#include "lmkor/base/parallel.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;

namespace {

// Rank and hash of a document in short: equal for equal texts, lower for longer ones.
uint32_t short_rank(const RefinedDocument& document) {
  const auto width = static_cast<uint32_t>(std::bit_width(std::min<uint64_t>(document.characters, UINT32_MAX)));
  return (255 - width) << 24 | static_cast<uint32_t>(document.hash.low >> 40);
}

// Documents of a batch in parallel, each with a Minhasher of its thread's stretch.
template <class Body>
void for_documents(const std::vector<RefinedDocument>& documents, int threads, Body&& body) {
  const size_t stretches = std::min<size_t>(static_cast<size_t>(std::max(threads, 1)), documents.size());
  base::parallel_for(stretches, threads, [&](size_t stretch) {
    const size_t begin = documents.size() * stretch / stretches, end = documents.size() * (stretch + 1) / stretches;
    body(begin, end);
  });
}

// Calls take(key, first word) for each run of `n` words.
template <class Take>
void for_word_runs(std::string_view sentence, size_t n, std::vector<uint32_t>& begins, std::vector<uint64_t>& hashes,
                   Take&& take) {
  word_begins(sentence, begins);
  const size_t words = begins.size() - 1;
  if (words < n) return;
  hashes.clear();
  for (size_t i = 0; i < words; ++i) {
    std::string_view word = sentence.substr(begins[i], begins[i + 1] - begins[i]);
    while (word.ends_with(' ')) word.remove_suffix(1);
    hashes.push_back(base::hash64(word));
  }
  for (size_t i = 0; i + n <= words; ++i) {
    take(base::hash64({reinterpret_cast<const char*>(&hashes[i]), n * sizeof(uint64_t)}), static_cast<uint32_t>(i));
  }
}

}  // namespace

void word_begins(std::string_view sentence, std::vector<uint32_t>& begins) {
  begins.clear();
  bool in_word = false;
  for (size_t i = 0; i < sentence.size(); ++i) {
    const bool blank = sentence[i] == ' ' || sentence[i] == '\t';
    if (!blank && !in_word) begins.push_back(static_cast<uint32_t>(i));
    in_word = !blank;
  }
  begins.push_back(static_cast<uint32_t>(sentence.size()));
}

void survey_unit(const Work& work, size_t unit, const fs::path& folder) {
  const DedupOptions& dedup = work.options.dedup;
  const uint64_t memory = work.memory_bytes / 8;
  RecordWriter<Record> table(folder / "table", 1, memory);
  const auto writer = [&](bool wanted, const char* name) {
    std::optional<RecordWriter<Record>> out;
    if (wanted) out.emplace(folder / name, work.buckets, memory);
    return out;
  };
  auto documents = writer(dedup.hashes_documents(), "documents");
  auto bands = writer(dedup.near, "bands");
  auto sentences = writer(dedup.exact, "sentences");
  auto words = writer(dedup.repeated_words > 0, "words");
  std::vector<uint32_t> begins;
  std::vector<uint64_t> hashes, keys;
  const auto band_count = static_cast<size_t>(work.options.minhash.bands);
  uint32_t document_number = 0, sentence_number = 0;
  work.refine(unit, [&](RefinedBatch&& batch, size_t) {
    std::erase_if(batch.documents, [](const RefinedDocument& d) { return d.pieces.empty(); });
    if (bands) {
      keys.resize(batch.documents.size() * band_count);
      for_documents(batch.documents, work.threads, [&](size_t begin, size_t end) {
        Minhasher hasher(work.options.minhash);
        for (size_t i = begin; i < end; ++i) {
          const auto of_text = hasher.band_keys(hasher.shingles(batch.documents[i].document.text));
          std::copy(of_text.begin(), of_text.end(), keys.begin() + static_cast<ptrdiff_t>(i * band_count));
        }
      });
    }
    for (size_t i = 0; i < batch.documents.size(); ++i, ++document_number) {
      const RefinedDocument& d = batch.documents[i];
      table.add(0, {rank_of(d.characters, d.hash), static_cast<uint32_t>(d.pieces.size()), document_number});
      if (documents) {
        documents->add(work.bucket(d.hash.low), {d.hash.low, static_cast<uint32_t>(d.hash.high), document_number});
      }
      for (size_t band = 0; bands && band < band_count; ++band) {
        const uint64_t key = keys[i * band_count + band];
        bands->add(work.bucket(key), {key, short_rank(d), document_number});
      }
      for (const Piece& piece : d.pieces) {
        if (sentences) {
          sentences->add(work.bucket(piece.hash.low),
                         {piece.hash.low, static_cast<uint32_t>(piece.hash.high), sentence_number});
        }
        if (words) {
          for_word_runs(std::string_view(d.document.text).substr(piece.begin, piece.size),
                        static_cast<size_t>(dedup.repeated_words), begins, hashes, [&](uint64_t key, uint32_t first) {
                          words->add(work.bucket(key), {key, first, sentence_number});
                        });
        }
        ++sentence_number;
      }
    }
  });
  for (auto* out : {&documents, &bands, &sentences, &words}) {
    if (*out) (*out)->commit();
  }
  table.commit();
}

void shingle_unit(const Work& work, size_t unit, const fs::path& folder) {
  std::vector<uint32_t> wanted;
  for (size_t bucket = 0; bucket < work.buckets; ++bucket) {
    RecordFile<uint32_t>(work.task("pair", bucket) / "candidates").each(unit, [&](uint32_t i) { wanted.push_back(i); });
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  base::AtomicFile file(folder / "shingles");
  std::vector<ShingleFile::Entry> entries;
  uint32_t number = 0;
  auto next = wanted.begin();
  const auto refine = [&] {
    Minhasher hasher(work.options.minhash);
    std::vector<uint32_t> shingles;
    std::string bytes;
    work.refine(unit, [&](RefinedBatch&& batch, size_t) {
      for (const RefinedDocument& d : batch.documents) {
        if (d.pieces.empty()) continue;
        const uint32_t index = number++;
        if (next == wanted.end() || *next != index) continue;
        ++next;
        const auto all = hasher.shingles(d.document.text);
        shingles.assign(all.begin(), all.end());
        std::sort(shingles.begin(), shingles.end());
        shingles.erase(std::unique(shingles.begin(), shingles.end()), shingles.end());
        bytes.assign(reinterpret_cast<const char*>(shingles.data()), shingles.size() * sizeof(uint32_t));
        bytes += d.document.id;
        entries.push_back({rank_of(d.characters, d.hash), file.written(), index, static_cast<uint32_t>(shingles.size()),
                           static_cast<uint32_t>(d.document.id.size()), static_cast<uint32_t>(base::hash64(bytes))});
        bytes.resize((bytes.size() + 7) / 8 * 8);
        file.write(bytes);
      }
    });
  };
  if (!wanted.empty()) refine();
  const std::string_view table(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof entries[0]);
  file.write(table);
  const uint64_t end[] = {entries.size(), base::hash64(table)};
  file.write({reinterpret_cast<const char*>(end), sizeof end});
  file.commit();
}

ShingleFile::ShingleFile(const fs::path& path) : path_(path) {
  try {
    file_ = base::MappedFile(path);
  } catch (const base::Error& error) {
    throw BrokenFile(path, error.message());
  }
  const std::string_view bytes = file_.bytes();
  uint64_t end[2];
  if (bytes.size() < sizeof end) throw BrokenFile(path, "it is cut off");
  std::memcpy(end, bytes.data() + bytes.size() - sizeof end, sizeof end);
  const uint64_t room = bytes.size() - sizeof end;
  if (end[0] > room / sizeof(Entry)) throw BrokenFile(path, "it is cut off");
  const std::string_view table = bytes.substr(room - end[0] * sizeof(Entry), end[0] * sizeof(Entry));
  if (base::hash64(table) != end[1]) throw BrokenFile(path, "its table has a wrong checksum");
  entries_ = {reinterpret_cast<const Entry*>(table.data()), end[0]};
}

const ShingleFile::Entry& ShingleFile::find(uint32_t index) const {
  const auto found = std::lower_bound(entries_.begin(), entries_.end(), index,
                                      [](const Entry& entry, uint32_t wanted) { return entry.index < wanted; });
  if (found == entries_.end() || found->index != index) throw BrokenFile(path_, "a document is missing");
  const uint64_t size = found->shingles * sizeof(uint32_t) + found->id_bytes;
  if (found->begin + size > file_.bytes().size() ||
      static_cast<uint32_t>(base::hash64(file_.bytes().substr(found->begin, size))) != found->checksum) {
    throw BrokenFile(path_, "shingles have a wrong checksum");
  }
  return *found;
}

std::span<const uint32_t> ShingleFile::shingles(const Entry& entry) const {
  return {reinterpret_cast<const uint32_t*>(file_.bytes().data() + entry.begin), entry.shingles};
}

std::string_view ShingleFile::id(const Entry& entry) const {
  return file_.bytes().substr(entry.begin + entry.shingles * sizeof(uint32_t), entry.id_bytes);
}

std::pair<const ShingleFile*, const ShingleFile::Entry*> ShingleFiles::find(Place place) {
  auto at = files_.find(unit_of(place));
  if (at == files_.end()) at = files_.emplace(unit_of(place), work_.task("shingle", unit_of(place)) / "shingles").first;
  const ShingleFile::Entry& entry = at->second.find(index_of(place));
  constexpr uint64_t kSearchBytes = 16 << 10;  // about the pages that a search in the table touches
  touched_bytes_ += kSearchBytes + entry.shingles * sizeof(uint32_t);
  return {&at->second, &entry};
}

void ShingleFiles::trim() {
  if (touched_bytes_ <= memory_bytes_) return;
  files_.clear();
  touched_bytes_ = 0;
}

}  // namespace lmkor::corpus
