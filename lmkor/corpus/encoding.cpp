#include "lmkor/corpus/encoding.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <iconv.h>

#include "lmkor/base/error.h"
#include "lmkor/base/str.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

using base::str;

namespace {

constexpr size_t kChunkBytes = 1 << 16;
// Shares of the characters that must fit before bytes without a mark are taken for something else than UTF-8.
constexpr double kCp949Share = 0.98;
constexpr double kUtf16Share = 0.7;
// UTF-8 with a few broken places is still UTF-8.
constexpr double kUtf8Share = 0.9;

unsigned byte_at(std::string_view bytes, size_t i) { return static_cast<unsigned char>(bytes[i]); }

struct Fit {
  size_t good = 0, bad = 0;
  double share() const { return good + bad == 0 ? 0 : static_cast<double>(good) / static_cast<double>(good + bad); }
};

// Characters of several bytes; one that the end cuts does not count.
Fit fit_utf8(std::string_view bytes) {
  Fit fit;
  while (!bytes.empty()) {
    const text::Decoded one = text::decode_one(bytes);
    if (!one.valid && bytes.size() < 4) break;
    if (!one.valid) {
      ++fit.bad;
    } else if (one.bytes > 1) {
      ++fit.good;
    }
    bytes.remove_prefix(one.bytes);
  }
  return fit;
}

Fit fit_cp949(std::string_view bytes) {
  Fit fit;
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {
    const unsigned lead = byte_at(bytes, i), trail = byte_at(bytes, i + 1);
    if (lead < 0x80) continue;
    const bool letter = (trail >= 0x41 && trail <= 0x5A) || (trail >= 0x61 && trail <= 0x7A);
    if (lead >= 0x81 && lead <= 0xFE && (letter || (trail >= 0x81 && trail <= 0xFE))) {
      ++fit.good;
      ++i;
    } else {
      ++fit.bad;
    }
  }
  return fit;
}

// Units that Korean and English text is made of: ASCII, syllables, letters and marks of East Asia.
Fit fit_utf16(std::string_view bytes, size_t high_byte) {
  Fit fit;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned unit = byte_at(bytes, i + high_byte) << 8 | byte_at(bytes, i + 1 - high_byte);
    const bool ascii = (unit >= 0x20 && unit < 0x7F) || unit == '\n' || unit == '\r' || unit == '\t';
    const bool korean = (unit >= 0xAC00 && unit <= 0xD7A3) || (unit >= 0x2000 && unit <= 0x33FF);
    ++(ascii || korean ? fit.good : fit.bad);
  }
  return fit;
}

std::string percent(double share) { return str(base::fixed(100 * share, 1), " %"); }

class DecodedInput : public base::InputStream {
 public:
  DecodedInput(std::unique_ptr<base::InputStream> input, const Encoding& encoding)
      : input_(std::move(input)), unit_(encoding.unit), converter_(::iconv_open("UTF-8", encoding.iconv_name)) {
    if (converter_ == reinterpret_cast<iconv_t>(-1)) {
      throw base::Error(base::ErrorKind::kEnvironment, str("the C library cannot read ", encoding.iconv_name,
                                                           ": its gconv modules are missing; install them"));
    }
    buffer_.resize(kChunkBytes);
    decoded_.resize(2 * kChunkBytes);
  }
  ~DecodedInput() override { ::iconv_close(converter_); }
  DecodedInput(const DecodedInput&) = delete;
  DecodedInput& operator=(const DecodedInput&) = delete;

  size_t read(char* out, size_t capacity) override {
    if (decoded_at_ == decoded_end_ && !decode_more()) return 0;
    const size_t count = std::min(capacity, decoded_end_ - decoded_at_);
    std::memcpy(out, decoded_.data() + decoded_at_, count);
    decoded_at_ += count;
    return count;
  }
  uint64_t stored_position() const override { return input_->stored_position(); }

 private:
  // False at the end.
  bool decode_more() {
    char* to = decoded_.data();
    size_t room = decoded_.size();
    while (to == decoded_.data()) {
      if ((begin_ == end_ || starved_) && !refill()) return false;
      char* from = buffer_.data() + begin_;
      size_t left = end_ - begin_;
      const bool failed = ::iconv(converter_, &from, &left, &to, &room) == static_cast<size_t>(-1);
      const int reason = errno;
      begin_ = end_ - left;
      if (!failed || reason == E2BIG) continue;
      if (reason == EINVAL && !at_end_) {
        starved_ = true;
      } else if (room > 0) {
        *to++ = '\xFF';
        begin_ += std::min(reason == EINVAL ? left : unit_, left);
      }
    }
    decoded_at_ = 0;
    decoded_end_ = static_cast<size_t>(to - decoded_.data());
    return true;
  }

  // False if nothing is left.
  bool refill() {
    starved_ = false;
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const size_t got = at_end_ ? 0 : input_->read(buffer_.data() + end_, buffer_.size() - end_);
    at_end_ = at_end_ || got == 0;
    end_ += got;
    return end_ > 0;
  }

  std::unique_ptr<base::InputStream> input_;
  size_t unit_;
  iconv_t converter_;
  std::string buffer_, decoded_;
  size_t begin_ = 0, end_ = 0, decoded_at_ = 0, decoded_end_ = 0;
  bool at_end_ = false, starved_ = false;
};

class TextInput : public base::InputStream {
 public:
  explicit TextInput(std::string_view text) : text_(text) {}
  size_t read(char* out, size_t capacity) override {
    const size_t count = text_.copy(out, capacity);
    text_.remove_prefix(count);
    return count;
  }
  uint64_t stored_position() const override { return 0; }

 private:
  std::string_view text_;
};

}  // namespace

const std::vector<Encoding>& encodings() {
  static const std::vector<Encoding> rows = {
      {"utf-8", "\xEF\xBB\xBF", nullptr, 1},
      {"utf-16le", "\xFF\xFE", "UTF-16LE", 2},
      {"utf-16be", "\xFE\xFF", "UTF-16BE", 2},
      {"cp949", "", "CP949", 1},
      {"euc-kr", "", "CP949", 1},
  };
  return rows;
}

const Encoding& encoding_named(std::string_view name) {
  const std::vector<Encoding>& rows = encodings();
  return *std::find_if(rows.begin(), rows.end(), [&](const Encoding& row) { return row.name == name; });
}

EncodingGuess guess_encoding(std::string_view first_bytes) {
  const std::vector<Encoding>& rows = encodings();
  for (const Encoding& row : rows) {
    if (!row.byte_order_mark.empty() && first_bytes.starts_with(row.byte_order_mark))
      return {&row, row.byte_order_mark.size(), "by its byte order mark"};
  }
  const Fit utf8 = fit_utf8(first_bytes);
  if (first_bytes.find('\0') != std::string_view::npos) {
    for (const size_t high_byte : {1, 0}) {
      const double share = fit_utf16(first_bytes, high_byte).share();
      if (share >= kUtf16Share)
        return {&rows[high_byte == 1 ? 1 : 2], 0, str(percent(share), " of its first characters fit, and no mark")};
    }
    return {nullptr, 0, "bytes that are no text"};
  }
  if (utf8.bad == 0) return {&rows[0], 0, "valid UTF-8"};
  const Fit cp949 = fit_cp949(first_bytes);
  if (utf8.share() < kUtf8Share && cp949.share() >= kCp949Share) {
    return {
        &rows[3], 0,
        str(percent(cp949.share()), " of its first Korean characters fit, ", percent(utf8.share()), " those of UTF-8")};
  }
  return {&rows[0], 0, str("UTF-8 with broken places: ", percent(utf8.share()), " of its first characters fit")};
}

std::unique_ptr<base::InputStream> decode(std::unique_ptr<base::InputStream> input, const Encoding& encoding) {
  if (encoding.iconv_name == nullptr) return input;
  return std::make_unique<DecodedInput>(std::move(input), encoding);
}

std::string decode_text(std::string_view bytes, const Encoding& encoding) {
  const auto input = decode(std::make_unique<TextInput>(bytes), encoding);
  std::string out;
  char buffer[1024];
  while (const size_t got = input->read(buffer, sizeof buffer)) out.append(buffer, got);
  return text::repair(out).text;
}

}  // namespace lmkor::corpus
