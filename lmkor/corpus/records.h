// Between formats and documents: batches of raw records, cut at the same places in every run, and their parsing.
// The stream belongs to one thread; batches are parsed on any.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

// Consecutive records of one file, or of one member of an archive. A batch ends at kBatchBytes, kBatchRecords or the
// end of the stream; one without records only tells what was left out.
struct RecordBatch {
  struct Span {
    uint64_t offset, size, line;
    int32_t fault = -1;  // index into `faults`
  };
  size_t file = 0;
  size_t number = 0;          // in the file, from 0
  uint64_t first_record = 0;  // number of the first record in its stream, from 1
  const Format* format = nullptr;
  std::shared_ptr<const FileLayout> layout;
  std::string bytes;
  std::vector<Span> records;
  std::vector<BadRecord> faults;  // of records that could not be divided
  ReadStats read;                 // what was decided and left out on the way here, besides the records
  uint64_t stored_position = 0;   // over all files, after this batch
};

class RecordStream {
 public:
  RecordStream(std::vector<std::filesystem::path> files, ReadOptions options, size_t first_file = 0);
  bool next(RecordBatch& batch);
  uint64_t stored_position() const;
  uint64_t stored_total() const { return stored_total_; }

 private:
  bool open_stream();
  void close_stream();
  void take(const RawRecord& record, RecordBatch& batch) const;
  void hand_over(RecordBatch& batch);

  std::vector<std::filesystem::path> files_;
  ReadOptions options_;
  std::vector<uint64_t> stored_begin_;
  uint64_t stored_total_ = 0;
  size_t file_ = 0;
  std::unique_ptr<SourceFile> source_;
  const Format* format_ = nullptr;
  std::shared_ptr<const FileLayout> layout_;
  std::unique_ptr<Splitter> splitter_;
  ReadStats read_;  // not handed over yet
  size_t logged_ = 0;
  RawRecord pending_;
  bool has_pending_ = false;
  size_t batch_number_ = 0;
  uint64_t record_ = 1;
};

// Parses the records of batches; one for each thread.
class BatchParser {
 public:
  // `bad` says what was broken or skipped unless the outcome is kGood. Throws kData for broken text under
  // --invalid-utf8 error.
  Outcome parse(const RecordBatch& batch, size_t index, Document& document, BadRecord& bad);

 private:
  const Format* format_ = nullptr;
  std::unique_ptr<RecordParser> parser_;
};

}  // namespace lmkor::corpus
