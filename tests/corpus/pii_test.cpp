#include "lmkor/corpus/pii.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lmkor::corpus {
namespace {

using testing::ElementsAre;

// "kind:value" of each match.
std::vector<std::string> find(std::string_view text) {
  std::vector<PiiMatch> matches;
  find_pii(text, matches);
  std::vector<std::string> out;
  for (const PiiMatch& match : matches) {
    out.push_back(std::string(pii_kinds()[static_cast<size_t>(match.kind)].name) + ":" +
                  std::string(text.substr(match.begin, match.size)));
  }
  return out;
}

TEST(Pii, ResidentNumbersByDateAndCheckDigit) {
  EXPECT_THAT(find("주민번호는 900101-1234568 입니다"), ElementsAre("resident:900101-1234568"));
  EXPECT_THAT(find("9001011234568"), ElementsAre("resident:9001011234568"));
  EXPECT_THAT(find("900101 - 1234568"), ElementsAre("resident:900101 - 1234568"));
  EXPECT_THAT(find("900101-1234567"), ElementsAre());                           // check digit
  EXPECT_THAT(find("901301-1234565"), ElementsAre());                           // no such month
  EXPECT_THAT(find("210230-3234567"), ElementsAre());                           // no such day
  EXPECT_THAT(find("210203-3123456"), ElementsAre("resident:210203-3123456"));  // of 2021: no check digit
  EXPECT_THAT(find("2102033123456"), ElementsAre());
  EXPECT_THAT(find("제품 8801234567893 바코드"), ElementsAre());
}

TEST(Pii, Telephones) {
  for (const char* number :
       {"010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "011-123-4567", "02-123-4567", "02)1234-5678",
        "031-123-4567", "070-1234-5678", "0507-1234-5678", "+82-10-1234-5678", "+82 10 1234 5678", "82-2-123-4567",
        "(02) 123-4567", "010 - 1234 - 5678", "010-12345678"}) {
    EXPECT_THAT(find(std::string("연락 ") + number + "로 주세요"), ElementsAre(std::string("phone:") + number))
        << number;
  }
  EXPECT_THAT(find("TEL.010-1234-5678/010-9876-5432"), ElementsAre("phone:010-1234-5678", "phone:010-9876-5432"));
  EXPECT_THAT(find("(055 640-4583)"), ElementsAre("phone:055 640-4583"));
  EXPECT_THAT(find("전화 0212345678"), ElementsAre("phone:0212345678"));
  EXPECT_THAT(find("- 1 2 3 4 5 6 7 8 010 1234 5678 9"), ElementsAre("phone:010 1234 5678"));
}

TEST(Pii, NumbersThatAreNone) {
  for (const char* text : {"2019-04-05 12:30", "1588-1592년 사이",  "제3조의2 제1항",
                           "3.14159265358979", "1,234,567,890원",   "2019. 10. 11. 2345",
                           "0212345678",       "A010-1234-5678",    "v1.010.1234.5678-beta1",
                           "031. 123. 4567",   "978-89-364-3426-7", "192.168.100.100",
                           "010-1234-5678-99", "1234567890123456",  "02-12-345",
                           "20190405-123456",  "@Override",         "a@b",
                           "pkg@1.2.3",        "@user.name"}) {
    EXPECT_THAT(find(text), ElementsAre()) << text;
  }
}

TEST(Pii, CardsByLuhn) {
  EXPECT_THAT(find("카드 4111-1111-1111-1111 유효"), ElementsAre("card:4111-1111-1111-1111"));
  EXPECT_THAT(find("4111 1111 1111 1111"), ElementsAre("card:4111 1111 1111 1111"));
  EXPECT_THAT(find("5500000000000004"), ElementsAre("card:5500000000000004"));
  EXPECT_THAT(find("3782-822463-10005"), ElementsAre("card:3782-822463-10005"));
  EXPECT_THAT(find("4111-1111-1111-1112"), ElementsAre());
  EXPECT_THAT(find("1111-1111-1111-1117"), ElementsAre());  // no issuer
}

TEST(Pii, BusinessNumbersByCheckDigit) {
  EXPECT_THAT(find("사업자등록번호: 123-45-67891"), ElementsAre("business:123-45-67891"));
  EXPECT_THAT(find("123-45-67890"), ElementsAre());
}

TEST(Pii, AccountsByTheWordsBefore) {
  EXPECT_THAT(find("국민은행 123456-01-123456 홍길동"), ElementsAre("account:123456-01-123456"));
  EXPECT_THAT(find("계좌번호 11012345678901"), ElementsAre("account:11012345678901"));
  EXPECT_THAT(find("농협 301-0123-4567-11"), ElementsAre("account:301-0123-4567-11"));
  EXPECT_THAT(find("주문 123456-01-123456"), ElementsAre());
  EXPECT_THAT(find("계좌\n123456-01-123456"), ElementsAre());  // on another line
  EXPECT_THAT(find("<계좌번호> 123456-01-123456"), ElementsAre());
}

TEST(Pii, MailAddresses) {
  EXPECT_THAT(find("메일은 hong.gil-dong+a@naver.co.kr로 보내세요."), ElementsAre("mail:hong.gil-dong+a@naver.co.kr"));
  EXPECT_THAT(find("(kim123@gmail.com)"), ElementsAre("mail:kim123@gmail.com"));
  EXPECT_THAT(find("a@b.cd, 01012345678@daum.net"), ElementsAre("mail:a@b.cd", "mail:01012345678@daum.net"));
  EXPECT_THAT(find("끝에 점 abc@def.com."), ElementsAre("mail:abc@def.com"));
  EXPECT_THAT(find("abc@def.com.2024"), ElementsAre("mail:abc@def.com"));
  EXPECT_THAT(find("abc@def..com abc@.com abc@com"), ElementsAre());
}

TEST(Pii, AllInOneText) {
  EXPECT_THAT(
      find("홍길동(900101-1234568, 010-1234-5678) hong@a.kr 우리은행 1002-123-456789"),
      ElementsAre("resident:900101-1234568", "phone:010-1234-5678", "mail:hong@a.kr", "account:1002-123-456789"));
}

TEST(Pii, ShownBlinded) {
  EXPECT_EQ(blinded("010-1234-5678\nhong@naver.com"), "###-####-####\n****@*****.***");
  EXPECT_EQ(blinded("900101-1234568"), "######-#######");
}

}  // namespace
}  // namespace lmkor::corpus
