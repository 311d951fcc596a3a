#!/usr/bin/env python3
"""Makes the sample data of `make demo`: Korean reviews with the faults of real ones. All text comes out of the grammar
beside this file; the same --seed gives the same bytes. Python's standard library is all it needs.

    examples/make_reviews.py --output demo/data --documents 60000

writes demo/data/corpus (raw text in every format and compression that corpora come in, with planted repeats and junk) and
demo/data/tasks/nsmc (train.tsv, dev.tsv and test.tsv in the layout of NSMC: id, document, label). No text of the task
stands in the corpus, and none twice in the task.
"""
import argparse
import bz2
import csv
import gzip
import io
import json
import lzma
import pathlib
import random

import review_text

REPEATED, JUNK, POSTS = 0.06, 0.03, 0.04  # shares of the corpus' documents


def task_rows(rng, count):
    """`count` different reviews with their labels, both labels equally often."""
    seen, rows, left = set(), [], {0: count // 2, 1: count - count // 2}
    while len(rows) < count:
        text, label, _, _ = review_text.review(rng)
        text = " ".join(text.split())
        if text in seen or left[label] == 0:
            continue
        seen.add(text)
        left[label] -= 1
        rows.append((text, label))
    rng.shuffle(rows)  # the last rows are of whichever label was left
    return rows, seen


def corpus_records(rng, count, forbidden):
    """`count` records; the planted ones are marked by nothing."""
    records, texts = [], []
    while len(records) < count:
        chance = rng.random()
        rating, category = rng.randint(1, 10), "영화"
        if chance < REPEATED and texts:
            text, category, rating = rng.choice(texts)
        elif chance < REPEATED + JUNK:
            text = review_text.junk(rng)
        elif chance < REPEATED + JUNK + POSTS:
            text, category = review_text.post(rng)
        else:
            text, label, category, _ = review_text.review(rng)
            rating = rng.randint(7, 10) if label else rng.randint(1, 4)
            if " ".join(text.split()) in forbidden:
                continue
            texts.append((text, category, rating))
        date = f"20{rng.randint(15, 24)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        records.append({"id": f"r{len(records):07}", "text": text, "category": category, "date": date, "rating": rating})
    return records


def lines(rows):
    return "".join(row + "\n" for row in rows).encode()


def as_jsonl(records):
    return lines(json.dumps(record, ensure_ascii=False) for record in records)


def as_csv(records):
    out = io.StringIO()
    writer = csv.DictWriter(out, ["id", "text", "category", "date", "rating"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def as_tsv(records):
    clean = lambda value: " ".join(str(value).split())
    return lines(["id\ttext\tcategory"] + ["\t".join(clean(r[key]) for key in ("id", "text", "category")) for r in records])


def as_text(records):
    return lines(record["text"].replace("\n", " ") for record in records)


def write_corpus(folder, records):
    folder.mkdir(parents=True, exist_ok=True)
    whole = lambda data: data
    parts = [
        ("reviews-1.jsonl.gz", as_jsonl, lambda data: gzip.compress(data, 6, mtime=0), 30),
        ("reviews-2.jsonl", as_jsonl, whole, 20),
        ("shop.csv", as_csv, whole, 20),
        ("forum.json", lambda part: json.dumps(part, ensure_ascii=False, indent=1).encode(), whole, 10),
        ("board.tsv.bz2", as_tsv, bz2.compress, 10),
        ("notes.txt.xz", as_text, lambda data: lzma.compress(data, preset=3), 10),
    ]
    begin, percent = 0, 0
    for name, encode, pack, share in parts:
        percent += share
        end = len(records) * percent // 100
        (folder / name).write_bytes(pack(encode(records[begin:end])))
        begin = end


def write_task(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    begin = 0
    for name, share in (("train", 0.75), ("dev", 0.08), ("test", 1.0)):
        end = len(rows) if name == "test" else begin + int(len(rows) * share)
        body = [f"{i}\t{text}\t{label}" for i, (text, label) in enumerate(rows[begin:end], begin + 1)]
        (folder / f"{name}.tsv").write_bytes(lines(["id\tdocument\tlabel"] + body))
        begin = end


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--documents", type=int, default=60000, help="documents of the corpus [%(default)s]")
    parser.add_argument("--examples", type=int, default=9000, help="labelled reviews of the task [%(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rows, seen = task_rows(random.Random(f"task {options.seed}"), options.examples)
    write_task(options.output / "tasks" / "nsmc", rows)
    records = corpus_records(random.Random(f"corpus {options.seed}"), options.documents, seen)
    write_corpus(options.output / "corpus", records)
    print(f"{len(records)} documents in {options.output / 'corpus'}, {len(rows)} reviews in {options.output / 'tasks/nsmc'}")


if __name__ == "__main__":
    main()
