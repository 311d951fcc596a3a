#include "lmkor/text/normalize.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <utf8proc.h>

#include "lmkor/text/utf8.h"

namespace lmkor::text {
namespace {

TEST(Nfc, ComposesHangulAndLatin) {
  EXPECT_EQ(nfc("\u1112\u1161\u11AB\u1100\u1173\u11AF"), "한글");
  EXPECT_EQ(nfc("e\u0301"), "é");
  EXPECT_EQ(nfc("한글 abc"), "한글 abc");
  EXPECT_EQ(nfc(""), "");
  // U+11A7 is no trailing consonant (UAX #15; utf8proc takes it for one).
  EXPECT_EQ(nfc("가\u11A7나e\u0301"), "가\u11A7나é");
  EXPECT_EQ(nfc("\u1100\u1161\u11A7\u11A8"), "가\u11A7\u11A8");
  EXPECT_EQ(nfc("e\u0301\xFF"), "é\uFFFD");
}

TEST(Nfc, KeepsUnassignedCodePoints) { EXPECT_EQ(nfc("\U0001FC00e\u0301"), "\U0001FC00é"); }

// Whatever the quick check lets pass alone must be unchanged by utf8proc, alone and between others, and must not
// compose with what stands before it.
TEST(Nfc, QuickCheckIsRight) {
  size_t quick = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string one;
    append_utf8(one, c);
    if (!is_nfc_quick(one)) continue;
    ++quick;
    const utf8proc_property_t* property = utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
    ASSERT_EQ(property->combining_class, 0) << std::hex << static_cast<uint32_t>(c);
    utf8proc_uint8_t* raw = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(one.c_str()));
    const std::string composed(reinterpret_cast<const char*>(raw));
    std::free(raw);
    ASSERT_TRUE(c == 0 || composed == one) << std::hex << static_cast<uint32_t>(c);
  }
  EXPECT_GT(quick, 11172u + 20000u);
  EXPECT_FALSE(is_nfc_quick("e\u0301"));
  EXPECT_FALSE(is_nfc_quick("\u1112\u1161"));
  EXPECT_FALSE(is_nfc_quick("\xFF"));
}

}  // namespace
}  // namespace lmkor::text
