#include "lmkor/corpus/source.h"

#include <algorithm>
#include <cstring>
#include <fstream>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/corpus/archive.h"
#include "lmkor/corpus/encoding.h"
#include "lmkor/corpus/format.h"

namespace lmkor::corpus {

namespace fs = std::filesystem;
using base::str;

namespace {

// What any file may expand to: small files of one repeated line are no bombs.
constexpr uint64_t kFreeBytes = 16 << 20;

// Counts what comes out of a decoder and stops a decompression bomb.
class BoundedInput : public base::InputStream {
 public:
  BoundedInput(std::unique_ptr<base::InputStream> input, std::string name, uint64_t stored_bytes, int64_t max_expansion,
               std::shared_ptr<uint64_t> expanded)
      : input_(std::move(input)),
        name_(std::move(name)),
        stored_bytes_(stored_bytes),
        max_expansion_(static_cast<uint64_t>(max_expansion)),
        expanded_(std::move(expanded)) {}
  size_t read(char* out, size_t capacity) override {
    const size_t got = input_->read(out, capacity);
    *expanded_ += got;
    const uint64_t stored = std::max(stored_bytes_, input_->stored_position());
    if (*expanded_ > kFreeBytes && *expanded_ / max_expansion_ > stored) {
      throw base::Error(base::ErrorKind::kData,
                        str(name_, ": got ", base::human_bytes(static_cast<double>(*expanded_)), " out of ",
                            base::human_bytes(static_cast<double>(stored)), ", expected at most ", max_expansion_,
                            " times as much: this may be a decompression bomb; raise --max-expansion if the file is "
                            "right"));
    }
    return got;
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  std::unique_ptr<base::InputStream> input_;
  std::string name_;
  uint64_t stored_bytes_, max_expansion_;
  std::shared_ptr<uint64_t> expanded_;
};

class MemberInput : public base::InputStream {
 public:
  explicit MemberInput(std::shared_ptr<Archive> archive) : archive_(std::move(archive)) {}
  size_t read(char* out, size_t capacity) override { return archive_->read(out, capacity); }
  uint64_t stored_position() const override { return archive_->stored_position(); }

 private:
  std::shared_ptr<Archive> archive_;
};

// Why a member is left out, empty if it is read: hidden files, what no format reads, archives in archives.
std::string left_out(const std::string& member, std::string_view first_bytes) {
  const fs::path path(member);
  const bool hidden = path.filename().string().starts_with('.') || member.starts_with("__MACOSX/");
  if (hidden) return "hidden member of an archive";
  if (!archive_of(first_bytes).empty()) return "archive in an archive";
  const std::string extension = extension_of(path);
  return extension.empty() || has_format(extension) ? "" : str("member of an archive: ", extension);
}

}  // namespace

bool file_begins_with(const fs::path& path, std::string_view magic) {
  std::string head(magic.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  return path != "-" && file.read(head.data(), static_cast<std::streamsize>(head.size())) && head == magic;
}

std::string_view PeekedInput::peek(size_t count) {
  while (head_.size() - begin_ < count) {
    const size_t size = head_.size();
    head_.resize(begin_ + count);
    const size_t got = input_->read(head_.data() + size, head_.size() - size);
    head_.resize(size + got);
    if (got == 0) break;
  }
  return std::string_view(head_).substr(begin_, count);
}

size_t PeekedInput::read(char* out, size_t capacity) {
  if (begin_ == head_.size()) return input_->read(out, capacity);
  const size_t count = std::min(capacity, head_.size() - begin_);
  std::memcpy(out, head_.data() + begin_, count);
  begin_ += count;
  return count;
}

SourceFile::SourceFile(fs::path path, const ReadOptions& options)
    : path_(std::move(path)),
      options_(options),
      name_(path_ == "-" ? "standard input" : path_.string()),
      expanded_(std::make_shared<uint64_t>(0)),
      whole_(bounded(base::open_input(path_), name_)) {
  auto peeked = std::make_unique<PeekedInput>(std::move(whole_));
  const std::string_view kind = archive_of(peeked->peek(512));
  if (kind.empty()) {
    whole_ = std::move(peeked);
    return;
  }
  // The directory of a zip stands at its end: where the file itself is the zip, libarchive may go there.
  const bool plain = kind == "zip" && file_begins_with(path_, "PK");
  archive_ = plain ? std::make_shared<Archive>(path_.string(), nullptr, name_)
                   : std::make_shared<Archive>("", std::move(peeked), name_);
}

SourceFile::~SourceFile() = default;

std::unique_ptr<base::InputStream> SourceFile::bounded(std::unique_ptr<base::InputStream> input,
                                                       const std::string& name) const {
  const uint64_t stored = path_ == "-" ? 0 : fs::file_size(path_);
  return std::make_unique<BoundedInput>(std::move(input), name, stored, options_.max_expansion, expanded_);
}

SourceFile::Stream SourceFile::open(std::unique_ptr<base::InputStream> input, std::string member,
                                    ReadStats& read) const {
  Stream stream{std::make_unique<PeekedInput>(std::move(input)), std::move(member), "utf-8"};
  const std::string name = stream.member.empty() ? name_ : str(name_, "!", stream.member);
  const std::string_view first_bytes = stream.input->peek(kPeekBytes);
  if (first_bytes.starts_with("PAR1")) return stream;
  EncodingGuess guess = guess_encoding(first_bytes);
  if (options_.encoding != "auto") {
    const Encoding& asked = encoding_named(options_.encoding);
    const bool marked = !asked.byte_order_mark.empty() && first_bytes.starts_with(asked.byte_order_mark);
    guess = {&asked, marked ? asked.byte_order_mark.size() : 0, ""};
  }
  if (guess.encoding == nullptr) {
    throw base::Error(base::ErrorKind::kData,
                      str(name, ": got bytes that are no text (a zero byte among the first ", first_bytes.size(),
                          "), expected text, zip, tar or Parquet; leave the file out, or name its encoding with "
                          "--encoding"));
  }
  stream.input->drop(guess.mark_bytes);
  stream.encoding = guess.encoding->name;
  if (guess.encoding->iconv_name == nullptr) return stream;
  if (options_.encoding == "auto")
    read.note(str(name, ": read as ", guess.encoding->name, " (", guess.reason, "); --encoding says otherwise"));
  stream.input = std::make_unique<PeekedInput>(decode(std::move(stream.input), *guess.encoding));
  return stream;
}

bool SourceFile::next(Stream& stream, ReadStats& read) {
  stream = {};
  if (done_) return false;
  if (!archive_) {
    done_ = true;
    stream = open(std::move(whole_), "", read);
    return true;
  }
  std::string member;
  while (archive_->next(member)) {
    const std::string name = str(name_, "!", member);
    auto peeked =
        std::make_unique<PeekedInput>(bounded(base::decompress(std::make_unique<MemberInput>(archive_), name), name));
    const std::string reason = left_out(member, peeked->peek(512));
    if (reason.empty()) {
      stream = open(std::move(peeked), member, read);
      return true;
    }
    ++read.skipped[reason];
  }
  done_ = true;
  return false;
}

}  // namespace lmkor::corpus
