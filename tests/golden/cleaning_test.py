"""Cleaning against references in Python: html.unescape, unicodedata, and check digits written anew."""
import datetime
import html
import html.entities
import json
import os
import pathlib
import random
import subprocess
import unicodedata

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
KEEP_ALL = ["--set", "filter.languages=all", "--set", "filter.min_characters=0", "--set", "filter.min_letters=0",
            "--set", "filter.min_distinct=0", "--set", "filter.min_hangul_share=0", "--set", "filter.max_symbol_share=1",
            "--set", "filter.max_repeated_share=1", "--set", "filter.max_document_repeated_share=1", "--set",
            "filter.max_list_share=1", "--set", "dedup.exact=false"]


def clean(texts, tmp_path, *arguments):
    """The cleaned texts; each must leave something."""
    raw = tmp_path / "raw.jsonl"
    raw.write_text("".join(json.dumps({"id": str(i), "text": t}, ensure_ascii=False) + "\n" for i, t in enumerate(texts)),
                   encoding="utf-8")
    subprocess.run([LMKOR, "corpus", "build", "--input", raw, "--output", tmp_path / "corpus", "--progress", "none", "--force",
                    *KEEP_ALL, *arguments], check=True, capture_output=True)
    out = []
    for path in sorted((tmp_path / "corpus").glob("docs-*.jsonl.zst")):
        lines = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode().splitlines()
        out += [json.loads(line) for line in lines]
    assert [int(record["id"]) for record in out] == list(range(len(texts)))
    return [record["text"] for record in out], json.loads((tmp_path / "corpus" / "manifest.json").read_text())


def switched(*on):
    """All steps off but those named."""
    steps = ("html", "nfc", "jamo", "controls", "collapse_blanks", "personal_data")
    out = ["--set", "clean.characters=all", "--set", "clean.max_repeats=0"]
    for step in steps:
        out += ["--set", f"clean.{step}={'true' if step in on else 'false'}"]
    return out


def as_kept(text):
    """What the allow-list `all` makes of blanks."""
    out = ""
    for c in text:
        if c in "\t\r\x0b\x0c\x85" or unicodedata.category(c) == "Zs":
            out += " "
        elif c in "\u2028\u2029":
            out += "\n"
        elif unicodedata.category(c) not in ("Cc", "Cn") or c == "\n":
            out += c
    return out


def test_references_equal_html_unescape(tmp_path):
    names = [name for name in html.entities.html5 if name.endswith(";")]
    numbers = [f"#{n};" for n in [*range(0, 300), 0xAC00, 0xD7A3, 0xD800, 0xDFFF, 0xFDD0, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF,
                                  0x110000, 10 ** 12]]
    numbers += [f"#x{n:x};" for n in (0xAC00, 0x1F600, 0x80, 0x9F, 0x2F800)] + ["#XAC00;"]
    bare = [name for name in html.entities.html5 if not name.endswith(";")]
    texts = [f"가 &{name} 나" for name in names + numbers] + [f"가 &{name} 나" for name in bare]
    got, _ = clean(texts, tmp_path, *switched("html"))
    expected = [as_kept(html.unescape(text)).replace("\ufffd", "") for text in texts]
    assert [(t, g) for t, g, e in zip(texts, got, expected) if g != e] == []


def test_form_equals_unicodedata(tmp_path):
    draw = random.Random(1)
    # Characters of the oldest Unicode that both sides know.
    known = [chr(c) for c in range(0x20, 0x30000) if unicodedata.ucd_3_2_0.category(chr(c)) not in ("Cn", "Cs", "Co", "Cc")
             and not 0x2028 <= c <= 0x2029]
    marks = [c for c in known if unicodedata.combining(c)]
    texts = ["가" + c + "나" for c in draw.sample(known, 20000)]
    texts += ["가" + "".join(draw.choices(known[:3000] + marks + [chr(c) for c in range(0x1100, 0x1200)], k=8)) + "나"
              for _ in range(5000)]
    texts += [unicodedata.normalize("NFD", "대한민국 헌법 제1조") + c for c in "각힣뷁"]
    got, _ = clean(texts, tmp_path, *switched("nfc"))
    expected = [as_kept(unicodedata.normalize("NFC", text)) for text in texts]
    assert [(t, g, e) for t, g, e in zip(texts, got, expected) if g.strip() != e.strip()] == []


def test_jamo_look_like_what_they_were(tmp_path):
    jamo = [chr(c) for c in [*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3), *range(0xFFA1, 0xFFBF),
                             *range(0xFFC2, 0xFFC8), *range(0xFFCA, 0xFFD0), *range(0xFFD2, 0xFFD8), *range(0xFFDA, 0xFFDD)]]
    got, _ = clean([f"a{c}a" for c in jamo], tmp_path, *switched("nfc", "jamo"))
    for c, text in zip(jamo, got):
        assert len(text) == 3 and "\u3131" <= text[1] <= "\u3163", (hex(ord(c)), text)
        # A final consonant has no compatibility form of its own: it looks like the initial one.
        name = unicodedata.name(c).replace("HALFWIDTH ", "").split()[-1]
        assert unicodedata.name(text[1]).split()[-1] == name


def resident(draw, valid):
    born = datetime.date(1930, 1, 1) + datetime.timedelta(days=draw.randrange(32000))
    sex = draw.choice((1, 2, 5, 6) if born.year < 2000 else (3, 4, 7, 8))
    digits = f"{born:%y%m%d}{sex}{draw.randrange(10 ** 5):05}"
    total = sum(int(d) * w for d, w in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)))
    check = ((13 if sex >= 5 else 11) - total % 11) % 10
    if not valid:
        check = (check + draw.randrange(1, 10)) % 10
    return f"{digits[:6]}-{digits[6:]}{check}"


def business(draw, valid):
    digits = f"{draw.randrange(100, 1000)}{draw.randrange(100):02}{draw.randrange(10 ** 4):04}"
    total = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 1, 3, 7, 1, 3, 5))) + int(digits[8]) * 5 // 10
    check = (10 - total % 10 + (0 if valid else draw.randrange(1, 10))) % 10
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}{check}"


def card(draw, valid):
    digits = draw.choice("459") + "".join(draw.choices("0123456789", k=14))
    if digits[0] == "5":
        digits = "5" + draw.choice("12345") + digits[2:]
    total = 0
    for i, d in enumerate(reversed(digits)):
        value = int(d) * (2 if i % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    check = (10 - total % 10 + (0 if valid else draw.randrange(1, 10))) % 10
    digits += str(check)
    return "-".join(digits[i:i + 4] for i in range(0, 16, 4))


def test_check_digits_decide(tmp_path):
    draw = random.Random(2)
    kinds = {"resident": (resident, "<주민등록번호>"), "business": (business, "<사업자등록번호>"), "card": (card, "<카드번호>")}
    texts, expected = [], []
    for kind, (make, placeholder) in kinds.items():
        for i in range(600):
            valid = i % 2 == 0
            number = make(draw, valid)
            texts.append(f"번호는 {number} 입니다")
            # Numbers of people born since October 2020 have no check digit; the draw ends in 2017.
            expected.append(f"번호는 {placeholder if valid else number} 입니다")
    got, manifest = clean(texts, tmp_path)
    assert [(t, g) for t, g, e in zip(texts, got, expected) if g != e] == []
    assert manifest["details"]["personal data"] == {kind: 300 for kind in sorted(kinds)}
