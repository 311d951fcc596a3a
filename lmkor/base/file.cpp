#include "lmkor/base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"

namespace lmkor::base {
namespace {

constexpr size_t kBufferBytes = 1 << 18;

[[noreturn]] void fail_output(const fs::path& path, const char* doing, int error) {
  std::string advice;
  if (error == ENOSPC || error == EDQUOT) advice = "; free some space and run the same command again";
  if (error == EFBIG) advice = "; raise the limit of file sizes (ulimit -f) and run the same command again";
  if (error == EACCES || error == EPERM || error == EROFS) advice = "; choose an --output you may write to";
  throw Error(ErrorKind::kOutput, str(path.string(), ": cannot ", doing, ": ", std::strerror(error), advice));
}

[[noreturn]] void fail_input(const fs::path& path, int error) {
  const ErrorKind kind = error == ENOENT || error == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kEnvironment;
  throw Error(kind, str(path.string(), ": cannot read: ", std::strerror(error)));
}

// A link to a folder that it lies in: following it would never end.
bool links_back(const fs::path& path) {
  std::error_code error;
  if (!fs::is_symlink(path, error)) return false;
  const std::string here = (fs::canonical(path.parent_path(), error) / "").string();
  return here.starts_with((fs::canonical(path, error) / "").string());
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail_input(path, errno);
  struct stat status {};
  ::fstat(fd, &status);
  if (!S_ISREG(status.st_mode)) {
    ::close(fd);
    throw Error(ErrorKind::kData, str(path.string(), ": expected a file, got a folder or device"));
  }
  size_ = static_cast<size_t>(status.st_size);
  if (size_ > 0) {
    void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    const int error = errno;
    ::close(fd);
    if (data == MAP_FAILED) fail_input(path, error);
    data_ = static_cast<const char*>(data);
  } else {
    ::close(fd);
  }
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

void MappedFile::release(size_t begin, size_t size) const {
  static const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  const size_t first = (begin + page - 1) / page * page, end = (begin + size) / page * page;
  if (first < end) ::madvise(const_cast<char*>(data_) + first, end - first, MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  temporary_ = path_;
  temporary_ += str(".tmp-", ::getpid());
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail_output(path_, "create", errno);
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferBytes) flush();
}

void AtomicFile::flush() {
  const char* at = buffer_.data();
  size_t left = buffer_.size();
  while (left > 0) {
    const ssize_t done = ::write(fd_, at, left);
    if (done < 0) {
      if (errno == EINTR) continue;
      fail_output(path_, "write", errno);
    }
    at += done;
    left -= static_cast<size_t>(done);
  }
  written_ += buffer_.size();
  buffer_.clear();
}

void AtomicFile::overwrite(uint64_t offset, std::string_view bytes) {
  flush();
  while (!bytes.empty()) {
    const ssize_t done = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (done < 0) {
      if (errno == EINTR) continue;
      fail_output(path_, "write", errno);
    }
    offset += static_cast<uint64_t>(done);
    bytes.remove_prefix(static_cast<size_t>(done));
  }
}

void AtomicFile::commit() {
  flush();
  if (::fsync(fd_) != 0 && errno != EINVAL) fail_output(path_, "sync", errno);
  if (::close(std::exchange(fd_, -1)) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail_output(path_, "close", error);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail_output(path_, "rename into place", error);
  }
}

std::string read_file(const fs::path& path) { return std::string(MappedFile(path).bytes()); }

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

void make_directories(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) fail_output(dir, "create the folder", error.value());
  if (!fs::is_directory(dir)) fail_output(dir, "create the folder", ENOTDIR);
}

void sync_directory(const fs::path& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

void rename_path(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail_output(to, "rename into place", error.value());
  sync_directory(to.has_parent_path() ? to.parent_path() : fs::path("."));
}

std::vector<fs::path> list_inputs(const std::vector<std::string>& paths) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  const auto take = [&](const fs::path& path) {
    if (seen.insert(path.lexically_normal()).second) files.push_back(path);
  };
  const auto take_folder = [&](const fs::path& dir) {
    std::vector<fs::path> found;
    std::error_code error;
    auto it = fs::recursive_directory_iterator(dir, fs::directory_options::follow_directory_symlink, error);
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().string();
      std::error_code ignored;  // of an entry that went away or a link to nothing: neither file nor folder
      const bool is_folder = it->is_directory(ignored);
      const bool skipped = name.starts_with(".") || (is_folder && (name == "removed" || links_back(it->path())));
      if (skipped && is_folder) it.disable_recursion_pending();
      if (!skipped && it->is_regular_file(ignored)) found.push_back(it->path());
    }
    if (error) fail_input(dir, error.value());
    std::sort(found.begin(), found.end());
    for (const fs::path& path : found) take(path);
  };
  for (const std::string& argument : paths) {
    const fs::path path(argument);
    std::error_code error;
    const fs::file_status found_there = fs::status(path, error);
    if (argument == "-") {
      take(path);
    } else if (fs::is_directory(found_there)) {
      take_folder(path);
    } else if (fs::exists(found_there)) {
      take(path);
    } else if (found_there.type() == fs::file_type::none) {
      fail_input(path, error.value());
    } else if (argument.find_first_of("*?[") != std::string::npos) {
      glob_t matches{};
      const int status = ::glob(argument.c_str(), 0, nullptr, &matches);
      std::vector<std::string> found;
      if (status == 0) found.assign(matches.gl_pathv, matches.gl_pathv + matches.gl_pathc);
      ::globfree(&matches);
      if (found.empty()) throw Error(ErrorKind::kNotFound, str(argument, ": no file matches this pattern"));
      for (const std::string& match : found) fs::is_directory(match) ? take_folder(match) : take(match);
    } else {
      throw Error(ErrorKind::kNotFound, str(argument, ": no such file or folder"));
    }
  }
  return files;
}

}  // namespace lmkor::base
