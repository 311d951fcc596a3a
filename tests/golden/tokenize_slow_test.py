"""lmkor tokenize = Hugging Face tokenizers on real text (ids and offsets), on every code point, on a million random texts.

Needs the folder of real data (LMKOR_TEST_DATA); prints how many lines were compared."""
import csv
import io
import itertools
import json
import os
import pathlib
import random
import subprocess

import pytest
from tokenizers import Tokenizer

import tokenizer_oracle as oracle
from tokenizer_oracle import SPECIALS, assert_equal, lmkor, make_tokenizer

DATA = pathlib.Path(os.environ["LMKOR_TEST_DATA"])
CHUNK = 60000


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "vocab"
    lmkor("vocab", "train", "--input", DATA / "corpus", "--output", path, "--quiet")
    return path


def texts_of(path):
    """The lines of text of a file: a record's text divided at its line breaks, or the lines of a file as they are."""
    data = path.read_bytes()
    name = path.name
    if name.endswith(".zst"):
        data = subprocess.run(["zstd", "-dcq", "--long=27", str(path)], capture_output=True, check=True).stdout
        name = name[: -len(".zst")]
    text = data.decode("utf-8", errors="strict")
    if name.endswith(".jsonl"):
        for line in text.split("\n"):
            if line:
                yield from json.loads(line)["text"].split("\n")
    elif name.endswith(".csv"):
        for row in csv.reader(io.StringIO(text)):
            yield from "\t".join(row).split("\n")
    elif name.endswith(".json"):
        stack = [json.loads(text)]
        while stack:
            value = stack.pop()
            if isinstance(value, str):
                yield from value.split("\n")
            elif isinstance(value, dict):
                stack += value.values()
            elif isinstance(value, list):
                stack += value
    else:
        yield from text.split("\n")


FILES = sorted(path for part in ("corpus", "tasks") for path in (DATA / part).rglob("*") if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_real_text(folder, path):
    hf = Tokenizer.from_file(str(folder / "tokenizer.json"))
    compared = 0
    lines = texts_of(path)
    while chunk := list(itertools.islice(lines, CHUNK)):
        assert_equal(folder, hf, chunk)
        compared += len(chunk)
    assert compared > 0
    print(f"{path.parent.name}/{path.name}: {compared} lines equal")


@pytest.mark.parametrize("settings", [{}, {"strip_accents": True}, {"lowercase": False, "clean": False}], ids=str)
def test_every_code_point(tmp_path, settings):
    points = [chr(c) for c in oracle.code_points()]
    vocab = dict.fromkeys(SPECIALS + ["가", "##나", "##b", "a"] + points[:0x10000] + ["##" + c for c in points[:0x10000]])
    hf = make_tokenizer(list(vocab), **settings)
    hf.save(str(tmp_path / "tokenizer.json"))
    for begin in range(0, len(points), CHUNK):
        lines = [f"가{c}나 {c} a{c}{c}b{c}\u0301 {c}" for c in points[begin : begin + CHUNK]]
        assert_equal(tmp_path, hf, lines, oracle.hexed)


FUZZED = 1_000_000
ODD = ["[MASK]", "[SEP]", "[mask]", "ㅋ" * 30, "a" * 101, "가" * 100, "\u0301", "\u200d", "\u00a0", "\u0085", "\u1112\u1161\u11ab", "\ufffd"]


@pytest.mark.parametrize("part", range(10))
def test_random_texts(tmp_path, part):
    """Words of real length and odd ones, glued at random; the settings change with every chunk."""
    rng = random.Random(part)
    pieces = [chr(0xAC00 + rng.randrange(11172)) for _ in range(300)] + list("abcXYZ019 .,!?'#-_/ㅋㅠ漢字éİ·…")
    tokens = {"".join(rng.choices(pieces, k=rng.randrange(1, 4))).lower() for _ in range(4000)} | set(pieces)
    vocab = list(dict.fromkeys(SPECIALS + sorted(tokens) + ["##" + t for t in sorted(tokens)]))
    for chunk in range(FUZZED // 10 // CHUNK):
        settings = dict(
            lowercase=rng.random() < 0.6, strip_accents=rng.choice([False, False, True, None]),
            chinese=rng.random() < 0.7, clean=rng.random() < 0.7,
        )
        hf = make_tokenizer(vocab, **settings)
        hf.save(str(tmp_path / "tokenizer.json"))
        lines = []
        for _ in range(CHUNK):
            parts = []
            for _ in range(rng.randrange(10)):
                kind = rng.random()
                if kind < 0.75:
                    parts += rng.choices(pieces, k=rng.randrange(1, 9))
                elif kind < 0.85:
                    parts.append(rng.choice(ODD))
                elif kind < 0.95:
                    parts.append(" ")
                else:
                    c = rng.randrange(0x110000)
                    parts.append(" " if c == 0x0A or 0xD800 <= c < 0xE000 else chr(c))
            lines.append("".join(parts))
        assert_equal(tmp_path, hf, lines, oracle.hexed)
