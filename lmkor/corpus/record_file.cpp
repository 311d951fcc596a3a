#include "lmkor/corpus/record_file.h"

#include <algorithm>
#include <bit>

#include "lmkor/base/hash.h"
#include "lmkor/base/str.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

static_assert(std::endian::native == std::endian::little, "records are stored as they lie in memory");

namespace {

constexpr std::string_view kMagic = "lmkorREC";
constexpr size_t kMinHeld = 4096;

// The last bytes of a file; before it stand the stretches, by run, then partition.
struct Footer {
  uint64_t record_bytes, partitions, runs, checksum;  // of the stretches
  char magic[8];
};

}  // namespace

BrokenFile::BrokenFile(const fs::path& path, std::string_view what)
    : base::Error(base::ErrorKind::kData, str(path.string(), ": broken working file: ", what,
                                              "; delete its folder and run the same command again")),
      path_(path) {}

struct RawRecordWriter::State {
  State(const fs::path& path, size_t record_bytes, size_t partitions, uint64_t memory_bytes)
      : file(path),
        record_bytes(record_bytes),
        partitions(partitions),
        // Held twice while a run is sorted.
        most(std::max<uint64_t>(kMinHeld, memory_bytes / (2 * record_bytes + sizeof(uint32_t)))) {}

  void write_run() {
    std::vector<uint64_t> begins(partitions + 1);
    for (const uint32_t partition : places) ++begins[partition + 1];
    for (size_t i = 0; i < partitions; ++i) begins[i + 1] += begins[i];
    std::string sorted(held.size(), '\0');
    std::vector<uint64_t> at(begins.begin(), begins.end() - 1);
    for (size_t i = 0; i < places.size(); ++i) {
      std::memcpy(sorted.data() + at[places[i]]++ * record_bytes, held.data() + i * record_bytes, record_bytes);
    }
    for (size_t i = 0; i < partitions; ++i) {
      const uint64_t begin = begins[i] * record_bytes, end = begins[i + 1] * record_bytes;
      stretches.push_back(file.written() + begin);
      stretches.push_back(begins[i + 1] - begins[i]);
      stretches.push_back(base::hash64(std::string_view(sorted).substr(begin, end - begin)));
    }
    file.write(sorted);
    ++runs;
    held.clear();
    places.clear();
  }

  base::AtomicFile file;
  size_t record_bytes, partitions;
  uint64_t most;
  std::string held;
  std::vector<uint32_t> places;
  std::vector<uint64_t> stretches;
  uint64_t runs = 0;
};

RawRecordWriter::RawRecordWriter(const fs::path& path, size_t record_bytes, size_t partitions, uint64_t memory_bytes)
    : state_(std::make_unique<State>(path, record_bytes, partitions, memory_bytes)) {}
RawRecordWriter::~RawRecordWriter() = default;
RawRecordWriter::RawRecordWriter(RawRecordWriter&&) noexcept = default;

void RawRecordWriter::add(size_t partition, const void* record) {
  State& s = *state_;
  s.held.append(static_cast<const char*>(record), s.record_bytes);
  s.places.push_back(static_cast<uint32_t>(partition));
  if (s.places.size() >= s.most) s.write_run();
}

void RawRecordWriter::commit() {
  State& s = *state_;
  if (!s.places.empty()) s.write_run();
  const std::string_view table(reinterpret_cast<const char*>(s.stretches.data()),
                               s.stretches.size() * sizeof(uint64_t));
  s.file.write(table);
  Footer footer{s.record_bytes, s.partitions, s.runs, base::hash64(table), {}};
  std::memcpy(footer.magic, kMagic.data(), sizeof footer.magic);
  s.file.write({reinterpret_cast<const char*>(&footer), sizeof footer});
  s.file.commit();
}

RawRecordFile::RawRecordFile(const fs::path& path, size_t record_bytes) : path_(path), record_bytes_(record_bytes) {
  try {
    file_ = base::MappedFile(path);
  } catch (const base::Error& error) {
    throw BrokenFile(path, error.message());
  }
  const std::string_view bytes = file_.bytes();
  Footer footer{};
  if (bytes.size() < sizeof footer) throw BrokenFile(path, "it is cut off");
  std::memcpy(&footer, bytes.data() + bytes.size() - sizeof footer, sizeof footer);
  const uint64_t room = (bytes.size() - sizeof footer) / sizeof(Stretch);
  if (std::string_view(footer.magic, sizeof footer.magic) != kMagic || footer.record_bytes != record_bytes ||
      footer.runs > room || (footer.runs > 0 && footer.partitions > room / footer.runs)) {
    throw BrokenFile(path, "its end is not that of a complete file");
  }
  partitions_ = footer.partitions;
  stretches_.resize(footer.partitions * footer.runs);
  const size_t table_bytes = stretches_.size() * sizeof(Stretch);
  const std::string_view table = bytes.substr(bytes.size() - sizeof footer - table_bytes, table_bytes);
  if (base::hash64(table) != footer.checksum) throw BrokenFile(path, "its table has a wrong checksum");
  if (table_bytes > 0) std::memcpy(stretches_.data(), table.data(), table_bytes);
  for (const Stretch& stretch : stretches_) {
    if (stretch.offset + stretch.count * record_bytes > bytes.size()) throw BrokenFile(path, "it is cut off");
  }
}

uint64_t RawRecordFile::size(size_t partition) const {
  uint64_t sum = 0;
  for (size_t i = partition; i < stretches_.size(); i += partitions_) sum += stretches_[i].count;
  return sum;
}

uint64_t RawRecordFile::size() const {
  uint64_t sum = 0;
  for (const Stretch& stretch : stretches_) sum += stretch.count;
  return sum;
}

void RawRecordFile::read(size_t partition, const std::function<void(const char* records, uint64_t count)>& take) const {
  for (size_t i = partition; i < stretches_.size(); i += partitions_) {
    const Stretch& stretch = stretches_[i];
    const std::string_view bytes = file_.bytes().substr(stretch.offset, stretch.count * record_bytes_);
    if (base::hash64(bytes) != stretch.checksum) throw BrokenFile(path_, "records have a wrong checksum");
    take(bytes.data(), stretch.count);
    file_.release(stretch.offset, bytes.size());
  }
}

}  // namespace lmkor::corpus
