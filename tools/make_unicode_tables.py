#!/usr/bin/env python3
"""Writes lmkor/text/bert_tables.inc: what Hugging Face `tokenizers` does to each code point.

The BERT normaliser and pre-tokenizer of `tokenizers` follow Unicode tables of several ages, so no Unicode library gives
the same answer; every code point is put to the installed package instead. Run it with the test environment's Python:

    .venv-test/bin/python tools/make_unicode_tables.py          # writes the file
    .venv-test/bin/python tools/make_unicode_tables.py --check  # exit 1 if the file differs from what it would write
"""
import argparse
import pathlib
import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

TARGET = pathlib.Path(__file__).resolve().parent.parent / "lmkor" / "text" / "bert_tables.inc"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
BAR = ord("|")
CHUNK = 20000


def bert(**on):
    settings = {"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False}
    return normalizers.BertNormalizer(**{**settings, **on})


def each(normalizer, code_points, before="", after=""):
    """What `normalizer` makes of each code point between `before` and `after`: yields (code point, text).

    Many are put in one call, divided by a bar, which no step changes and which stops reordering."""
    rest = [c for c in code_points if c != BAR]
    if len(rest) < len(code_points):
        yield BAR, normalizer.normalize_str(before + "|" + after)
    for begin in range(0, len(rest), CHUNK):
        part = rest[begin : begin + CHUNK]
        texts = normalizer.normalize_str("|".join(before + chr(c) + after for c in part)).split("|")
        assert len(texts) == len(part)
        yield from zip(part, texts)


def split_classes():
    """White space and punctuation of the pre-tokenizer, from how it divides "a" + c + "a"."""
    pre = pre_tokenizers.BertPreTokenizer()
    space, punctuation = [], []
    for begin in range(0, len(CODE_POINTS), CHUNK):
        part = CODE_POINTS[begin : begin + CHUNK]
        pieces = {at: text for text, (at, _) in pre.pre_tokenize_str(" ".join(f"a{chr(c)}a" for c in part))}
        for i, c in enumerate(part):
            whole = pieces[4 * i]
            if whole == f"a{chr(c)}a":
                continue
            assert whole == "a" and pieces[4 * i + 2] == "a"
            if 4 * i + 1 in pieces:
                assert pieces[4 * i + 1] == chr(c)
                punctuation.append(c)
            else:
                space.append(c)
    return space, punctuation


def combining_classes():
    """Canonical combining class of every non-starter, found by which marks of known class it moves before or behind."""
    nfd = normalizers.NFD()
    ladder = {}
    for c in CODE_POINTS:
        value = unicodedata.combining(chr(c))
        if not value:
            continue
        # Newer marks are starters to the package: only a mark that it moves may stand on the ladder.
        known = value == 240 or nfd.normalize_str("a\u0345" + chr(c)) == "a" + chr(c) + "\u0345"
        if value not in ladder and known and nfd.normalize_str(chr(c)) == chr(c):
            ladder[value] = chr(c)
    high, low = ladder[max(ladder)], ladder[1]
    atomic = [c for c, text in each(nfd, CODE_POINTS) if text == chr(c)]
    moved = [c for c, text in each(nfd, atomic, before="a" + high) if text != "a" + high + chr(c)]
    passed = [c for c, text in each(nfd, atomic, before="a", after=low) if text != "a" + chr(c) + low]
    non_starters = sorted(set(moved) | set(passed))
    classes = {}
    for c in non_starters:
        # The class is the greatest one on the ladder whose mark it does not move before.
        below = [k for k, mark in ladder.items() if nfd.normalize_str("a" + mark + chr(c)) == "a" + mark + chr(c)]
        classes[c] = max(below) if below else 1
    assert all(classes[ord(mark)] == value for value, mark in ladder.items())
    return classes


def ranges(code_points):
    out = []
    for c in code_points:
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def lowercase_ranges(mapping):
    """(first, last, step, difference) runs of one-to-one mappings."""
    out = []
    for c in sorted(mapping):
        difference = mapping[c] - c
        if out:
            first, last, step, same = out[-1]
            if difference == same and (c - last == step or (first == last and c - last <= 2)):
                out[-1] = (first, c, c - last, same)
                continue
        out.append((c, c, 1, difference))
    return out


def wrapped(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 118:
            lines.append(line)
            line = "   "
        line += " " + item + ","
    return "\n".join(lines + [line])


def array(name, kind, items, comment):
    return f"// {comment}\nconstexpr {kind} {name}[] = {{\n{wrapped(items)}\n}};\n"


def generate():
    cleaned = dict(each(bert(clean_text=True), CODE_POINTS))
    deleted = [c for c, text in sorted(cleaned.items()) if text == ""]
    blank = [c for c, text in sorted(cleaned.items()) if text == " "]
    assert all(text in ("", " ", chr(c)) for c, text in cleaned.items())
    spaced = sorted(c for c, text in each(bert(handle_chinese_chars=True), CODE_POINTS) if text != chr(c))
    assert all(text in (chr(c), f" {chr(c)} ") for c, text in each(bert(handle_chinese_chars=True), CODE_POINTS))
    space, punctuation = split_classes()
    lower = {c: text for c, text in each(bert(lowercase=True), CODE_POINTS) if text != chr(c)}
    one = {c: ord(text) for c, text in lower.items() if len(text) == 1}
    many = {c: text for c, text in lower.items() if len(text) > 1}
    decomposed = dict(each(normalizers.NFD(), CODE_POINTS))
    stripped = dict(each(bert(strip_accents=True), CODE_POINTS))
    syllables = set(range(0xAC00, 0xD7A4))
    for c in syllables:  # decomposed by rule in bert_unicode.cpp
        lead, vowel, tail = (c - 0xAC00) // 588, (c - 0xAC00) // 28 % 21, (c - 0xAC00) % 28
        jamo = chr(0x1100 + lead) + chr(0x1161 + vowel) + (chr(0x11A7 + tail) if tail else "")
        assert decomposed[c] == jamo == stripped[c]
    parts = {c: text for c, text in decomposed.items() if text != chr(c) and c not in syllables}
    # Marks that stripping drops. What a decomposition holds is itself not decomposable, so asking for those is enough.
    marks = sorted(c for c in CODE_POINTS if decomposed[c] == chr(c) and stripped[c] == "")
    gone = set(map(chr, marks))
    assert all(stripped[c] == "".join(x for x in text if x not in gone) for c, text in decomposed.items())
    classes = combining_classes()
    runs = []
    for c in sorted(classes):
        if runs and runs[-1][1] == c - 1 and runs[-1][2] == classes[c]:
            runs[-1][1] = c
        else:
            runs.append([c, c, classes[c]])

    def span(code_points):
        return [f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(code_points)]

    flat = [f"0x{x:X}" for c in sorted(parts) for x in (c, len(parts[c]), *map(ord, parts[c]))]
    sections = [
        array("kDeleted", "Range", span(deleted), f"Deleted by clean_text: {len(deleted)} code points."),
        array("kBlank", "Range", span(blank), f"Made a space by clean_text: {len(blank)} code points."),
        array("kSpaced", "Range", span(spaced), f"Set between spaces by handle_chinese_chars: {len(spaced)} code points."),
        array("kSpace", "Range", span(space), f"White space of the pre-tokenizer: {len(space)} code points."),
        array("kPunctuation", "Range", span(punctuation), f"Punctuation of the pre-tokenizer: {len(punctuation)} code points."),
        array("kLower", "LowerRange", [f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in lowercase_ranges(one)],
              f"Lower case, one to one: first, last, step, difference; {len(one)} code points."),
        array("kLowerMany", "char32_t", [f"0x{x:X}" for c in sorted(many) for x in (c, len(many[c]), *map(ord, many[c]))],
              f"Lower case, one to many: code point, length, result; {len(many)} code points."),
        array("kMark", "Range", span(marks), f"Dropped by strip_accents: {len(marks)} code points."),
        array("kCombining", "ClassRange", [f"{{0x{a:X}, 0x{b:X}, {k}}}" for a, b, k in runs],
              f"Canonical combining classes: {len(classes)} code points."),
        array("kDecomposed", "char32_t", flat,
              f"Full canonical decompositions but of syllables: code point, length, result; {len(parts)} code points."),
    ]
    head = (
        f"// Generated by tools/make_unicode_tables.py from tokenizers {tokenizers.__version__}; do not edit.\n"
        "// Included by bert_unicode.cpp only.\n"
    )
    return head + "// clang-format off\n\n" + "\n".join(sections) + "// clang-format on\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    arguments = parser.parse_args()
    text = generate()
    if arguments.check:
        same = TARGET.read_text(encoding="utf-8") == text
        print(f"{TARGET.name}: {'as generated' if same else 'differs from what this script writes'}")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET}: {len(text.splitlines())} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
