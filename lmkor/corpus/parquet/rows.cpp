#include "lmkor/corpus/parquet/rows.h"

#include <cmath>

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

namespace lmkor::corpus {
namespace {

// Rows decoded at once: text columns hold kilobytes in a row.
constexpr int64_t kBatchRows = 256;

template <class ArrowType>
auto value_at(const arrow::Array& array, int64_t row) {
  return static_cast<const typename arrow::TypeTraits<ArrowType>::ArrayType&>(array).GetView(row);
}

class Writer {
 public:
  explicit Writer(AppendJsonString append) : append_(append) {}

  void object(const arrow::RecordBatch& batch, int64_t row, std::string& out) const {
    out += '{';
    for (int i = 0; i < batch.num_columns(); ++i) member(batch.column_name(i), *batch.column(i), row, i == 0, out);
    out += '}';
  }

 private:
  void member(std::string_view name, const arrow::Array& values, int64_t row, bool first, std::string& out) const {
    if (!first) out += ',';
    append_(out, name);
    out += ':';
    value(values, row, out);
  }

  // Numbers stay numbers and lists lists; times, decimals and the rest become the text that Arrow prints.
  void value(const arrow::Array& array, int64_t row, std::string& out) const {
    if (array.IsNull(row)) {
      out += "null";
      return;
    }
    switch (array.type_id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        append_(out, value_at<arrow::BinaryType>(array, row));
        break;
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        append_(out, value_at<arrow::LargeBinaryType>(array, row));
        break;
      case arrow::Type::BOOL:
        out += value_at<arrow::BooleanType>(array, row) ? "true" : "false";
        break;
      case arrow::Type::LIST:
        list(static_cast<const arrow::ListArray&>(array), row, out);
        break;
      case arrow::Type::LARGE_LIST:
        list(static_cast<const arrow::LargeListArray&>(array), row, out);
        break;
      case arrow::Type::STRUCT: {
        const auto& fields = static_cast<const arrow::StructArray&>(array);
        out += '{';
        for (int i = 0; i < fields.num_fields(); ++i)
          member(fields.struct_type()->field(i)->name(), *fields.field(i), row, i == 0, out);
        out += '}';
        break;
      }
      default:
        scalar(array, row, out);
    }
  }

  template <class ListArray>
  void list(const ListArray& array, int64_t row, std::string& out) const {
    out += '[';
    for (auto i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
      if (i > array.value_offset(row)) out += ',';
      value(*array.values(), i, out);
    }
    out += ']';
  }

  void scalar(const arrow::Array& array, int64_t row, std::string& out) const {
    const auto got = array.GetScalar(row);
    const std::string text = got.ok() ? (*got)->ToString() : got.status().ToString();
    const bool number = arrow::is_integer(array.type_id()) || arrow::is_floating(array.type_id());
    // JSON has no nan and no inf.
    const bool finite = number && text.find_first_not_of("+-.0123456789eE") == std::string::npos;
    finite ? void(out += text) : append_(out, text);
  }

  AppendJsonString append_;
};

class Rows : public ParquetRows {
 public:
  Rows(std::unique_ptr<parquet::arrow::FileReader> file, std::unique_ptr<arrow::RecordBatchReader> batches,
       AppendJsonString append)
      : file_(std::move(file)), batches_(std::move(batches)), writer_(append) {}

  bool next(std::string& json, std::string& error) override try {
    while (batch_ == nullptr || row_ == batch_->num_rows()) {
      row_ = 0;
      const arrow::Status status = batches_->ReadNext(&batch_);
      if (!status.ok()) error = status.ToString();
      if (!status.ok() || batch_ == nullptr) return false;
    }
    json.clear();
    writer_.object(*batch_, row_++, json);
    return true;
  } catch (const std::exception& failure) {
    error = failure.what();
    return false;
  }

 private:
  std::unique_ptr<parquet::arrow::FileReader> file_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  std::shared_ptr<arrow::RecordBatch> batch_;
  int64_t row_ = 0;
  Writer writer_;
};

arrow::Result<ParquetRows*> open(const char* path, AppendJsonString append) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path));
  // Pages as they are needed, not whole column chunks.
  parquet::ReaderProperties properties;
  properties.enable_buffered_stream();
  parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
  arrow_properties.set_batch_size(kBatchRows);
  arrow_properties.set_pre_buffer(false);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(file, properties));
  builder.properties(arrow_properties);
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.Build());
  ARROW_ASSIGN_OR_RAISE(auto batches, reader->GetRecordBatchReader());
  return new Rows(std::move(reader), std::move(batches), append);
}

}  // namespace
}  // namespace lmkor::corpus

extern "C" __attribute__((visibility("default"))) lmkor::corpus::ParquetRows* lmkor_open_parquet(
    const char* path, lmkor::corpus::AppendJsonString append, std::string& error) try {
  auto rows = lmkor::corpus::open(path, append);
  if (rows.ok()) return *rows;
  error = rows.status().ToString();
  return nullptr;
} catch (const std::exception& failure) {
  error = failure.what();
  return nullptr;
}
