#include "lmkor/corpus/archive.h"

#include <locale.h>

#include <archive.h>
#include <archive_entry.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/encoding.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kBlockBytes = 1 << 16;
constexpr size_t kTarMagicAt = 257;

// libarchive does not always say why.
std::string_view reason_of(::archive* archive) {
  const char* reason = archive_error_string(archive);
  return reason != nullptr ? reason : "a fault without a name";
}

// libarchive turns names into the locale's characters, and those that the locale lacks into nothing; this thread has
// UTF-8 while it reads a header.
class Utf8Locale {
 public:
  Utf8Locale() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(utf8_)) {}
  ~Utf8Locale() {
    ::uselocale(before_);
    if (utf8_ != nullptr) ::freelocale(utf8_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t utf8_, before_;
};

// Names in zip files of Korean Windows are CP949 without saying so.
std::string member_name(archive_entry* entry) {
  const char* utf8 = archive_entry_pathname_utf8(entry);
  const char* name = utf8 != nullptr ? utf8 : archive_entry_pathname(entry);
  if (name == nullptr) return "";
  const std::string_view bytes(name);
  if (text::find_invalid(bytes) == std::string_view::npos) return std::string(bytes);
  return decode_text(bytes, encodings()[3]);
}

}  // namespace

std::string_view archive_of(std::string_view first_bytes) {
  if (first_bytes.starts_with("PK\x03\x04") || first_bytes.starts_with("PK\x05\x06")) return "zip";
  const bool tar = first_bytes.size() > kTarMagicAt + 5 && first_bytes.substr(kTarMagicAt, 5) == "ustar";
  return tar ? "tar" : "";
}

Archive::Archive(std::string file, std::unique_ptr<base::InputStream> stream, std::string name)
    : name_(std::move(name)), stream_(std::move(stream)), buffer_(kBlockBytes, '\0'), archive_(archive_read_new()) {
  archive_read_support_format_tar(archive_);
  archive_read_support_format_zip(archive_);
  const int opened = file.empty() ? archive_read_open(archive_, this, nullptr, &Archive::give, nullptr)
                                  : archive_read_open_filename(archive_, file.c_str(), kBlockBytes);
  if (opened != ARCHIVE_OK) {
    try {
      fail(str("damaged: got ", reason_of(archive_)));
    } catch (...) {
      archive_read_free(archive_);
      throw;
    }
  }
}

Archive::~Archive() { archive_read_free(archive_); }

void Archive::fail(std::string_view what) const {
  throw base::Error(base::ErrorKind::kData, str(name_, ": the archive is ", what,
                                                member_.empty() ? std::string() : str(", at member ", member_),
                                                ", expected a whole zip or tar archive; fetch it again"));
}

std::ptrdiff_t Archive::give(::archive*, void* self, const void** buffer) {
  auto* archive = static_cast<Archive*>(self);
  *buffer = archive->buffer_.data();
  return static_cast<std::ptrdiff_t>(archive->stream_->read(archive->buffer_.data(), archive->buffer_.size()));
}

bool Archive::next(std::string& member) {
  const Utf8Locale utf8;
  archive_entry* entry = nullptr;
  while (true) {
    const int status = archive_read_next_header(archive_, &entry);
    if (status == ARCHIVE_EOF) return false;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      fail(str("damaged or cut off: got \"", reason_of(archive_), "\""));
    member_ = member = member_name(entry);
    if (archive_entry_is_encrypted(entry)) {
      throw base::Error(base::ErrorKind::kData, str(name_, ": member ", member_,
                                                    " is encrypted; unpack the archive with its password and read "
                                                    "what comes out"));
    }
    if (archive_entry_filetype(entry) == AE_IFREG) return true;
  }
}

size_t Archive::read(char* out, size_t capacity) {
  const auto got = archive_read_data(archive_, out, capacity);
  if (got < 0) fail(str("damaged or cut off: got \"", reason_of(archive_), "\""));
  return static_cast<size_t>(got);
}

uint64_t Archive::stored_position() const {
  return stream_ ? stream_->stored_position() : static_cast<uint64_t>(archive_filter_bytes(archive_, -1));
}

}  // namespace lmkor::corpus
