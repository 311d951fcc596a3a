// One input of a format, read as a user's file would be. An Error is an answer; anything else that ends the process is
// a find. With clang each format is a libFuzzer target of its own (LMKOR_FUZZ=ON); everywhere fuzz_replay.cpp drives
// the same function over seeds and mutations of them.
#include "input_fuzz.h"

#include <cstdint>

namespace lmkor {

bool fuzz_input(const std::string& format, std::string_view bytes) {
  return hub::is_container(format) ? hub::fuzz_container(format, bytes) : corpus::fuzz_reader(format, bytes);
}

}  // namespace lmkor

#ifdef LMKOR_FUZZ_FORMAT
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lmkor::fuzz_input(LMKOR_FUZZ_FORMAT, {reinterpret_cast<const char*>(data), size});
  return 0;
}
#endif
