#include "lmkor/corpus/records.h"

#include <algorithm>

#include "lmkor/base/error.h"
#include "lmkor/base/log.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr size_t kBatchBytes = 512 << 10;
constexpr size_t kBatchRecords = 8192;
// Files of another encoding than UTF-8 that the log names; the manifest names more.
constexpr size_t kMaxLogged = 10;

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

// False at the end of the file.
bool RecordStream::open_stream() {
  const fs::path& path = files_[file_];
  if (!source_) {
    source_ = std::make_unique<SourceFile>(path, options_);
    batch_number_ = 0;
  }
  SourceFile::Stream stream;
  const size_t notes = read_.notes.size();
  const bool opened = source_->next(stream, read_);
  for (size_t i = notes; i < read_.notes.size() && logged_ < kMaxLogged; ++i, ++logged_) base::log_info(read_.notes[i]);
  if (!opened) return false;
  FileLayout layout;
  layout.path = path;
  layout.member = stream.member;
  layout.encoding = stream.encoding;
  layout.source = stem_of(stream.member.empty() ? path : fs::path(stream.member));
  layout.options = options_;
  for (const auto& [field, value] : options_.fills(path)) layout.fills.emplace_back(find_known_field(field), value);
  for (const KnownField& field : known_fields()) {
    const std::string mapped = options_.mapped(field.name);
    layout.field_names.push_back(mapped.empty() ? std::string(field.name) : mapped);
  }
  format_ =
      &find_format(stream.member.empty() ? path : fs::path(stream.member), options_, stream.input->peek(kPeekBytes));
  if (format_->name == "tsv") layout.delimiter = '\t';
  splitter_ = format_->split(std::move(stream.input), layout);
  record_ = 1;
  has_pending_ = splitter_->next(pending_);
  if (has_pending_) {
    // Names of columns become members of every record: they are valid whatever the file holds.
    const text::Repaired first = text::repair(pending_.bytes);
    has_pending_ = format_->open({first.text, pending_.line, pending_.got, pending_.expected}, layout);
  }
  layout_ = std::make_shared<const FileLayout>(std::move(layout));
  return true;
}

void RecordStream::take(const RawRecord& record, RecordBatch& batch) const {
  RecordBatch::Span span{batch.bytes.size(), record.bytes.size(), record.line};
  if (!record.got.empty()) {
    span.fault = static_cast<int32_t>(batch.faults.size());
    batch.faults.push_back({layout_->place(record.line), std::string(record.got), std::string(record.expected)});
  }
  batch.records.push_back(span);
  batch.bytes += record.bytes;
}

void RecordStream::hand_over(RecordBatch& batch) {
  batch.file = file_;
  batch.number = batch_number_++;
  batch.first_record = record_;
  record_ += batch.records.size();
  batch.format = format_;
  batch.layout = layout_;
  batch.stored_position = stored_position();
  batch.read = std::move(read_);
  read_ = {};
}

bool RecordStream::next(RecordBatch& batch) {
  batch.bytes.clear();
  batch.records.clear();
  batch.faults.clear();
  batch.read = {};
  while (file_ < files_.size()) {
    if (splitter_ == nullptr && !open_stream()) {
      source_.reset();
      // Members of an archive that were left out after the last one that was read.
      const bool untold = layout_ != nullptr && !(read_.skipped.empty() && read_.notes.empty());
      if (untold) hand_over(batch);
      ++file_;
      if (untold) return true;
      continue;
    }
    if (has_pending_) take(pending_, batch);
    has_pending_ = false;
    RawRecord record;
    while (batch.bytes.size() < kBatchBytes && batch.records.size() < kBatchRecords && splitter_->next(record)) {
      take(record, batch);
    }
    if (!batch.records.empty()) {
      hand_over(batch);
      return true;
    }
    splitter_.reset();
  }
  return false;
}

Outcome BatchParser::parse(const RecordBatch& batch, size_t index, Document& document, BadRecord& bad) {
  if (format_ != batch.format) {
    format_ = batch.format;
    parser_ = format_->parser();
  }
  const RecordBatch::Span& span = batch.records[index];
  const FileLayout& layout = *batch.layout;
  document.clear();
  if (span.fault >= 0) {
    bad = batch.faults[static_cast<size_t>(span.fault)];
    return Outcome::kBad;
  }
  std::string_view bytes = std::string_view(batch.bytes).substr(span.offset, span.size);
  text::Repaired repaired;
  BadRecord broken;
  const size_t broken_at = text::find_invalid(bytes);
  if (broken_at != std::string_view::npos) {
    broken = {layout.place(span.line),
              layout.encoding == "utf-8" ? str("broken UTF-8 at byte ", broken_at + 1, " of the record")
                                         : str("broken ", layout.encoding, " in the record"),
              layout.encoding == "utf-8" ? "valid UTF-8" : str("valid ", layout.encoding)};
    if (layout.options.invalid_utf8 == "error") {
      throw base::Error(base::ErrorKind::kData,
                        str(broken.place, ": got ", broken.got, ", expected ", broken.expected,
                            "; name the encoding of the file (--encoding cp949) or use --invalid-utf8 replace"));
    }
    repaired = text::repair(bytes);
    bytes = repaired.text;
  }
  Outcome outcome = parser_->parse(bytes, layout, document, bad);
  if (outcome != Outcome::kGood) bad.place = layout.place(span.line);
  if (outcome == Outcome::kBad || outcome == Outcome::kSkipped) return outcome;
  if (broken_at != std::string_view::npos) {
    outcome = Outcome::kRepaired;
    bad = std::move(broken);
  }
  for (const auto& [field, value] : layout.fills) {
    if ((document.*field->member).empty()) document.*field->member = value;
  }
  if (document.source.empty()) document.source = layout.source;
  if (document.category.empty()) document.category = layout.category;
  if (document.id.empty() && !layout.whole_id.empty()) document.id = layout.whole_id;
  if (document.id.empty()) document.id = str(document.source, ":", batch.first_record + index);
  if (!layout.extra.empty()) {
    if (!document.extra.empty()) document.extra += ',';
    document.extra += layout.extra;
  }
  return outcome;
}

}  // namespace lmkor::corpus
