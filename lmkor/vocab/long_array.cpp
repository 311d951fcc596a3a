#include "lmkor/vocab/long_array.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::vocab {
namespace {

using base::Error;
using base::ErrorKind;
using base::str;

constexpr uint64_t kMost = uint64_t{1} << 32;
constexpr uint64_t kLeast = uint64_t{1} << 16;

}  // namespace

uint64_t grown(uint64_t count, uint64_t capacity) {
  if (count > kMost) {
    throw Error(ErrorKind::kData, str("the text has too many different words: got more than ", kMost,
                                      " pieces in them, expected fewer; leave rare words out with --min-count"));
  }
  return std::min(kMost, std::max({count, kLeast, capacity + capacity / 4}));
}

LongMemory::~LongMemory() { clear(); }

void LongMemory::clear() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
  if (fd_ >= 0) ::close(fd_);
  data_ = nullptr;
  fd_ = -1;
  bytes_ = 0;
}

void LongMemory::resize(uint64_t bytes) {
  if (on_disk()) {
    if (fd_ < 0) {
      std::string name = (dir_ / "words-XXXXXX").string();
      fd_ = ::mkostemp(name.data(), O_CLOEXEC);
      if (fd_ >= 0) ::unlink(name.c_str());  // no other process needs it, and none will find it left behind
    }
    // All blocks now: a page that finds no room when it is written would be a signal, not an error.
    const int error = fd_ < 0 ? errno : ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes));
    if (error != 0) {
      throw Error(ErrorKind::kOutput,
                  str(dir_.string(), ": cannot put ", base::human_bytes(static_cast<double>(bytes)),
                      " of words on the disk: ", std::strerror(error),
                      "; free some space, raise --memory or leave rare words out with --min-count"));
    }
  }
  void* const data = data_ != nullptr ? ::mremap(data_, bytes_, bytes, MREMAP_MAYMOVE)
                     : on_disk()      ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0)
                                 : ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    throw Error(ErrorKind::kEnvironment, str("no memory for ", base::human_bytes(static_cast<double>(bytes)),
                                             " of words: ", std::strerror(errno), "; give a --memory that there is"));
  }
  data_ = data;
  bytes_ = bytes;
}

void LongMemory::release_pages() {
  if (on_disk() && data_ != nullptr) ::madvise(data_, bytes_, MADV_DONTNEED);
}

}  // namespace lmkor::vocab
