// One input, read as a format of corpus/ by a whole Reader.
#include "input_fuzz.h"

#include <cstdlib>
#include <stdexcept>

#include <sys/mman.h>
#include <unistd.h>

#include "lmkor/base/error.h"
#include "lmkor/corpus/reader.h"
#include "lmkor/text/utf8.h"

namespace lmkor::corpus {

bool fuzz_reader(const std::string& format, std::string_view bytes) {
  const int fd = ::memfd_create("input", 0);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no memory for an input");
  ReadOptions options;
  options.format = format;
  options.max_bad_share = 1;
  options.max_record_bytes = 1 << 16;  // so that limits are met too
  options.namespaces = {"0", "1"};
  bool read = true;
  try {
    Reader reader({"/proc/self/fd/" + std::to_string(fd)}, options);
    Document document;
    std::string line;
    while (reader.next(document)) {
      line.clear();
      append_record(line, document, document.text);
      if (text::find_invalid(line) != std::string_view::npos) std::abort();  // a record is always valid UTF-8
    }
  } catch (const base::Error&) {
    read = false;
  }
  ::close(fd);
  return read;
}

}  // namespace lmkor::corpus
