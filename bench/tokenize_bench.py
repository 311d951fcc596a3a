#!/usr/bin/env python3
"""lmkor tokenize beside Hugging Face tokenizers on one file: first that all ids are equal, then the speeds.

    bench/tokenize_bench.py --lmkor build/release/bin/lmkor --tokenizer VOCAB --threads 1 TEXT

Both begin with the lines in the page cache. Hugging Face is timed on encode_batch_fast alone; lmkor as a whole process:
start, reading the vocabulary and the file, writing the ids as text. So each run of lmkor is a cold one.
"""
import argparse
import os
import statistics
import subprocess
import sys
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lmkor", default="build/release/bin/lmkor")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=3, help="interleaved runs of both")
    parser.add_argument("text", help="plain text, a document a line")
    arguments = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if arguments.threads > 1 else "false"
    import tokenizers  # reads the environment

    hf = tokenizers.Tokenizer.from_file(os.path.join(arguments.tokenizer, "tokenizer.json"))
    data = open(arguments.text, "rb").read()
    lines = data.decode("utf-8", errors="replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    command = [arguments.lmkor, "tokenize", "--tokenizer", arguments.tokenizer, "--threads", str(arguments.threads), arguments.text]

    def theirs():
        begin = time.perf_counter()
        out = hf.encode_batch_fast(lines, add_special_tokens=False)
        return time.perf_counter() - begin, out

    def ours(stdout):
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=stdout, check=True)
        return time.perf_counter() - begin, done.stdout

    got = ours(subprocess.PIPE)[1].decode().split("\n")[:-1]
    want = [" ".join(map(str, encoding.ids)) for encoding in theirs()[1]]
    different = sum(a != b for a, b in zip(got, want)) + abs(len(got) - len(want))
    if different:
        sys.exit(f"{different} of {len(want)} lines differ: no figure")
    megabytes = len(data) / 1e6
    ratios, speeds = [], []
    with open(os.devnull, "wb") as null:
        for _ in range(arguments.pairs):
            peer, own = theirs()[0], ours(null)[0]
            ratios.append(peer / own)
            speeds.append((megabytes / own, megabytes / peer))
    own, peer = (statistics.median(x) for x in zip(*speeds))
    print(
        f"{os.path.basename(arguments.text)}: {megabytes:.1f} MB, {len(lines)} lines equal; {arguments.threads} thread(s); lmkor "
        f"{own:.1f} MB/s, tokenizers {tokenizers.__version__} {peer:.1f} MB/s, median ratio {statistics.median(ratios):.1f}; load "
        f"{os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
