// The boundary between the programs and liblmkor_parquet.so, the one place that knows libarrow. It is loaded when a
// Parquet file is read: nothing else pays for it, and a build without it says so there.
#pragma once

#include <string>
#include <string_view>

namespace lmkor::corpus {

class ParquetRows {
 public:
  virtual ~ParquetRows() = default;
  // The next row as a JSON object; false at the end, or with `error` set where the file cannot be read any further.
  virtual bool next(std::string& json, std::string& error) = 0;
};

// Appends a string with its quotes, as append_json_string().
using AppendJsonString = void (*)(std::string& out, std::string_view text);

// nullptr with `error` set if `path` is no Parquet file. The caller owns the result.
using OpenParquet = ParquetRows* (*)(const char* path, AppendJsonString append, std::string& error);
inline constexpr const char* kOpenParquetName = "lmkor_open_parquet";
inline constexpr const char* kParquetLibrary = "liblmkor_parquet.so";

}  // namespace lmkor::corpus
