#!/usr/bin/env python3
"""Writes a large corpus out of a small one, for measuring how time, memory and disk grow.

    bench/make_corpus.py --input data/corpus/*.jsonl.zst --output generated --megabytes 10000

Goes over the input again and again; each time all syllables are exchanged by a permutation of its own, so that words,
sentences and their repeats are as frequent as in the input, and yet new. One document in twenty stays as it is, and so
comes again in each round; in one of twenty a word of these is another. The same arguments give the same bytes. Files of
some 100 MB of text are written as .jsonl.zst.
"""
import argparse
import io
import json
import pathlib
import random
import subprocess

FILE_BYTES = 100_000_000
SYLLABLES = range(0xAC00, 0xD7A4)


def records(paths):
    for path in paths:
        process = subprocess.Popen(["zstd", "-dcq", "--long=27", path], stdout=subprocess.PIPE)
        for line in io.TextIOWrapper(process.stdout, encoding="utf-8", newline="\n"):
            yield json.loads(line)["text"]


def generated(paths, seed):
    number = 0
    for round_number in range(10**6):
        draw = random.Random(f"{seed} {round_number}")
        changed = list(SYLLABLES)
        draw.shuffle(changed)
        table = dict(zip(SYLLABLES, changed))
        for text in records(paths):
            kind = draw.random()
            if kind >= 0.1:
                text = text.translate(table)
            elif kind < 0.05:
                words = text.split(" ")
                words[draw.randrange(len(words))] = chr(draw.choice(SYLLABLES))
                text = " ".join(words)
            number += 1
            yield {"id": str(number), "text": text}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", nargs="+", required=True, help=".jsonl.zst with a field text")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--megabytes", type=float, required=True, help="of text")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    documents, written, files, process = 0, 0, 0, None

    def close():
        process.stdin.close()
        if process.wait() != 0:
            raise SystemExit("zstd could not write")

    for record in generated(arguments.input, arguments.seed):
        if process is None or written >= files * FILE_BYTES:
            if process is not None:
                close()
            path = arguments.output / f"generated-{files:05d}.jsonl.zst"
            process = subprocess.Popen(["zstd", "-qf", "-1", "-o", path], stdin=subprocess.PIPE)
            files += 1
        process.stdin.write((json.dumps(record, ensure_ascii=False) + "\n").encode())
        documents += 1
        written += len(record["text"].encode())
        if written >= arguments.megabytes * 1e6:
            break
    close()
    print(f"{documents} documents, {written / 1e6:.0f} MB of text in {files} files under {arguments.output}")


if __name__ == "__main__":
    main()
