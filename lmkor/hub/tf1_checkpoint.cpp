// Format: tensorflow/core/util/tensor_bundle (BundleHeaderProto, BundleEntryProto) in a sorted table as LevelDB has it
// (doc/table_format.md). TensorFlow writes the index without compression.
#include "lmkor/hub/tf1_checkpoint.h"

#include <array>
#include <cstring>

#include <protozero/pbf_reader.hpp>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::Error;
using base::ErrorKind;
using base::str;

namespace {

constexpr size_t kFooterBytes = 48, kTrailerBytes = 5, kMaxKeyBytes = 4096, kMaxVariables = 100'000,
                 kMaxShards = 10'000;
constexpr std::string_view kMagic("\x57\xfb\x80\x8b\x24\x75\x47\xdb", 8);

struct Dtype {
  int32_t number;  // of types.proto
  const char* name;
};
constexpr Dtype kDtypes[] = {{1, "F32"}, {2, "F64"}, {3, "I32"},   {4, "U8"},    {5, "I16"},
                             {6, "I8"},  {9, "I64"}, {10, "BOOL"}, {14, "BF16"}, {19, "F16"}};

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::kData, str(path.string(), ": not a valid TensorFlow checkpoint: ", what));
}

// CRC-32C, masked as TensorFlow stores it.
uint32_t masked_crc(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> out{};
    for (uint32_t i = 0; i < 256; ++i) {
      out[i] = i;
      for (int bit = 0; bit < 8; ++bit) out[i] = out[i] >> 1 ^ (out[i] & 1 ? 0x82f63b78u : 0);
    }
    return out;
  }();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

// Takes a number of LEB128 off the front.
uint64_t take_varint(std::string_view& bytes, const fs::path& path) {
  uint64_t out = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    out |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return out;
  }
  fail(path, "its index is cut off");
}

struct Row {
  std::string key;
  std::string_view value;
};

// The rows of the block that begins at `offset` of the index file.
std::vector<Row> read_block(std::string_view file, uint64_t offset, uint64_t size, const fs::path& path) {
  if (offset > file.size() || size > file.size() - offset || file.size() - offset - size < kTrailerBytes) {
    fail(path, "its index is cut off");
  }
  uint32_t crc;
  std::memcpy(&crc, file.data() + offset + size + 1, sizeof crc);
  if (crc != masked_crc(file.substr(offset, size + 1))) fail(path, "a checksum of its index differs");
  if (file[offset + size] != 0) fail(path, "its index is compressed, which TensorFlow does not do");
  std::string_view rest = file.substr(offset, size);
  uint32_t restarts;
  if (rest.size() < sizeof restarts) fail(path, "its index is cut off");
  std::memcpy(&restarts, rest.data() + rest.size() - sizeof restarts, sizeof restarts);
  if (restarts > (rest.size() - sizeof restarts) / 4) fail(path, "its index is broken");
  rest.remove_suffix(4 * (size_t{restarts} + 1));
  std::vector<Row> out;
  while (!rest.empty()) {
    const uint64_t shared = take_varint(rest, path), more = take_varint(rest, path), value = take_varint(rest, path);
    const size_t known = out.empty() ? 0 : out.back().key.size();
    if (shared > known || more > rest.size() || value > rest.size() - more || shared + more > kMaxKeyBytes ||
        out.size() == kMaxVariables) {
      fail(path, "its index is broken");
    }
    std::string key = out.empty() ? "" : out.back().key.substr(0, shared);
    key += rest.substr(0, more);
    out.push_back({std::move(key), rest.substr(more, value)});
    rest.remove_prefix(more + value);
  }
  return out;
}

std::vector<Row> read_table(std::string_view file, const fs::path& path) {
  if (file.size() < kFooterBytes || !file.ends_with(kMagic)) fail(path, "its index has no end mark (cut off?)");
  std::string_view footer = file.substr(file.size() - kFooterBytes);
  take_varint(footer, path);
  take_varint(footer, path);
  const uint64_t offset = take_varint(footer, path), size = take_varint(footer, path);
  std::vector<Row> out;
  for (const Row& block : read_block(file, offset, size, path)) {
    std::string_view handle = block.value;
    const uint64_t block_offset = take_varint(handle, path), block_size = take_varint(handle, path);
    for (Row& row : read_block(file, block_offset, block_size, path)) out.push_back(std::move(row));
    if (out.size() > kMaxVariables) fail(path, str("it has more than ", kMaxVariables, " variables"));
  }
  return out;
}

struct Variable {
  int32_t dtype = 0;
  std::vector<int64_t> shape;
  uint64_t shard = 0, offset = 0, size = 0;
  uint32_t crc = 0;
  bool is_divided = false;
};

Variable read_variable(std::string_view bytes) {
  Variable out;
  protozero::pbf_reader entry(bytes.data(), bytes.size());
  while (entry.next()) {
    switch (entry.tag_and_type()) {
      case protozero::tag_and_type(1, protozero::pbf_wire_type::varint):
        out.dtype = entry.get_enum();
        break;
      case protozero::tag_and_type(2, protozero::pbf_wire_type::length_delimited): {
        protozero::pbf_reader shape = entry.get_message();
        while (shape.next(2, protozero::pbf_wire_type::length_delimited)) {
          protozero::pbf_reader dim = shape.get_message();
          out.shape.push_back(0);
          while (dim.next(1, protozero::pbf_wire_type::varint)) out.shape.back() = dim.get_int64();
        }
        break;
      }
      case protozero::tag_and_type(3, protozero::pbf_wire_type::varint):
        out.shard = static_cast<uint64_t>(entry.get_int32());
        break;
      case protozero::tag_and_type(4, protozero::pbf_wire_type::varint):
        out.offset = static_cast<uint64_t>(entry.get_int64());
        break;
      case protozero::tag_and_type(5, protozero::pbf_wire_type::varint):
        out.size = static_cast<uint64_t>(entry.get_int64());
        break;
      case protozero::tag_and_type(6, protozero::pbf_wire_type::fixed32):
        out.crc = entry.get_fixed32();
        break;
      case protozero::tag_and_type(7, protozero::pbf_wire_type::length_delimited):
        out.is_divided = true;
        entry.skip();
        break;
      default:
        entry.skip();
    }
  }
  return out;
}

// Number of data files; checks that numbers are little-endian.
uint64_t read_header(std::string_view bytes, const fs::path& path) {
  uint64_t shards = 0;
  protozero::pbf_reader header(bytes.data(), bytes.size());
  while (header.next()) {
    if (header.tag_and_type() == protozero::tag_and_type(1, protozero::pbf_wire_type::varint)) {
      shards = static_cast<uint64_t>(header.get_int32());
    } else if (header.tag_and_type() == protozero::tag_and_type(2, protozero::pbf_wire_type::varint)) {
      if (header.get_enum() != 0) fail(path, "its numbers are big-endian");
    } else {
      header.skip();
    }
  }
  if (shards < 1 || shards > kMaxShards) fail(path, str("it claims to have ", shards, " data files"));
  return shards;
}

std::string five(uint64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(5 - std::min<size_t>(5, digits.size()), '0') + digits;
}

Tensors read_rows(const std::vector<Row>& rows, const fs::path& index) {
  if (rows.empty() || !rows[0].key.empty()) fail(index, "its index has no header");
  const uint64_t count = read_header(rows[0].value, index);
  const std::string stem = index.string().substr(0, index.string().size() - index.extension().string().size());
  std::vector<std::shared_ptr<const base::MappedFile>> shards(count);
  Tensors out;
  for (size_t i = 1; i < rows.size(); ++i) {
    base::check_interrupt();
    const Variable variable = read_variable(rows[i].value);
    const std::string what = str("variable \"", rows[i].key, "\"");
    const char* dtype = nullptr;
    for (const Dtype& row : kDtypes) {
      if (row.number == variable.dtype) dtype = row.name;
    }
    if (!dtype) continue;  // texts and resources are no weights
    if (variable.is_divided) fail(index, what + " is divided into slices, which is not read");
    const std::optional<uint64_t> bytes = byte_count(dtype, variable.shape);
    if (bytes != variable.size) {
      fail(index, str(what, " of ", dtype, " ", shape_text(variable.shape), " has ", variable.size, " bytes"));
    }
    if (variable.shard >= count) fail(index, str(what, " lies in data file ", variable.shard, " of ", count));
    auto& shard = shards[variable.shard];
    if (!shard) {
      shard = std::make_shared<const base::MappedFile>(str(stem, ".data-", five(variable.shard), "-of-", five(count)));
      out.memory.push_back(shard);
    }
    const std::string_view data = shard->bytes();
    if (variable.offset > data.size() || variable.size > data.size() - variable.offset) {
      fail(index, str(what, " ends at byte ", variable.offset + variable.size, " of a data file of ", data.size(),
                      " (cut off?)"));
    }
    const std::string_view held = data.substr(variable.offset, variable.size);
    if (masked_crc(held) != variable.crc) fail(index, str("the checksum of ", what, " differs"));
    out.views.push_back({.name = rows[i].key, .dtype = dtype, .shape = variable.shape, .bytes = held});
  }
  return out;
}

}  // namespace

fs::path find_tf1_index(const fs::path& path) {
  if (path.extension() == ".index" && fs::is_regular_file(path)) return path;
  if (const fs::path index = path.string() + ".index"; fs::is_regular_file(index)) return index;
  std::vector<std::string> found;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".index") found.push_back(entry.path().string());
    }
  }
  if (found.size() > 1) {
    throw Error(ErrorKind::kUsage,
                str(path.string(), ": ", found.size(), " checkpoints in this folder; give one of them as ",
                    path.string(), "/NAME.index"));
  }
  if (found.empty())
    throw Error(ErrorKind::kNotFound, str(path.string(), ": no TensorFlow checkpoint (NAME.index) there"));
  return found[0];
}

Tensors read_tf1_checkpoint(const fs::path& index) {
  const base::MappedFile file(index);
  try {
    return read_rows(read_table(file.bytes(), index), index);
  } catch (const protozero::exception&) {
    fail(index, "a row of its index is broken");
  }
}

}  // namespace lmkor::hub
