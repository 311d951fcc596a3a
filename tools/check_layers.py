#!/usr/bin/env python3
"""Holds the house rules of lmkor/ that a compiler does not: who may include whom, and who may print.

Reads the levels from lmkor/LAYERS and fails with the offending line. A file of over 500 lines needs a stated reason:
a comment `// long: REASON` among its first 20 lines.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HOUSE = ROOT / "lmkor"
MAX_LINES = 500
INCLUDE = re.compile(r'#include\s+[<"]([^>"]+)[>"]')
TORCH = re.compile(r"^(torch|ATen|c10)/")
CUDA = re.compile(r"^(cuda.*\.h|cublas.*\.h|c10/cuda|ATen/cuda|nccl\.h|.*ProcessGroupNCCL\.hpp)")
PRINTS = re.compile(r"\b(std::cout|std::cerr|std::exit|std::abort|printf)\b|(?<![\w:.>])(exit|abort)\(")


def levels():
    out = {}
    for line in (HOUSE / "LAYERS").read_text().splitlines():
        words = line.split("#")[0].split()
        if words:
            out[words[0]] = int(words[1])
    return out


def faults_of(path, level):
    room = path.relative_to(HOUSE).parts[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    if len(lines) > MAX_LINES and not any("// long: " in line for line in lines[:20]):
        yield 1, f"{len(lines)} lines, at most {MAX_LINES} without a stated reason (`// long: REASON` at the top)"
    for number, line in enumerate(lines, 1):
        match = INCLUDE.search(line)
        if match:
            target = match[1]
            if target.startswith("lmkor/"):
                other = target.split("/")[1]
                if other not in level:
                    yield number, f"includes {target}: no room {other} in lmkor/LAYERS"
                elif other != room and level[other] >= level[room]:
                    yield number, f"{room} (level {level[room]}) includes {target} (level {level[other]})"
            torch_allowed = level[room] >= 4 and (room != "cli" or "model" in path.relative_to(HOUSE).parts)
            if TORCH.match(target) and not torch_allowed:
                yield number, f"libtorch header {target} in {room}, which is built without libtorch"
            if TORCH.match(target) and (path.suffix == ".cu" or path.name == "launch.h"):
                yield number, f"libtorch header {target} in a CUDA kernel file"
            if target == "torch/torch.h":
                yield number, "torch/torch.h costs 18 s a file; include what is used"
            if CUDA.match(target) and "cuda" not in path.relative_to(HOUSE).parts:
                yield number, f"CUDA header {target} outside a cuda/ folder"
        code = line.split("//")[0]
        if room != "cli" and PRINTS.search(code) and "snprintf" not in code:
            yield number, f"prints or exits inside the library: {line.strip()}"


def main():
    level = levels()
    faults = []
    for path in sorted(HOUSE.rglob("*")):
        if path.suffix not in (".h", ".cpp", ".cu"):
            continue
        if path.relative_to(HOUSE).parts[0] not in level:
            faults.append(f"{path.relative_to(ROOT)}: its room is not in lmkor/LAYERS")
            continue
        faults += [f"{path.relative_to(ROOT)}:{number}: {text}" for number, text in faults_of(path, level)]
    print("\n".join(faults) if faults else f"{len(level)} rooms, no fault")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
