#!/usr/bin/env python3
"""lmkor vocab train beside the trainer of Hugging Face tokenizers on one file: first the checks, then the figures.

    bench/vocab_bench.py --lmkor build/release/bin/lmkor --held-out PETITIONS.txt STATUTES.txt

Checked before any figure: vocab.txt is the same, byte for byte, with 1 and 2 threads, with the lines shuffled and with
little memory; and the held-out text takes no more pieces per word than with the peer's vocabulary, plus 0.1 %.
The peer is timed on train() alone, in a process of its own; lmkor as a whole process, which also writes counts, report and
hashes. CPU time is of the same stretches. Peak memory is of the whole processes; the peer's holds Python (some 40 MB).
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

PEER = """
import json, resource, sys, time
from tokenizers import BertWordPieceTokenizer
tokenizer = BertWordPieceTokenizer(lowercase=True, strip_accents=False)
usage = lambda: (lambda u: u.ru_utime + u.ru_stime)(resource.getrusage(resource.RUSAGE_SELF))
begin, cpu = time.perf_counter(), usage()
tokenizer.train([sys.argv[1]], vocab_size=int(sys.argv[2]), limit_alphabet=12000, show_progress=False)
print(json.dumps([time.perf_counter() - begin, usage() - cpu]))
tokenizer.save(sys.argv[3])
"""


def measured(command, **options):
    """Seconds, CPU seconds, peak bytes and standard output of a process. (By time(1): a child of this process would
    begin with its memory, and count it.)"""
    with tempfile.NamedTemporaryFile("r") as figures:
        command = ["/usr/bin/time", "-f", "%e %U %S %M", "-o", figures.name, *map(str, command)]
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        seconds = time.perf_counter() - begin
        if done.returncode:
            sys.exit(done.stderr.decode())
        _, user, system, kilobytes = figures.read().split()
    return seconds, float(user) + float(system), int(kilobytes) * 1024, done.stdout


def pieces_per_word(tokenizer, lines):
    pieces = words = 0
    for encoding in tokenizer.encode_batch_fast(lines, add_special_tokens=False):
        pieces += len(encoding.ids)
    for line in lines:
        words += len(tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(line)))
    return pieces / words


def read_bandwidth():
    """Bytes a second that one thread reads from memory: one second of summing."""
    import numpy

    data = numpy.ones(1 << 26)
    begin, rounds = time.perf_counter(), 0
    while time.perf_counter() - begin < 1:
        data.sum()
        rounds += 1
    return rounds * data.nbytes / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lmkor", default="build/release/bin/lmkor")
    parser.add_argument("--size", type=int, default=30000)
    parser.add_argument("--pairs", type=int, default=3, help="interleaved runs of both")
    parser.add_argument("--held-out", required=True, help="plain text for pieces per word")
    parser.add_argument("text", help="plain text, a document a line")
    arguments = parser.parse_args()
    import tokenizers

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = open(arguments.text, "rb").read().split(b"\n")
        megabytes = os.path.getsize(arguments.text) / 1e6
        random.Random(1).shuffle(lines)
        shuffled = folder / "shuffled.txt"
        shuffled.write_bytes(b"\n".join(lines) + b"\n")
        del lines

        def ours(threads, text=arguments.text, *flags):
            command = [arguments.lmkor, "vocab", "train", text, "--output", folder / "ours", "--size", arguments.size]
            command += ["--unused", 0, "--threads", threads, "--force", "--quiet", "--json", *flags]
            run = measured(command)
            return run[:3] + ((folder / "ours" / "vocab.txt").read_bytes(), json.loads(run[3]))

        def theirs():
            python = [sys.executable, "-c", PEER, arguments.text, arguments.size, folder / "peer.json"]
            run = measured(python, env={**os.environ, "TOKENIZERS_PARALLELISM": "true"})
            return (*json.loads(run[3]), run[2])

        first = ours(1)
        for what, run in {
            "2 threads": ours(2),
            "shuffled lines": ours(2, shuffled),
            "--memory 30MB": ours(2, arguments.text, "--memory", "30MB"),
        }.items():
            if run[3] != first[3]:
                sys.exit(f"vocab.txt differs with {what}: no figure")
        little = run[2]
        runs = [(theirs(), ours(1), ours(2)) for _ in range(arguments.pairs)]
        held_out = open(arguments.held_out, encoding="utf-8").read().split("\n")
        peer_fertility = pieces_per_word(tokenizers.Tokenizer.from_file(str(folder / "peer.json")), held_out)
        own_fertility = pieces_per_word(tokenizers.Tokenizer.from_file(str(folder / "ours" / "tokenizer.json")), held_out)
        if own_fertility > 1.001 * peer_fertility:
            sys.exit(f"{own_fertility:.4f} pieces per word, the peer {peer_fertility:.4f}: no figure")

    median = statistics.median
    result = first[4]
    print(
        f"{os.path.basename(arguments.text)}: {megabytes:.1f} MB, {result['text']['words']:,} words, "
        f"{result['text']['different_words']:,} different, {arguments.size:,} tokens; vocab.txt equal for 1 and 2 threads, "
        f"shuffled lines and --memory 30MB\n"
        f"  pieces per word on {os.path.basename(arguments.held_out)}: lmkor {own_fertility:.4f}, tokenizers "
        f"{tokenizers.__version__} {peer_fertility:.4f}"
    )
    peer = [run[0] for run in runs]
    print(
        f"  tokenizers: {median(p[0] for p in peer):.2f} s ({median(p[1] for p in peer):.2f} s of CPU), "
        f"{max(p[2] for p in peer) / 1e6:.0f} MB"
    )
    bandwidth = read_bandwidth()
    for threads in (1, 2):
        own = [run[threads] for run in runs]
        seconds = median(o[0] for o in own)
        print(
            f"  lmkor, {threads} thread(s): {seconds:.2f} s ({median(o[1] for o in own):.2f} s of CPU), "
            f"{max(o[2] for o in own) / 1e6:.0f} MB; median ratio {median(p[0] / o[0] for p, o in zip(peer, own)):.1f} in time, "
            f"{median(p[1] / o[1] for p, o in zip(peer, own)):.1f} in CPU time, {max(o[2] for o in own) / max(p[2] for p in peer):.2f} "
            f"of the memory; {megabytes / seconds:.0f} MB/s = {100 * megabytes * 1e6 / seconds / bandwidth:.1f} % of what "
            f"one thread reads from memory"
        )
    print(f"  lmkor --memory 30MB: {little / 1e6:.0f} MB; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
