"""Readers beside those of Python, one thread each, in processor time: read_bench.py FILE...

The number of documents is compared first. Python makes the text of each document and nothing else."""

import codecs
import csv
import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as tree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(os.environ.get("LMKOR_BIN", ROOT / "build/release/bin"))


def of_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def of_wiki(path):
    import mwparserfromhell

    texts = []
    for _, page in tree.iterparse(path):
        if page.tag.endswith("}page"):
            if page.find("{*}ns").text == "0" and page.find("{*}redirect") is None:
                texts.append(mwparserfromhell.parse(page.find("{*}revision/{*}text").text or "").strip_code())
            page.clear()
    return texts


def of_parquet(path):
    import pyarrow.parquet as parquet

    return [row["text"] for batch in parquet.ParquetFile(path).iter_batches() for row in batch.to_pylist()]


def of_po(path):
    import polib

    return ["\n".join(entry.msgstr for entry in polib.pofile(str(path)).translated_entries())]


def of_modu(path):
    return ["\n".join(unit["form"] for unit in document["paragraph"])
            for document in json.load(open(path))["document"]]


def lines(path, codec):
    return codecs.open(path, encoding=codec).read().rstrip("\n").split("\n")


PEERS = [
    (r"\.csv$", "csv.DictReader", of_csv),
    (r"\.jsonl$", "json", lambda path: [json.loads(line)["text"] for line in open(path)]),
    (r"modu.*\.json$", "json", of_modu),
    (r"\.json$", "json", lambda path: [row["text"] for row in json.load(open(path))]),
    (r"\.xml$", "ElementTree, mwparserfromhell", of_wiki),
    (r"\.parquet$", "pyarrow", of_parquet),
    (r"\.po$", "polib", of_po),
    (r"cp949.*\.txt$", "codecs", lambda path: lines(path, "cp949")),
    (r"u16.*\.txt$", "codecs", lambda path: lines(path, "utf-16")),
    (r"\.txt$", "codecs", lambda path: lines(path, "utf-8")),
]

for path in map(Path, sys.argv[1:]):
    run = subprocess.run([BIN / "read_speed", str(path)], capture_output=True, text=True, check=True)
    said = run.stdout.strip()
    documents, seconds = int(re.search(r"(\d+) documents", said)[1]), float(re.search(r"([\d.]+) s:", said)[1])
    print(said)
    for pattern, name, peer in PEERS:
        if re.search(pattern, path.name):
            begin = time.process_time()
            texts = peer(path)
            spent = time.process_time() - begin
            equal = "" if len(texts) == documents else f", BUT {len(texts)} documents"
            print(f"    {name}: {spent:.3f} s, {path.stat().st_size / 1e6 / spent:.1f} MB/s: "
                  f"lmkor is {spent / seconds:.1f} times as fast{equal}")
            break
