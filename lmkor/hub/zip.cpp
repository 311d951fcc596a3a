// Format: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3 (ZIP64). The padding field "FB" is PyTorch's.
#include "lmkor/hub/zip.h"

#include <algorithm>
#include <cstring>

#include <zlib.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::hub {

namespace fs = std::filesystem;
using base::str;

namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                   kLocator64 = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20;
constexpr uint64_t kMax32 = UINT32_MAX;
constexpr size_t kAlignment = 64;
// Deflate cannot do better, so a larger size is a lie that would only cost memory.
constexpr uint64_t kBestRatio = 1032;

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw base::Error(base::ErrorKind::kData, str(path.string(), ": not a valid zip file: ", what));
}

template <class T>
T load(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

uint32_t crc_of(std::string_view bytes) {
  return static_cast<uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

struct Directory {
  uint64_t offset, bytes, count;
};

Directory find_directory(std::string_view file, const fs::path& path) {
  if (file.size() < kEndBytes) fail(path, str("got ", file.size(), " bytes, expected at least ", kEndBytes));
  const size_t lowest = file.size() - std::min<size_t>(file.size(), kEndBytes + 0xffff);
  for (size_t at = file.size() - kEndBytes + 1; at-- > lowest;) {
    if (load<uint32_t>(file, at) != kEnd) continue;
    Directory out{load<uint32_t>(file, at + 16), load<uint32_t>(file, at + 12), load<uint16_t>(file, at + 10)};
    if (at >= kLocatorBytes && load<uint32_t>(file, at - kLocatorBytes) == kLocator64) {
      const auto end64 = load<uint64_t>(file, at - kLocatorBytes + 8);
      if (end64 > file.size() || file.size() - end64 < kEnd64Bytes || load<uint32_t>(file, end64) != kEnd64) {
        fail(path, "its ZIP64 end record is not where it should be");
      }
      out = {load<uint64_t>(file, end64 + 48), load<uint64_t>(file, end64 + 40), load<uint64_t>(file, end64 + 32)};
    }
    if (out.offset > at || out.bytes > at - out.offset) fail(path, "its directory lies outside the file");
    return out;
  }
  fail(path, "it has no directory at its end (cut off?)");
}

// ZIP64 sizes stand in an extra field, only those that are 0xffffffff in the header, in this order.
void read_zip64(std::string_view extra, uint64_t& size, uint64_t& packed, uint64_t& offset, const fs::path& path) {
  while (extra.size() >= 4) {
    const auto id = load<uint16_t>(extra, 0), bytes = load<uint16_t>(extra, 2);
    if (bytes > extra.size() - 4) break;  // a torn field of somebody else's
    std::string_view field = extra.substr(4, bytes);
    if (id == 1) {
      for (uint64_t* value : {&size, &packed, &offset}) {
        if (*value != kMax32) continue;
        if (field.size() < 8) fail(path, "a ZIP64 field is too short");
        *value = load<uint64_t>(field, 0);
        field.remove_prefix(8);
      }
    }
    extra.remove_prefix(4 + size_t{bytes});
  }
}

}  // namespace

std::map<std::string, ZipEntry, std::less<>> read_zip(const base::MappedFile& mapped, const fs::path& path) {
  const std::string_view file = mapped.bytes();
  const Directory directory = find_directory(file, path);
  std::string_view rest = file.substr(directory.offset, directory.bytes);
  std::map<std::string, ZipEntry, std::less<>> out;
  uint64_t unpacked = 0;  // of all deflated entries: entries that share their data may not multiply it
  for (uint64_t i = 0; i < directory.count; ++i) {
    if (rest.size() < kCentralBytes || load<uint32_t>(rest, 0) != kCentralHeader) fail(path, "its directory is broken");
    const auto flags = load<uint16_t>(rest, 8), method = load<uint16_t>(rest, 10);
    const size_t name_bytes = load<uint16_t>(rest, 28), extra_bytes = load<uint16_t>(rest, 30),
                 comment_bytes = load<uint16_t>(rest, 32);
    if (rest.size() - kCentralBytes < name_bytes + extra_bytes + comment_bytes) fail(path, "its directory is broken");
    const std::string name(rest.substr(kCentralBytes, name_bytes));
    uint64_t packed = load<uint32_t>(rest, 20), size = load<uint32_t>(rest, 24), offset = load<uint32_t>(rest, 42);
    read_zip64(rest.substr(kCentralBytes + name_bytes, extra_bytes), size, packed, offset, path);
    ZipEntry entry{.data = {}, .size = size, .crc = load<uint32_t>(rest, 16), .deflated = method == 8};
    rest.remove_prefix(kCentralBytes + name_bytes + extra_bytes + comment_bytes);

    const std::string what = str("entry \"", name, "\"");
    if (flags & 1) fail(path, what + " is encrypted");
    if (method != 0 && method != 8) fail(path, str(what, " has compression method ", method, ", expected 0 or 8"));
    if (offset > file.size() || file.size() - offset < kLocalBytes || load<uint32_t>(file, offset) != kLocalHeader) {
      fail(path, what + " is not where the directory says");
    }
    const uint64_t begin = offset + kLocalBytes + load<uint16_t>(file, offset + 26) + load<uint16_t>(file, offset + 28);
    if (begin > file.size() || packed > file.size() - begin) fail(path, what + " is cut off");
    if (!entry.deflated && packed != size) fail(path, what + " has two sizes");
    if (entry.deflated) unpacked += std::min(size, UINT64_MAX / 2 - unpacked);
    const bool claims_too_much = size / kBestRatio > packed || unpacked / kBestRatio > file.size();
    if (entry.deflated && claims_too_much) fail(path, what + " claims more than deflate can pack");
    entry.data = file.substr(begin, packed);
    if (!out.emplace(name, entry).second) fail(path, what + " is there twice");
  }
  return out;
}

std::string_view zip_bytes(const ZipEntry& entry, std::string_view name, const fs::path& path, std::string& buffer) {
  std::string_view bytes = entry.data;
  if (entry.deflated) {
    buffer.resize(entry.size);
    z_stream stream{};
    ::inflateInit2(&stream, -MAX_WBITS);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(entry.data.data()));
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    // zlib counts in 32 bits
    uint64_t in_left = entry.data.size(), out_left = entry.size;
    int status = Z_OK;
    while (status == Z_OK) {
      if (stream.avail_in == 0) in_left -= stream.avail_in = static_cast<uInt>(std::min(in_left, kMax32));
      if (stream.avail_out == 0) out_left -= stream.avail_out = static_cast<uInt>(std::min(out_left, kMax32));
      status = ::inflate(&stream, Z_NO_FLUSH);
    }
    const bool complete = status == Z_STREAM_END && out_left == 0 && stream.avail_out == 0;
    ::inflateEnd(&stream);
    if (!complete) fail(path, str("entry \"", name, "\" cannot be unpacked"));
    bytes = buffer;
  }
  if (crc_of(bytes) != entry.crc) fail(path, str("entry \"", name, "\" has another checksum than the directory says"));
  return bytes;
}

void ZipWriter::add(std::string_view name, std::string_view bytes) {
  const uint64_t offset = file_.written();
  const bool wide = bytes.size() >= kMax32 || offset >= kMax32;
  const uint32_t crc = crc_of(bytes);
  std::string zip64;
  if (wide) {
    put<uint16_t>(zip64, 1);
    put<uint16_t>(zip64, 24);
    put<uint64_t>(zip64, bytes.size());
    put<uint64_t>(zip64, bytes.size());
    put<uint64_t>(zip64, offset);
  }
  const auto size = static_cast<uint32_t>(wide ? kMax32 : bytes.size());
  // What local and central header share: from the version on up to the sizes. ("\x2d": version 4.5, ZIP64)
  std::string common;
  put<uint16_t>(common, 45);
  put<uint16_t>(common, 0x0800);  // names are UTF-8
  put<uint16_t>(common, 0);
  put<uint32_t>(common, 0x00210000);  // 1 January 1980: the same bytes every time
  put<uint32_t>(common, crc);
  put<uint32_t>(common, size);
  put<uint32_t>(common, size);
  put<uint16_t>(common, static_cast<uint16_t>(name.size()));

  const uint64_t begin = offset + kLocalBytes + name.size() + zip64.size() + 4;
  const size_t padding = (kAlignment - begin % kAlignment) % kAlignment;
  std::string header;
  put(header, kLocalHeader);
  header += common;
  put<uint16_t>(header, static_cast<uint16_t>(zip64.size() + 4 + padding));
  header.append(name).append(zip64).append("FB");
  put<uint16_t>(header, static_cast<uint16_t>(padding));
  header.append(padding, 'Z');
  file_.write(header);
  file_.write(bytes);

  put(directory_, kCentralHeader);
  put<uint16_t>(directory_, 45);
  directory_ += common;
  put<uint16_t>(directory_, static_cast<uint16_t>(zip64.size()));
  directory_.append(2 + 2 + 2 + 4, '\0');  // comment, disk, attributes
  put<uint32_t>(directory_, static_cast<uint32_t>(wide ? kMax32 : offset));
  directory_.append(name).append(zip64);
  ++count_;
}

void ZipWriter::commit() {
  const uint64_t offset = file_.written();
  file_.write(directory_);
  std::string end;
  const uint64_t end64 = offset + directory_.size();
  put(end, kEnd64);
  put<uint64_t>(end, kEnd64Bytes - 12);
  put<uint16_t>(end, 45);
  put<uint16_t>(end, 45);
  put<uint64_t>(end, 0);  // disks
  put(end, count_);
  put(end, count_);
  put<uint64_t>(end, directory_.size());
  put(end, offset);
  put(end, kLocator64);
  put<uint32_t>(end, 0);
  put(end, end64);
  put<uint32_t>(end, 1);
  put(end, kEnd);
  put<uint32_t>(end, 0);
  const auto count = static_cast<uint16_t>(std::min<uint64_t>(count_, 0xffff));
  put(end, count);
  put(end, count);
  put(end, static_cast<uint32_t>(std::min<uint64_t>(directory_.size(), kMax32)));
  put(end, static_cast<uint32_t>(std::min<uint64_t>(offset, kMax32)));
  put<uint16_t>(end, 0);
  file_.write(end);
  file_.commit();
}

}  // namespace lmkor::hub
