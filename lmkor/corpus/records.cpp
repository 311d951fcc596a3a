#include "lmkor/corpus/records.h"

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr size_t kBatchBytes = 512 << 10;
constexpr size_t kBatchRecords = 8192;
constexpr size_t kPeekBytes = 4096;

void refuse_utf16(const fs::path& path, std::string_view first_bytes) {
  if (!first_bytes.starts_with("\xFF\xFE") && !first_bytes.starts_with("\xFE\xFF")) return;
  throw base::Error(base::ErrorKind::kData,
                    str(path.string(),
                        ":1: wrong encoding: got UTF-16, expected UTF-8; convert it with iconv -f UTF-16 "
                        "-t UTF-8"));
}

}  // namespace

RecordStream::RecordStream(std::vector<fs::path> files, ReadOptions options, size_t first_file)
    : files_(std::move(files)), options_(std::move(options)), file_(first_file) {
  for (const fs::path& file : files_) {
    stored_begin_.push_back(stored_total_);
    if (file != "-") stored_total_ += fs::file_size(file);
  }
  stored_begin_.push_back(stored_total_);
}

uint64_t RecordStream::stored_position() const {
  return stored_begin_[file_] + (splitter_ ? splitter_->stored_position() : 0);
}

// False if the file holds no record.
bool RecordStream::open_file() {
  const fs::path& path = files_[file_];
  auto input = std::make_unique<PeekedInput>(base::open_input(path));
  refuse_utf16(path, input->peek(2));
  if (input->peek(3) == "\xEF\xBB\xBF") input->drop(3);
  FileLayout layout;
  layout.path = path;
  layout.stem = stem_of(path);
  layout.options = options_;
  for (const KnownField& field : known_fields()) {
    const std::string mapped = options_.mapped(field.name);
    layout.field_names.push_back(mapped.empty() ? std::string(field.name) : mapped);
  }
  format_ = &find_format(path, options_, input->peek(kPeekBytes));
  if (format_->name == "tsv") layout.delimiter = '\t';
  splitter_ = format_->split(std::move(input), layout);
  batch_number_ = 0;
  record_ = 1;
  if (!splitter_->next(pending_)) return false;
  has_pending_ = format_->open(pending_, layout);
  layout_ = std::make_shared<const FileLayout>(std::move(layout));
  return true;
}

void RecordStream::take(const RawRecord& record, RecordBatch& batch) const {
  batch.records.push_back({batch.bytes.size(), record.bytes.size(), record.line});
  batch.bytes += record.bytes;
}

bool RecordStream::next(RecordBatch& batch) {
  batch.bytes.clear();
  batch.records.clear();
  while (file_ < files_.size()) {
    if (splitter_ == nullptr && !open_file()) {
      splitter_.reset();
      ++file_;
      continue;
    }
    if (has_pending_) take(pending_, batch);
    has_pending_ = false;
    RawRecord record;
    while (batch.bytes.size() < kBatchBytes && batch.records.size() < kBatchRecords && splitter_->next(record)) {
      take(record, batch);
    }
    if (!batch.records.empty()) {
      batch.file = file_;
      batch.number = batch_number_++;
      batch.first_record = record_;
      record_ += batch.records.size();
      batch.format = format_;
      batch.layout = layout_;
      batch.stored_position = stored_position();
      return true;
    }
    splitter_.reset();
    ++file_;
  }
  return false;
}

BatchParser::Outcome BatchParser::parse(const RecordBatch& batch, size_t index, Document& document, BadRecord& bad) {
  if (format_ != batch.format) {
    format_ = batch.format;
    parser_ = format_->parser();
  }
  const RecordBatch::Span& span = batch.records[index];
  std::string_view bytes = std::string_view(batch.bytes).substr(span.offset, span.size);
  document.clear();
  text::Repaired repaired;
  const size_t broken = text::find_invalid(bytes);
  if (broken != std::string_view::npos) {
    bad.got = str("broken UTF-8 at byte ", broken + 1, " of the record");
    bad.expected = "valid UTF-8";
    bad.place = batch.layout->place(span.line);
    if (batch.layout->options.invalid_utf8 == "error") {
      throw base::Error(base::ErrorKind::kData,
                        str(bad.place, ": got ", bad.got, ", expected ", bad.expected,
                            "; convert the file (iconv -f CP949 -t UTF-8) or use --invalid-utf8 replace"));
    }
    repaired = text::repair(bytes);
    bytes = repaired.text;
  }
  if (!parser_->parse(bytes, *batch.layout, document, bad)) {
    bad.place = batch.layout->place(span.line);
    return Outcome::kBad;
  }
  if (document.source.empty()) document.source = batch.layout->stem;
  if (document.id.empty()) document.id = str(document.source, ":", batch.first_record + index);
  return broken == std::string_view::npos ? Outcome::kGood : Outcome::kRepaired;
}

}  // namespace lmkor::corpus
