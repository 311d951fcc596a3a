"""The whole real corpus as shards: the same bytes for any number of threads, ids equal to those of tokenize."""
import json
import os
import pathlib
import subprocess

import numpy as np

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
DATA = pathlib.Path(os.environ["LMKOR_TEST_DATA"])


def test_real_corpus(tmp_path):
    run = lambda *arguments: subprocess.run([LMKOR, *map(str, arguments)], check=True, capture_output=True)
    run("vocab", "train", "--input", DATA / "corpus/petitions.jsonl.zst", "--output", tmp_path / "vocab", "--size", 8000,
        "--unused", 100)
    for threads in (1, 2, 5):
        run("shard", "--input", DATA / "corpus", "--tokenizer", tmp_path / "vocab", "--output", tmp_path / str(threads),
            "--shard-tokens", 10_000_000, "--threads", threads)
    manifest = (tmp_path / "1/manifest.json").read_text()  # holds the hashes of all shards
    assert manifest == (tmp_path / "2/manifest.json").read_text() == (tmp_path / "5/manifest.json").read_text()
    manifest = json.loads(manifest)
    assert manifest["bad_records"] == 0
    assert sum(s["documents"] for s in manifest["sources"].values()) == manifest["documents"]
    tokens = 0
    for split in manifest["splits"].values():
        for row in split["files"]:
            ids = np.fromfile(tmp_path / "1" / (row["name"] + ".tokens"), "<u2")
            assert len(ids) == row["tokens"] and ids.max() < manifest["vocab_size"]
            tokens += len(ids)
    assert tokens == manifest["tokens"]


def test_ids_of_real_documents_are_those_of_tokenize(tmp_path):
    corpus = DATA / "corpus/petitions.jsonl.zst"
    run = lambda *arguments, **more: subprocess.run([LMKOR, *map(str, arguments)], check=True, capture_output=True, **more)
    run("vocab", "train", "--input", corpus, "--output", tmp_path / "vocab", "--size", 8000, "--unused", 100)
    run("shard", "--input", corpus, "--tokenizer", tmp_path / "vocab", "--output", tmp_path / "shards",
        "--validation-share", 0)
    lines = subprocess.run(["zstd", "-dc", "--long=27", corpus], check=True, capture_output=True).stdout.split(b"\n")
    texts = [json.loads(line)["text"].replace("\r", " ").replace("\n", " ") for line in lines if line]
    done = run("tokenize", "--tokenizer", tmp_path / "vocab", "--no-match-special", input="\n".join(texts).encode() + b"\n")
    expected = np.array(done.stdout.split(), dtype=np.uint16)
    assert np.array_equal(np.fromfile(tmp_path / "shards/shard-00000.tokens", "<u2"), expected)
