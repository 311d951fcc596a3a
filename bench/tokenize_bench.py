#!/usr/bin/env python3
"""Encoding beside Hugging Face tokenizers and nanotoken: first that all ids are equal, then the speeds.

    bench/tokenize_bench.py --tokenizer VOCAB --threads 1 TEXT...

TEXT is plain text, a document a line. Each engine runs in a fresh process, one after the other, `--rounds` times;
reading, dividing into lines and loading the vocabulary are outside of all timings, making the ids inside. The first pass
of a process is "cold", later ones are "warm". Ratios are medians over the rounds, of processor time (which another job on
the machine disturbs least) and of wall time. Peers are taken from the Python that runs this; one that is not installed is
left out. Nothing is printed for an engine whose ids differ.
"""
import argparse
import array
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time

WARM_PASSES = 3


def digest(ids, lengths):
    return hashlib.sha256(array.array("H", ids).tobytes() + array.array("I", lengths).tobytes()).hexdigest()


def peer(name, tokenizer, path):
    """Runs in a process of its own; prints what encode_speed prints."""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    if lines[-1] == "":
        lines.pop()
    if name == "tokenizers":
        import tokenizers

        encode = tokenizers.Tokenizer.from_file(tokenizer).encode_batch_fast
        passes, version = 1, tokenizers.__version__
    else:
        import importlib.metadata
        import nanotoken

        encode = nanotoken.Tokenizer(tokenizer).encode_batch
        passes, version = 2, importlib.metadata.version("nanotoken")
    times = []
    for _ in range(passes):
        wall, processor = time.perf_counter(), time.process_time()
        out = encode(lines, add_special_tokens=False)
        times.append({"wall": time.perf_counter() - wall, "processor": time.process_time() - processor})
    ids, lengths = array.array("H"), array.array("I")
    for encoding in out:
        one = encoding.ids if name == "tokenizers" else encoding
        ids.extend(int(i) for i in one)
        lengths.append(len(one))
    print(json.dumps({"passes": times, "sha256": digest(ids, lengths), "version": version}))


def installed(name):
    done = subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True)
    return done.returncode == 0


def run(command, threads):
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false"}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def processor_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith(("model name", "cpu family")):
            yield line.split(":")[1].strip()
        if line == "\n":
            return


def compare(arguments, path):
    json_file = os.path.join(arguments.tokenizer, "tokenizer.json")
    engines = {"lmkor": [arguments.encode_speed, arguments.tokenizer, path, str(1 + WARM_PASSES), str(arguments.threads), *arguments.kernel]}
    for name in ("tokenizers", "nanotoken"):
        if installed(name):
            engines[name] = [sys.executable, __file__, "--peer", name, "--tokenizer", json_file, path]
    runs = {name: [] for name in engines}
    for _ in range(arguments.rounds):
        for name, command in engines.items():
            runs[name].append(run(command, arguments.threads))
    megabytes = os.path.getsize(path) / 1e6
    own = runs.pop("lmkor")
    cold = {clock: [r["passes"][0][clock] for r in own] for clock in ("processor", "wall")}
    warm = {clock: [min(p[clock] for p in r["passes"][1:]) for r in own] for clock in ("processor", "wall")}
    rate = lambda values: f"{megabytes / statistics.median(values):.1f}"
    share = statistics.median(r["read_seconds"] for r in own) / statistics.median(warm["wall"])
    print(
        f"{os.path.basename(path)}: {megabytes:.1f} MB, {own[0]['documents']} documents, {arguments.threads} thread(s), kernel "
        f"{own[0]['kernel']}, load {os.getloadavg()[0]:.1f}\n"
        f"  lmkor: MB/s of processor time cold {rate(cold['processor'])}, warm {rate(warm['processor'])}; of wall time cold "
        f"{rate(cold['wall'])}, warm {rate(warm['wall'])}; warm is {100 * share:.0f} % of one pass that only reads; peak "
        f"{own[0]['peak_rss_mb']} MB",
        flush=True,
    )
    equal = True
    for name, theirs in runs.items():
        if any(r["sha256"] != o["sha256"] for r, o in zip(theirs, own)):
            print(f"  {name}: other ids, no figure")
            equal = False
            continue
        text = f"  {name} {theirs[0]['version']}: ids equal;"
        for clock in ("processor", "wall"):
            first = [r["passes"][0][clock] for r in theirs]
            text += f" {clock} {rate(first)} MB/s"
            for kind, ours in (("cold", cold), ("warm", warm)):
                last = [r["passes"][-1][clock] if kind == "warm" else r["passes"][0][clock] for r in theirs]
                ratio = statistics.median(a / b for a, b in zip(last, ours[clock]))
                text += f", lmkor {kind} {ratio:.1f} x"
            text += ";"
        print(text, flush=True)
    return equal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encode-speed", default="build/release/bin/encode_speed")
    parser.add_argument("--tokenizer", required=True, help="a folder that `lmkor vocab train` wrote")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved runs of each engine")
    parser.add_argument("--kernel", nargs=1, default=[], help="avx512, avx2 or portable; the fastest if not given")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("text", nargs="+")
    arguments = parser.parse_args()
    if arguments.peer:
        return peer(arguments.peer, arguments.tokenizer, arguments.text[0])
    print(" / ".join(processor_name()), "/", platform.python_version())
    return 0 if all([compare(arguments, path) for path in arguments.text]) else 1


if __name__ == "__main__":
    sys.exit(main())
