"""The sample data of the demo: the same seed gives the same bytes, and the faults that are planted are there."""
import bz2
import collections
import csv
import gzip
import hashlib
import json
import lzma
import os
import pathlib
import re
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(os.environ["LMKOR_SOURCE"]) / "examples" / "make_reviews.py"


def make(folder, seed=1):
    subprocess.run([sys.executable, SCRIPT, "--output", folder, "--documents", "6000", "--examples", "1500", "--seed", str(seed)],
                   check=True, stdout=subprocess.DEVNULL)
    return folder


def fingerprint(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def corpus(data):
    folder = data / "corpus"
    texts = [json.loads(line)["text"] for line in gzip.open(folder / "reviews-1.jsonl.gz", "rt", encoding="utf-8")]
    texts += [json.loads(line)["text"] for line in open(folder / "reviews-2.jsonl", encoding="utf-8")]
    with open(folder / "shop.csv", encoding="utf-8", newline="") as file:
        texts += [row["text"] for row in csv.DictReader(file)]
    texts += [record["text"] for record in json.loads((folder / "forum.json").read_text(encoding="utf-8"))]
    board = bz2.decompress((folder / "board.tsv.bz2").read_bytes()).decode().splitlines()
    assert board[0] == "id\ttext\tcategory"
    texts += [line.split("\t")[1] for line in board[1:]]
    texts += lzma.decompress((folder / "notes.txt.xz").read_bytes()).decode().splitlines()
    return texts


def task(data):
    rows = {}
    for split in ("train", "dev", "test"):
        lines = (data / "tasks" / "nsmc" / f"{split}.tsv").read_text(encoding="utf-8").split("\n")
        assert lines[0] == "id\tdocument\tlabel" and lines[-1] == ""
        rows[split] = [line.split("\t") for line in lines[1:-1]]
        assert all(len(row) == 3 and row[1] and row[2] in "01" for row in rows[split])
    return rows


def test_same_seed_same_bytes(data, tmp_path):
    assert fingerprint(make(tmp_path / "again")) == fingerprint(data)
    assert fingerprint(make(tmp_path / "other", seed=2)) != fingerprint(data)


def test_corpus_holds_what_is_to_be_removed(corpus):
    assert len(corpus) == 6000
    counts = collections.Counter(corpus)
    repeats = sum(count - 1 for count in counts.values())
    assert repeats > 0.03 * len(corpus)
    assert sum("http://" in text for text in corpus) > 10
    assert sum(not re.search("[가-힣]", text) for text in corpus) > 30
    assert sum("\n" in text for text in corpus) > 100  # posts of several paragraphs
    for habit in ("ㅋㅋ", "ㅠㅠ", "!!!", "햇", "재밌"):
        assert sum(habit in text for text in corpus) > 5, habit


def test_task_is_balanced_and_disjoint(data, corpus):
    rows = task(data)
    assert {split: len(part) for split, part in rows.items()} == {"train": 1125, "dev": 120, "test": 255}
    texts = [row[1] for part in rows.values() for row in part]
    assert len(set(texts)) == len(texts)
    assert not set(texts) & {" ".join(text.split()) for text in corpus}
    assert sum(row[2] == "1" for part in rows.values() for row in part) == 750


def test_no_word_gives_the_label_away(data):
    """Sentiment is in combinations: no single word decides more than a small part of the reviews."""
    rows = task(data)["train"]
    with_word = collections.defaultdict(lambda: [0, 0])
    for _, text, label in rows:
        for word in set(text.split()):
            with_word[word][int(label)] += 1
    gain = max(abs(against - for_it) for against, for_it in with_word.values())
    assert gain < 0.1 * len(rows)
