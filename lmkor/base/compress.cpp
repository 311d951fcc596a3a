#include "lmkor/base/compress.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <bzlib.h>
#include <fcntl.h>
#include <lzma.h>
#include <poll.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/file.h"
#include "lmkor/base/interrupt.h"
#include "lmkor/base/str.h"

namespace lmkor::base {
namespace {

namespace fs = std::filesystem;
constexpr int kWaitMilliseconds = 100;
constexpr size_t kChunkBytes = 1 << 17;

struct Magic {
  std::string_view name, bytes;
};
constexpr Magic kMagics[] = {
    {"zstd", std::string_view("\x28\xB5\x2F\xFD", 4)},
    {"gzip", std::string_view("\x1F\x8B", 2)},
    {"xz", std::string_view("\xFD"
                            "7zXZ\0",
                            6)},
};

// "BZh", the level and a block or the end of the stream: the first three alone may well begin a text.
bool is_bzip2(std::string_view bytes) {
  return bytes.size() >= 6 && bytes.starts_with("BZh") && bytes[3] >= '1' && bytes[3] <= '9' &&
         (bytes.substr(4, 2) == "1A" || bytes.substr(4, 2) == "\x17r");
}

// The bytes of a file or of standard input as they are stored.
class FileInput : public InputStream {
 public:
  explicit FileInput(const fs::path& path) : name_(name_of(path)) {
    fd_ = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) {
      const bool absent = errno == ENOENT || errno == ENOTDIR;
      const ErrorKind kind = absent ? ErrorKind::kNotFound : ErrorKind::kEnvironment;
      throw Error(kind, str(name_, ": cannot open: ", std::strerror(errno)));
    }
  }
  ~FileInput() override { ::close(fd_); }
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;

  size_t read(char* out, size_t capacity) override {
    while (true) {
      wait();
      const ssize_t got = ::read(fd_, out, capacity);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw Error(ErrorKind::kEnvironment, str(name_, ": cannot read: ", std::strerror(errno)));
      position_ += static_cast<uint64_t>(got);
      return static_cast<size_t>(got);
    }
  }
  uint64_t stored_position() const override { return position_; }
  static std::string name_of(const fs::path& path) { return path == "-" ? "standard input" : path.string(); }

 private:
  // A pipe or terminal may stay silent for ever, and the signal of a user who gives up may go to another thread.
  void wait() const {
    pollfd waiting{fd_, POLLIN, 0};
    while (true) {
      const int ready = ::poll(&waiting, 1, kWaitMilliseconds);
      if (ready > 0 || (ready < 0 && errno != EINTR)) return;
      check_interrupt();
    }
  }

  std::string name_;
  int fd_ = -1;
  uint64_t position_ = 0;
};

// Stored bytes with a buffer that decoders consume. Positions are the buffer's: near enough for progress where
// `stored` is itself inside something (an archive).
class Source {
 public:
  Source(std::unique_ptr<InputStream> stored, std::string name)
      : stored_(std::move(stored)), name_(std::move(name)), buffer_(kChunkBytes, '\0') {}

  // Makes `wanted` bytes available unless the stream is at its end.
  std::string_view peek(size_t wanted = 1) {
    while (end_ - begin_ < wanted && !at_end_) {
      if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
      }
      const size_t got = stored_->read(buffer_.data() + end_, buffer_.size() - end_);
      if (got == 0) at_end_ = true;
      end_ += got;
    }
    return {buffer_.data() + begin_, end_ - begin_};
  }
  void consume(size_t count) { begin_ += count; }
  uint64_t position() const {
    const uint64_t position = stored_->stored_position(), ahead = end_ - begin_;
    return position > ahead ? position - ahead : 0;
  }

  [[noreturn]] void fail(std::string_view format, std::string_view reason) const {
    throw Error(ErrorKind::kData, str(name_, ": ", format, " data is ", reason, " near stored byte ", position(),
                                      "; fetch or make the file again"));
  }

 private:
  std::unique_ptr<InputStream> stored_;
  std::string name_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  bool at_end_ = false;
};

class PlainInput : public InputStream {
 public:
  explicit PlainInput(std::unique_ptr<Source> source) : source_(std::move(source)) {}
  size_t read(char* out, size_t capacity) override {
    const std::string_view bytes = source_->peek();
    const size_t count = std::min(capacity, bytes.size());
    std::memcpy(out, bytes.data(), count);
    source_->consume(count);
    return count;
  }
  uint64_t stored_position() const override { return source_->position(); }

 private:
  std::unique_ptr<Source> source_;
};

class ZstdInput : public InputStream {
 public:
  explicit ZstdInput(std::unique_ptr<Source> source) : source_(std::move(source)), context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 31);  // zstd --long files
  }
  ~ZstdInput() override { ZSTD_freeDCtx(context_); }
  size_t read(char* out, size_t capacity) override {
    ZSTD_outBuffer to{out, capacity, 0};
    while (to.pos == 0) {
      const std::string_view bytes = source_->peek();
      if (bytes.empty() && frame_left_ == 0) return 0;
      ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
      const size_t before = to.pos;
      const size_t left = ZSTD_decompressStream(context_, &to, &from);
      if (ZSTD_isError(left)) source_->fail("zstd", str("damaged (", ZSTD_getErrorName(left), ")"));
      source_->consume(from.pos);
      frame_left_ = left;
      if (bytes.empty() && to.pos == before && left != 0) source_->fail("zstd", "cut off");
    }
    return to.pos;
  }
  uint64_t stored_position() const override { return source_->position(); }

 private:
  std::unique_ptr<Source> source_;
  ZSTD_DCtx* context_;
  size_t frame_left_ = 0;
};

class GzipInput : public InputStream {
 public:
  explicit GzipInput(std::unique_ptr<Source> source) : source_(std::move(source)) { begin_member(); }
  ~GzipInput() override { inflateEnd(&stream_); }
  size_t read(char* out, size_t capacity) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(capacity, 1u << 30));
    const uInt room = stream_.avail_out;
    while (stream_.avail_out == room) {
      const std::string_view bytes = source_->peek();
      if (ended_) {
        if (bytes.empty()) return 0;
        inflateEnd(&stream_);
        const auto out_state = std::pair(stream_.next_out, stream_.avail_out);
        begin_member();
        std::tie(stream_.next_out, stream_.avail_out) = out_state;
      }
      if (bytes.empty()) source_->fail("gzip", "cut off");
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = static_cast<uInt>(bytes.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      source_->consume(bytes.size() - stream_.avail_in);
      if (status == Z_STREAM_END) {
        ended_ = true;
      } else if (status != Z_OK) {
        source_->fail("gzip", "damaged");
      }
    }
    return room - stream_.avail_out;
  }
  uint64_t stored_position() const override { return source_->position(); }

 private:
  void begin_member() {
    stream_ = {};
    inflateInit2(&stream_, 15 + 16);
    ended_ = false;
  }
  std::unique_ptr<Source> source_;
  z_stream stream_{};
  bool ended_ = false;
};

class XzInput : public InputStream {
 public:
  explicit XzInput(std::unique_ptr<Source> source) : source_(std::move(source)) {
    if (lzma_stream_decoder(&stream_, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK) {
      throw Error(ErrorKind::kEnvironment, "liblzma cannot start a decoder");
    }
  }
  ~XzInput() override { lzma_end(&stream_); }
  size_t read(char* out, size_t capacity) override {
    if (ended_) return 0;
    stream_.next_out = reinterpret_cast<uint8_t*>(out);
    stream_.avail_out = capacity;
    while (stream_.avail_out == capacity && !ended_) {
      const std::string_view bytes = source_->peek();
      stream_.next_in = reinterpret_cast<const uint8_t*>(bytes.data());
      stream_.avail_in = bytes.size();
      const lzma_ret status = lzma_code(&stream_, bytes.empty() ? LZMA_FINISH : LZMA_RUN);
      source_->consume(bytes.size() - stream_.avail_in);
      if (status == LZMA_STREAM_END) {
        ended_ = true;
      } else if (status == LZMA_BUF_ERROR) {
        source_->fail("xz", "cut off");
      } else if (status != LZMA_OK) {
        source_->fail("xz", "damaged");
      }
    }
    return capacity - stream_.avail_out;
  }
  uint64_t stored_position() const override { return source_->position(); }

 private:
  std::unique_ptr<Source> source_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

class Bzip2Input : public InputStream {
 public:
  explicit Bzip2Input(std::unique_ptr<Source> source) : source_(std::move(source)) {
    BZ2_bzDecompressInit(&stream_, 0, 0);
  }
  ~Bzip2Input() override { BZ2_bzDecompressEnd(&stream_); }
  size_t read(char* out, size_t capacity) override {
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(std::min<size_t>(capacity, 1u << 30));
    const unsigned room = stream_.avail_out;
    while (stream_.avail_out == room) {
      const std::string_view bytes = source_->peek();
      if (ended_) {
        if (bytes.empty()) return 0;
        const auto out_state = std::pair(stream_.next_out, stream_.avail_out);
        BZ2_bzDecompressEnd(&stream_);
        stream_ = {};
        BZ2_bzDecompressInit(&stream_, 0, 0);
        std::tie(stream_.next_out, stream_.avail_out) = out_state;
        ended_ = false;
      }
      if (bytes.empty()) source_->fail("bzip2", "cut off");
      stream_.next_in = const_cast<char*>(bytes.data());
      stream_.avail_in = static_cast<unsigned>(bytes.size());
      const int status = BZ2_bzDecompress(&stream_);
      source_->consume(bytes.size() - stream_.avail_in);
      if (status == BZ_STREAM_END) {
        ended_ = true;
      } else if (status != BZ_OK) {
        source_->fail("bzip2", "damaged");
      }
    }
    return room - stream_.avail_out;
  }
  uint64_t stored_position() const override { return source_->position(); }

 private:
  std::unique_ptr<Source> source_;
  bz_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::string_view compression_of(std::string_view first_bytes) {
  for (const Magic& magic : kMagics) {
    if (first_bytes.starts_with(magic.bytes)) return magic.name;
  }
  return is_bzip2(first_bytes) ? "bzip2" : "plain";
}

namespace {

// Whether more bytes could still make these the beginning of compressed data.
bool may_be_magic(std::string_view bytes) {
  if (std::string_view("BZh").starts_with(bytes.substr(0, 3))) return true;
  return std::any_of(std::begin(kMagics), std::end(kMagics),
                     [&](const Magic& magic) { return magic.bytes.starts_with(bytes); });
}

// No more bytes than tell the format: whoever types a short first line wants it answered.
std::string_view first_bytes(Source& source) {
  constexpr size_t kMostBytes = 6;
  std::string_view bytes = source.peek(1);
  for (size_t had = 0; had < bytes.size() && bytes.size() < kMostBytes && may_be_magic(bytes);) {
    had = bytes.size();
    bytes = source.peek(had + 1);
  }
  return bytes;
}

}  // namespace

std::unique_ptr<InputStream> open_input(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    throw Error(ErrorKind::kData, str(path.string(), ": expected a file, got a folder"));
  return decompress(std::make_unique<FileInput>(path), FileInput::name_of(path));
}

std::unique_ptr<InputStream> decompress(std::unique_ptr<InputStream> stored, std::string name) {
  auto source = std::make_unique<Source>(std::move(stored), std::move(name));
  const std::string_view format = compression_of(first_bytes(*source));
  if (format == "zstd") return std::make_unique<ZstdInput>(std::move(source));
  if (format == "gzip") return std::make_unique<GzipInput>(std::move(source));
  if (format == "xz") return std::make_unique<XzInput>(std::move(source));
  if (format == "bzip2") return std::make_unique<Bzip2Input>(std::move(source));
  return std::make_unique<PlainInput>(std::move(source));
}

LineReader::LineReader(std::unique_ptr<InputStream> input, size_t max_bytes)
    : input_(std::move(input)), max_bytes_(max_bytes), buffer_(kChunkBytes * 2, '\0') {}

bool LineReader::next(std::string_view& line) {
  size_t searched = begin_;
  too_long_ = false;
  while (true) {
    const void* found = end_ > searched ? std::memchr(buffer_.data() + searched, '\n', end_ - searched) : nullptr;
    if (found != nullptr || (at_end_ && (begin_ < end_ || too_long_))) {
      const size_t stop =
          found != nullptr ? static_cast<size_t>(static_cast<const char*>(found) - buffer_.data()) : end_;
      too_long_ = too_long_ || stop - begin_ > max_bytes_;
      line = too_long_ ? std::string_view() : std::string_view(buffer_).substr(begin_, stop - begin_);
      begin_ = found != nullptr ? stop + 1 : stop;
      ++line_number_;
      return true;
    }
    if (at_end_) return false;
    if (end_ - begin_ > max_bytes_) {
      too_long_ = true;
      begin_ = end_;
    }
    searched = end_ - begin_;
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < kChunkBytes) buffer_.resize(buffer_.size() * 2);
    const size_t got = input_->read(buffer_.data() + end_, buffer_.size() - end_);
    if (got == 0) at_end_ = true;
    end_ += got;
  }
}

struct OutputFile::State {
  State(const fs::path& path, int level) : file(path) {
    if (path.extension() != ".zst") return;
    context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    packed.resize(ZSTD_CStreamOutSize());
  }
  ~State() { ZSTD_freeCCtx(context); }

  void compress(std::string_view bytes, ZSTD_EndDirective directive) {
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer to{packed.data(), packed.size(), 0};
      const size_t left = ZSTD_compressStream2(context, &to, &from, directive);
      if (ZSTD_isError(left)) throw Error(ErrorKind::kInternal, str("zstd: ", ZSTD_getErrorName(left)));
      file.write({packed.data(), to.pos});
      if (directive == ZSTD_e_end ? left == 0 : from.pos == from.size) return;
    }
  }

  AtomicFile file;
  ZSTD_CCtx* context = nullptr;
  std::string packed;
  uint64_t plain = 0;
};

OutputFile::OutputFile(const fs::path& path, int level) : state_(std::make_unique<State>(path, level)) {}
OutputFile::~OutputFile() = default;

void OutputFile::write(std::string_view bytes) {
  state_->plain += bytes.size();
  state_->context != nullptr ? state_->compress(bytes, ZSTD_e_continue) : state_->file.write(bytes);
}
uint64_t OutputFile::plain_bytes() const { return state_->plain; }
uint64_t OutputFile::stored_bytes() const { return state_->file.written(); }
void OutputFile::commit() {
  if (state_->context != nullptr) state_->compress({}, ZSTD_e_end);
  state_->file.commit();
}

std::string decompress_file(const fs::path& path) {
  const auto input = open_input(path);
  std::string out;
  size_t size = 0;
  while (true) {
    out.resize(size + kChunkBytes);
    const size_t got = input->read(out.data() + size, kChunkBytes);
    size += got;
    if (got == 0) break;
  }
  out.resize(size);
  return out;
}

}  // namespace lmkor::base
