"""vocab train --memory: the process stays within the bound and what docs/formats.md says comes on top, and the vocabulary
is the same."""
import os
import pathlib
import random
import subprocess

LMKOR = pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor"
ON_TOP = 80e6  # the program itself, buffers of readers, 4 bytes a pair


def train(text, output, *arguments):
    """Peak memory of the process in bytes, and the vocabulary."""
    process = subprocess.Popen([LMKOR, "vocab", "train", "--input", text, "--output", output, "--size", "20000", "--quiet",
                                "--threads", "1", *arguments], stderr=subprocess.PIPE)
    error = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, error
    return usage.ru_maxrss * 1024, (output / "vocab.txt").read_bytes()


def test_memory_bounds_the_process(tmp_path):
    random.seed(1)
    syllables = [chr(0xAC00 + i) for i in range(1500)]
    text = tmp_path / "words.txt"
    with open(text, "w", encoding="utf-8") as file:
        for _ in range(70000):  # words of the worst kind: nearly all different, of any pair of syllables
            file.write(" ".join("".join(random.choices(syllables, k=random.randint(2, 6))) for _ in range(12)) + "\n")
    free, vocabulary = train(text, tmp_path / "free")
    for memory in (16e6, 64e6):
        bound, same = train(text, tmp_path / str(memory), "--memory", f"{int(memory / 1e6)}MB")
        assert same == vocabulary
        assert bound < memory + ON_TOP
    assert free > 64e6 + 1.5 * ON_TOP  # else the test would show nothing
