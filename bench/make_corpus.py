#!/usr/bin/env python3
"""Writes a large corpus out of a small one, for measuring how time, memory and disk grow.

    bench/make_corpus.py --input data/corpus/*.jsonl.zst --output generated --megabytes 10000

Each document is one of the input in which words were exchanged for others of the input, so that sentences are mostly new
and words keep their frequencies; one in twenty is a copy of one a little before, one in twenty differs from such a one in
a few words. The same arguments give the same bytes. Files of some 100 MB of text are written as .jsonl.zst.
"""
import argparse
import io
import json
import pathlib
import random
import subprocess

FILE_MEGABYTES = 100


def texts_of(path):
    process = subprocess.Popen(["zstd", "-dcq", "--long=27", path], stdout=subprocess.PIPE)
    for line in io.TextIOWrapper(process.stdout, encoding="utf-8", newline="\n"):
        yield json.loads(line)["text"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", nargs="+", required=True, help=".jsonl.zst with a field text")
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--megabytes", type=float, required=True, help="of text")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # Lines of words keep the shape of sentences; those of all documents, to take words from.
    documents = [[line.split(" ") for line in text.split("\n")]
                 for path in arguments.input for text in texts_of(path) if len(text) < 20000]
    words = [word for document in documents for line in document for word in line]
    arguments.output.mkdir(parents=True, exist_ok=True)
    written, number = 0, 0
    for index in range(10**6):
        if written >= arguments.megabytes * 1e6:
            break
        draw = random.Random(f"{arguments.seed} {index}")
        recent, in_file = [], 0
        path = arguments.output / f"generated-{index:05d}.jsonl.zst"
        process = subprocess.Popen(["zstd", "-qf", "-3", "-o", path], stdin=subprocess.PIPE)
        while in_file < FILE_MEGABYTES * 1e6 and written < arguments.megabytes * 1e6:
            kind = draw.random()
            if recent and kind < 0.1:
                text = draw.choice(recent)
                if kind < 0.05:
                    parts = text.split(" ")
                    parts[draw.randrange(len(parts))] = words[draw.randrange(len(words))]
                    text = " ".join(parts)
            else:
                lines = draw.choice(documents)
                offset = draw.randrange(len(words) - 20000)
                text, at = [], offset
                for line in lines:
                    new = list(line)
                    for i in range(draw.randrange(3), len(new), 3):
                        new[i] = words[(at := at + 1) % len(words)]
                    text.append(" ".join(new))
                text = "\n".join(text)
                if len(recent) < 1000:
                    recent.append(text)
                else:
                    recent[draw.randrange(1000)] = text
            number += 1
            size = len(text.encode())
            in_file += size
            written += size
            process.stdin.write((json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n").encode())
        process.stdin.close()
        if process.wait() != 0:
            raise SystemExit(f"zstd could not write {path}")
    print(f"{number} documents, {written / 1e6:.0f} MB of text in {index} files under {arguments.output}")


if __name__ == "__main__":
    main()
