"""lmkor tokenize = Hugging Face tokenizers on real text (ids and offsets), and on every code point in every setting.

Needs the folder of real data (LMKOR_TEST_DATA); prints how many lines were compared."""
import csv
import io
import itertools
import json
import os
import pathlib
import subprocess

import pytest
from tokenizers import Tokenizer

import tokenizer_oracle as oracle
from tokenizer_oracle import SPECIALS, assert_equal, lmkor, make_tokenizer

DATA = pathlib.Path(os.environ["LMKOR_TEST_DATA"])
CHUNK = 20000


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
