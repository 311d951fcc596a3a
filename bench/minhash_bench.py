#!/usr/bin/env python3
"""MinHash signatures beside datatrove and rensa on one file: first the recall on planted pairs, then the figures.

    bench/minhash_bench.py --program build/release/bin/minhash_speed PETITIONS.txt

The text holds a document a line. The interpreter needs datatrove==0.10.1, 'xxhash<4', numpy, regex, tokenizers and rensa==0.5.0.
Both sides sign in bands of 14 x 8 over runs of five words. datatrove is measured as its bare loop (split at blanks, hash
the joined words, permute, take minima) and as shipped (simplify_text before), with a split at blanks in place of its word
tokenizers, which for Korean would take a hundred times longer; rensa with shingles joined in Python. Seconds are of the
processor, runs are interleaved, the ratio is the median of paired ones.

Recall: pairs of texts with a planted Jaccard similarity; how many share a band on each side, beside the theory. No figure
is printed unless both are within half a point and three standard deviations of it.
"""
import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time

BANDS, ROWS, WORDS = 14, 8, 5


def peers():
    import datatrove.pipeline.dedup.minhash as minhash
    import numpy

    class Blanks:
        def word_tokenize(self, text):
            return text.split()

    minhash.load_word_tokenizer = lambda language: Blanks()
    folder = tempfile.mkdtemp()
    signer = minhash.MinhashDedupSignature(folder, minhash.MinhashConfig())
    hash_of = signer._hash_func

    def bare(line):
        words = line.split()
        grams = [hash_of(" ".join(words[i:i + WORDS])) for i in range(len(words) - WORDS + 1)]
        if not grams:
            return None
        return signer.get_signature(numpy.array(grams, dtype=numpy.uint64).reshape(-1, 1))

    def shipped(line):
        shingles = signer.get_shingles(line)
        return signer.get_signature(shingles) if shingles.size else None

    return bare, shipped


def planted_pairs(similarity, count, seed):
    """Texts of 104 words, so 100 shingles of five words; `similarity` of all shingles are in both."""
    draw = random.Random(seed)
    word = lambda: "".join(chr(0xAC00 + draw.randrange(11172)) for _ in range(3))
    # A replaced word in the middle changes five shingles on each side: k of them leave 100 - 5 k of 100 + 5 k.
    changes = round(100 * (1 - similarity) / (5 * (1 + similarity)))
    for _ in range(count):
        a = [word() for _ in range(104)]
        b = list(a)
        for i in range(changes):
            b[5 + i * 10] = word()
        yield " ".join(a), " ".join(b)
    return


def exact(changes):
    return (100 - 5 * changes) / (100 + 5 * changes)


def processor_seconds(run, lines):
    begin = time.process_time()
    for line in lines:
        run(line)
    return time.process_time() - begin


def ours(program, path, seconds):
    out = subprocess.run([program, path, str(seconds)], capture_output=True, text=True, check=True).stdout
    kernels = [line.split() for line in out.splitlines()]
    if len({kernel[3] for kernel in kernels}) != 1:
        sys.exit(f"kernels disagree:\n{out}")
    return {kernel[0]: float(kernel[4]) for kernel in kernels}, int(kernels[0][1])


def recall(program, bare):
    rows = []
    for changes in (2, 3, 4, 5, 6):
        similarity = exact(changes)
        pairs = list(planted_pairs(similarity, 1500, changes))
        theirs = sum(any(x == y for x, y in zip(bare(a), bare(b))) for a, b in pairs) / len(pairs)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.writelines(f"{a}\n{b}\n" for a, b in pairs)
            file.flush()
            found = subprocess.run([program, "--pairs", file.name], capture_output=True, text=True, check=True).stdout
        rows.append((similarity, 1 - (1 - similarity**ROWS)**BANDS, int(found) / len(pairs), theirs))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bin/minhash_speed")
    parser.add_argument("--pairs", type=int, default=5, help="interleaved runs of both")
    parser.add_argument("--peer-megabytes", type=float, default=4, help="of text that the peers get in each run")
    parser.add_argument("text")
    arguments = parser.parse_args()
    bare, shipped = peers()
    rows = recall(arguments.program, bare)
    for similarity, theory, mine, theirs in rows:
        print(f"similarity {similarity:.3f}: theory {theory:.3f}, lmkor {mine:.3f}, datatrove {theirs:.3f}")
        # Three standard deviations of 1,500 pairs, and half a point.
        allowed = 0.005 + 3 * (theory * (1 - theory) / 1500)**0.5
        if abs(mine - theory) > allowed or abs(theirs - theory) > allowed:
            sys.exit("recall is not what theory tells: no figures")

    with open(arguments.text, encoding="utf-8") as file:
        lines = file.read().split("\n")
    sample, size = [], 0
    for line in lines:
        sample.append(line)
        size += len(line.encode())
        if size > arguments.peer_megabytes * 1e6:
            break
    results = {"bare": [], "shipped": [], "rensa": []}
    rates = []
    for _ in range(arguments.pairs):
        seconds, whole = ours(arguments.program, arguments.text, 1)
        rate = whole / seconds[next(iter(seconds))] / 1e6
        rates.append(rate)
        for name, run in (("bare", bare), ("shipped", shipped)):
            results[name].append((size / processor_seconds(run, sample) / 1e6, rate))
        try:
            import rensa
        except ImportError:
            continue

        def sign(line):
            words = line.split()
            signer = rensa.RMinHash(num_perm=BANDS * ROWS, seed=1)
            signer.update([" ".join(words[i:i + WORDS]) for i in range(len(words) - WORDS + 1)])
            return signer.digest()

        results["rensa"].append((size / processor_seconds(sign, sample) / 1e6, rate))
    summary = {"lmkor_megabytes_per_second": statistics.median(rates), "kernel": next(iter(seconds)),
               "kernels": {name: whole / s / 1e6 for name, s in seconds.items()}}
    print(f"lmkor ({summary['kernel']}): {summary['lmkor_megabytes_per_second']:.0f} MB/s")
    for name, pairs in results.items():
        if pairs:
            ratio = statistics.median(mine / theirs for theirs, mine in pairs)
            theirs = statistics.median(theirs for theirs, _ in pairs)
            summary[name] = {"megabytes_per_second": theirs, "ratio": ratio}
            print(f"{name}: {theirs:.2f} MB/s, lmkor is {ratio:.0f} times as fast")
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
