#include "lmkor/corpus/pii.h"

#include <algorithm>
#include <iterator>

#include "lmkor/text/scan.h"

namespace lmkor::corpus {
namespace {

constexpr PiiKindInfo kKinds[kPiiKindCount] = {
    {"resident", "<주민등록번호>"}, {"card", "<카드번호>"},    {"business", "<사업자등록번호>"},
    {"phone", "<전화번호>"},        {"account", "<계좌번호>"}, {"mail", "<이메일>"},
};

constexpr size_t kMaxGroups = 8, kOverlap = 4;
// How far back the word lies that makes a number an account or a telephone number: bytes, about 13 syllables.
constexpr size_t kContextBytes = 40;
constexpr std::string_view kAccountWords[] = {"계좌",   "은행", "농협", "수협",       "신협",     "새마을금고",
                                              "우체국", "입금", "송금", "카카오뱅크", "케이뱅크", "토스뱅크"};
constexpr std::string_view kPhoneWords[] = {"전화", "연락처", "휴대폰", "핸드폰", "팩스", "문의",
                                            "TEL",  "Tel",    "tel",    "FAX",    "Fax",  "HP"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }

// A run of digits and what divides it from the next: '-', '.', ')' or ' ', blanks around the first three allowed;
// 0 where the next run does not follow so.
struct Group {
  size_t begin, size;
  char separator;
};

// Groups of digits that follow each other, at most kMaxGroups.
struct Number {
  Group groups[kMaxGroups];
  size_t count = 0;
  size_t digits = 0;

  bool follows(size_t first, size_t n) const {
    if (first + n > count) return false;
    // A tight "-12" behind says that the number goes on: it is of another kind.
    const Group& last = groups[first + n - 1];
    return first + n == count || last.separator != '-';
  }
  bool has_sizes(size_t first, std::initializer_list<size_t> sizes) const {
    if (!follows(first, sizes.size())) return false;
    return std::equal(sizes.begin(), sizes.end(), groups + first,
                      [](size_t size, const Group& group) { return group.size == size; });
  }
};

// Passes over a few blanks.
size_t skip_blanks(std::string_view text, size_t i) {
  constexpr size_t kMostBlanks = 2;
  const size_t end = std::min(text.size(), i + kMostBlanks);
  while (i < end && text[i] == ' ') ++i;
  return i;
}

// Reads the number whose first digit lies at `i`.
Number read_number(std::string_view text, size_t i) {
  Number number;
  while (number.count < kMaxGroups) {
    Group group{i, 0, '\0'};
    while (i < text.size() && is_digit(text[i])) ++i;
    group.size = i - group.begin;
    size_t next = skip_blanks(text, i);
    char separator = next > i ? ' ' : '\0';
    if (next < text.size() && (text[next] == '-' || text[next] == '.' || text[next] == ')')) {
      separator = text[next];
      next = skip_blanks(text, next + 1);
    }
    const bool goes_on = separator != '\0' && next < text.size() && is_digit(text[next]);
    group.separator = goes_on ? separator : '\0';
    number.groups[number.count++] = group;
    number.digits += group.size;
    if (!goes_on) break;
    i = next;
  }
  return number;
}

// The digits of `n` groups from `first` on.
struct Digits {
  uint8_t values[64];
  size_t count = 0;
  std::span<const uint8_t> span() const { return {values, count}; }
};
Digits digits_of(std::string_view text, const Number& number, size_t first, size_t n) {
  Digits out;
  for (size_t g = first; g < first + n; ++g) {
    const Group& group = number.groups[g];
    for (size_t i = 0; i < group.size && out.count < std::size(out.values); ++i)
      out.values[out.count++] = static_cast<uint8_t>(text[group.begin + i] - '0');
  }
  return out;
}

// Whether one of `words` stands shortly before `at`, on the same line and with no number or placeholder in between: so
// it makes no difference whether the numbers before are masked already.
bool has_word_before(std::string_view text, size_t at, std::span<const std::string_view> words) {
  size_t begin = at;
  while (begin > 0 && at - begin < kContextBytes) {
    const char c = text[begin - 1];
    if (c == '\n' || c == '>' || is_digit(c)) break;
    --begin;
  }
  const std::string_view before = text.substr(begin, at - begin);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return before.find(word) != std::string_view::npos; });
}

bool has_date_of_birth(std::span<const uint8_t, 13> digits) {
  static constexpr uint8_t kDays[12] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = digits[0] * 10 + digits[1], month = digits[2] * 10 + digits[3], day = digits[4] * 10 + digits[5];
  if (month < 1 || month > 12 || day < 1 || day > kDays[month - 1]) return false;
  const bool in_1900 = year == 0 && digits[6] != 3 && digits[6] != 4 && digits[6] != 7 && digits[6] != 8;
  return month != 2 || day != 29 || (year % 4 == 0 && !in_1900);
}

// Resident numbers given since October 2020 end with six random digits.
bool has_no_check_digit(std::span<const uint8_t, 13> digits) {
  const int year = digits[0] * 10 + digits[1], month = digits[2] * 10 + digits[3], sex = digits[6];
  return (sex == 3 || sex == 4 || sex == 7 || sex == 8) && year * 100 + month >= 2010 && has_date_of_birth(digits);
}

// How many groups from `first` on are a number of the kind; 0 if none.

size_t resident(std::string_view text, const Number& number, size_t first) {
  size_t n = 0;
  if (number.has_sizes(first, {6, 7}) && number.groups[first].separator != ')') n = 2;
  if (number.has_sizes(first, {13})) n = 1;
  if (n == 0) return 0;
  const Digits digits = digits_of(text, number, first, n);
  const std::span<const uint8_t, 13> values(digits.values, 13);
  return is_resident_number(values) || (n == 2 && has_no_check_digit(values)) ? n : 0;
}

size_t card(std::string_view text, const Number& number, size_t first) {
  size_t n = 0;
  if (number.has_sizes(first, {4, 4, 4, 4})) n = 4;
  if (number.has_sizes(first, {4, 6, 5}) || number.has_sizes(first, {4, 6, 4})) n = 3;
  if (number.has_sizes(first, {16}) || number.has_sizes(first, {15})) n = 1;
  if (n == 0) return 0;
  const Digits digits = digits_of(text, number, first, n);
  const int two = digits.values[0] * 10 + digits.values[1];
  bool known = false;
  switch (digits.count) {
    case 14:
      known = two == 36 || two == 38 || two == 39;  // Diners Club
      break;
    case 15:
      known = two == 34 || two == 37;  // American Express
      break;
    default:
      // Visa, Mastercard (also 2221 to 2720), JCB, UnionPay, cards for Korea alone
      known = two / 10 == 4 || (two >= 51 && two <= 55) || (two >= 22 && two <= 27) || two == 35 || two == 62 ||
              two == 65 || two / 10 == 9;
  }
  return known && is_luhn(digits.span()) ? n : 0;
}

size_t business(std::string_view text, const Number& number, size_t first) {
  if (!number.has_sizes(first, {3, 2, 5}) || number.groups[first].separator != '-') return 0;
  const Digits digits = digits_of(text, number, first, 3);
  return is_business_number(std::span<const uint8_t, 10>(digits.values, 10)) ? 3 : 0;
}

// Whether `area` (without its 0) begins a number of 7 or 8 further digits.
bool is_area(std::string_view area) {
  if (area == "2") return true;
  if (area.size() != 2) return false;
  const int value = (area[0] - '0') * 10 + (area[1] - '0');
  return (value >= 31 && value <= 33) || (value >= 41 && value <= 44) || (value >= 51 && value <= 55) ||
         (value >= 61 && value <= 64) || value == 70 || value == 80;
}
bool is_mobile(std::string_view prefix) {
  return prefix.size() == 2 && prefix[0] == '1' && std::string_view("016789").find(prefix[1]) != std::string_view::npos;
}

size_t phone(std::string_view text, const Number& number, size_t first) {
  size_t at = first;
  std::string_view head = text.substr(number.groups[at].begin, number.groups[at].size);
  const bool abroad = head == "82" && number.count > first + 2;
  if (abroad) {
    ++at;
    head = text.substr(number.groups[at].begin, number.groups[at].size);
  }
  if (head.starts_with('0')) {
    head.remove_prefix(1);
  } else if (!abroad) {
    return 0;
  }
  const size_t before = at - first;
  const bool safe = head.size() == 3 && head.starts_with("50");  // 0507-1234-5678
  if (is_mobile(head) || is_area(head) || safe) {
    // "031. 123. 4567" is a list of numbers.
    if (number.groups[at].separator == '.' && text[number.groups[at].begin + number.groups[at].size + 1] == ' ')
      return 0;
    for (const size_t middle : {size_t{3}, size_t{4}}) {
      if (number.has_sizes(at, {number.groups[at].size, middle, 4})) return before + 3;
    }
    if (is_mobile(head) &&
        (number.has_sizes(at, {number.groups[at].size, 8}) || number.has_sizes(at, {number.groups[at].size, 7}))) {
      return before + 2;
    }
    return 0;
  }
  if (!number.follows(at, 1)) return 0;
  // In one run: mobile numbers have their own prefix, the others need a word that says so.
  if (head.size() == 10 && head.starts_with("10")) return before + 1;
  if (head.size() == 9 && head[0] == '1' && is_mobile(head.substr(0, 2)) && head[1] != '0') return before + 1;
  const size_t area = head.starts_with('2') ? 1 : 2;
  const bool long_enough = head.size() == area + 7 || head.size() == area + 8;
  if (long_enough && is_area(head.substr(0, area)) && has_word_before(text, number.groups[first].begin, kPhoneWords))
    return before + 1;
  return 0;
}

size_t account(std::string_view text, const Number& number, size_t first) {
  size_t n = 0, digits = 0;
  while (first + n < number.count) {
    digits += number.groups[first + n].size;
    ++n;
    if (number.groups[first + n - 1].separator != '-') break;
  }
  const bool shaped = n == 1 ? digits >= 10 && digits <= 14 : n >= 3 && n <= 5 && digits >= 10 && digits <= 16;
  return shaped && has_word_before(text, number.groups[first].begin, kAccountWords) ? n : 0;
}

struct Shape {
  PiiKind kind;
  size_t (*groups)(std::string_view text, const Number& number, size_t first);
};
// In the order of their proofs' strength.
constexpr Shape kShapes[] = {
    {PiiKind::kResident, resident}, {PiiKind::kCard, card},       {PiiKind::kBusiness, business},
    {PiiKind::kPhone, phone},       {PiiKind::kAccount, account},
};

// Finds numbers from the digit at `i` on; returns where to go on.
size_t find_numbers(std::string_view text, size_t i, std::vector<PiiMatch>& matches) {
  const Number number = read_number(text, i);
  const Group& last = number.groups[number.count - 1];
  const size_t end = last.begin + last.size;
  if (number.digits < text::kFewestDigits) return end;
  if (i > 0 && (is_word(text[i - 1]) || (text[i - 1] == '-' && i > 1 && is_word(text[i - 2])))) {
    // Part of a name: "A-010-1234-5678". Its later groups are, too, while they hang together.
    size_t g = 0;
    while (g < number.count && number.groups[g].separator != ' ' && number.groups[g].separator != '\0') ++g;
    return g + 1 < number.count ? number.groups[g + 1].begin : end;
  }
  for (size_t g = 0; g < number.count;) {
    size_t taken = 0;
    for (const Shape& shape : kShapes) {
      // A group behind a tight hyphen continues the number before it.
      if (g > 0 && number.groups[g - 1].separator == '-') break;
      taken = shape.groups(text, number, g);
      if (taken == 0) continue;
      const Group& final = number.groups[g + taken - 1];
      size_t begin = number.groups[g].begin;
      const size_t stop = final.begin + final.size;
      if (stop < text.size() && (is_word(text[stop]) || text[stop] == '@')) {
        taken = 0;
        continue;
      }
      // "+82 ..." and "(02) ...": the sign belongs to the number.
      const char sign = begin > 0 && shape.kind == PiiKind::kPhone ? text[begin - 1] : '\0';
      if (sign == '+' || (sign == '(' && number.groups[g].separator == ')')) --begin;
      matches.push_back({begin, stop - begin, shape.kind});
      break;
    }
    g += taken > 0 ? taken : 1;
  }
  // A longer list of numbers: what might begin in its last groups is looked at again.
  const size_t again = number.groups[kMaxGroups - kOverlap].begin;
  const bool full =
      number.count == kMaxGroups && (matches.empty() || matches.back().begin + matches.back().size <= again);
  return full ? again : end;
}

// The mail address around the @ at `at`; size 0 if there is none. It does not reach before `from`.
PiiMatch mail_around(std::string_view text, size_t at, size_t from) {
  constexpr std::string_view kLocal = "._%+-";
  size_t begin = at;
  while (begin > from && (is_word(text[begin - 1]) || kLocal.find(text[begin - 1]) != std::string_view::npos)) --begin;
  while (begin < at && !is_digit(text[begin]) && !is_letter(text[begin])) ++begin;
  size_t end = at + 1;
  while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]) || text[end] == '-' || text[end] == '.')) {
    if (text[end] == '.' && (text[end - 1] == '.' || text[end - 1] == '@')) break;
    ++end;
  }
  // The name of the top domain is the last part of two letters or more: what is behind it ("a@b.kr.2024") is other
  // text.
  bool good = false;
  while (!good && begin < at) {
    while (end > at && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
    const size_t dot = text.substr(0, end).rfind('.');
    if (dot == std::string_view::npos || dot <= at + 1) break;
    const std::string_view top = text.substr(dot + 1, end - dot - 1);
    good = top.size() >= 2 && std::all_of(top.begin(), top.end(), is_letter);
    if (!good) end = dot;
  }
  return {begin, good ? end - begin : 0, PiiKind::kMail};
}

}  // namespace

std::span<const PiiKindInfo, kPiiKindCount> pii_kinds() { return kKinds; }

void find_pii(std::string_view text, std::vector<PiiMatch>& matches) {
  size_t from = 0;  // end of the last match
  const size_t first = matches.size();
  // A number that begins in a step of the search ends before the next one does, as long as separators are short.
  for (size_t i = text::find_number(text, 0); i < text.size(); i = text::find_number(text, i)) {
    const size_t stop = std::min(text.size(), i + text::kScanBytes);
    while (i < stop) {
      if (text[i] == '@') {
        // Numbers that are part of the address were taken for numbers only if they had their own shape.
        const PiiMatch mail = mail_around(text, i, from);
        if (mail.size > 0) matches.push_back(mail);
        i = std::max(i + 1, mail.begin + mail.size);
      } else if (is_digit(text[i])) {
        i = find_numbers(text, i, matches);
      } else {
        ++i;
        continue;
      }
      if (matches.size() > first) from = matches.back().begin + matches.back().size;
    }
  }
}

bool is_resident_number(std::span<const uint8_t, 13> digits) {
  static constexpr uint8_t kWeights[12] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
  if (!has_date_of_birth(digits)) return false;
  int sum = 0;
  for (size_t i = 0; i < 12; ++i) sum += digits[i] * kWeights[i];
  const bool foreign = digits[6] >= 5 && digits[6] <= 8;
  return digits[12] == ((foreign ? 13 : 11) - sum % 11) % 10;
}

bool is_business_number(std::span<const uint8_t, 10> digits) {
  static constexpr uint8_t kWeights[9] = {1, 3, 7, 1, 3, 7, 1, 3, 5};
  int sum = digits[8] * 5 / 10;
  for (size_t i = 0; i < 9; ++i) sum += digits[i] * kWeights[i];
  return digits[9] == (10 - sum % 10) % 10;
}

bool is_luhn(std::span<const uint8_t> digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    const int value = digits[digits.size() - 1 - i] * (i % 2 == 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

std::string blinded(std::string_view value) {
  std::string out(value);
  const bool is_mail = value.find('@') != std::string_view::npos;
  for (char& c : out) {
    if (is_digit(c)) c = '#';
    if (is_mail && is_letter(c)) c = '*';
  }
  return out;
}

}  // namespace lmkor::corpus
