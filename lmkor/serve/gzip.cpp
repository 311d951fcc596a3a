#include "lmkor/serve/gzip.h"

#include <stdexcept>

#include <zlib.h>

namespace lmkor::serve {
namespace {

constexpr int kGzip = 16 + MAX_WBITS;
constexpr int kLevel = 1;  // vectors hardly shrink, and the processor has better to do

z_stream stream_of(std::string_view input) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  return stream;
}

}  // namespace

std::string gzip(std::string_view plain) {
  z_stream stream = stream_of(plain);
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::optional<std::string> gunzip(std::string_view packed, size_t most) {
  z_stream stream = stream_of(packed);
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::bad_alloc();
  std::string out;
  char part[16 << 10];
  int state = Z_OK;
  while (state == Z_OK && out.size() <= most) {
    stream.next_out = reinterpret_cast<Bytef*>(part);
    stream.avail_out = sizeof part;
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(part, sizeof part - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || out.size() > most) return std::nullopt;
  return out;
}

}  // namespace lmkor::serve
