// Personal data in Korean text: found by shape, proved by check digits or by the words before it, and replaced by a
// placeholder that names its kind. Rather one number too few than dates, prices and section numbers masked.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lmkor::corpus {

enum class PiiKind { kResident, kCard, kBusiness, kPhone, kAccount, kMail };
inline constexpr size_t kPiiKindCount = 6;

struct PiiKindInfo {
  std::string_view name;         // in settings and reports
  std::string_view placeholder;  // in the text
};
// By PiiKind.
std::span<const PiiKindInfo, kPiiKindCount> pii_kinds();

struct PiiMatch {
  size_t begin, size;
  PiiKind kind;
};
// What `text` (valid UTF-8) holds, in order and apart from each other, appended to `matches`:
//   resident  900101-1234568: a date of birth, a digit of sex and century, and the check digit (numbers given since
//             October 2020 have none: with a hyphen and so late a date they count, too); foreigners' numbers as well
//   card      14 to 16 digits in the groups that cards have, of a known issuer, right by Luhn
//   business  123-45-67891 with its check digit
//   phone     mobile, regional, internet and safe numbers, with 0 or +82; without separators mobile ones only
//   account   10 to 14 digits, or groups of digits, shortly after the name of a bank or the word for account
//   mail      a@b.cd
void find_pii(std::string_view text, std::vector<PiiMatch>& matches);

// The proofs, on digits as values. Sources: Resident Registration Act (enforcement rules), National Tax Service,
// ISO/IEC 7812-1.
bool is_resident_number(std::span<const uint8_t, 13> digits);
bool is_business_number(std::span<const uint8_t, 10> digits);
bool is_luhn(std::span<const uint8_t> digits);

// `value` as it may be shown in a report: digits as #, letters of a mail address as *.
std::string blinded(std::string_view value);

}  // namespace lmkor::corpus
