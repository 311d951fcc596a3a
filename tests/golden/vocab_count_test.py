"""lmkor vocab count, vocab train --counts and --memory: the same bytes by every way; weights; what goes wrong."""
import json
import random
import resource
import subprocess

import pytest

from tokenizer_oracle import BIN, lmkor
from vocab_train_test import FILES, sample


@pytest.fixture(scope="module")
def lines():
    # Words of one use beside the usual ones, so that little memory is soon full.
    rng = random.Random(3)
    return [line + f" 낱말{rng.randrange(10**6)}" for line in sample(20000, seed=9)]


@pytest.fixture(scope="module")
def text(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("text") / "sample.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def train(output, *flags, code=0):
    return lmkor("vocab", "train", "--output", output, "--size", 1500, "--unused", 100, "--quiet", *flags, code=code)


def count(output, *flags, code=0):
    return lmkor("vocab", "count", "--output", output, "--quiet", *flags, code=code)


def lines_of(path):
    done = subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True)
    return done.stdout.decode().split("\n")[:-1]


def test_every_way_gives_the_same_bytes(tmp_path, lines, text):
    train(tmp_path / "whole", "--input", text)
    train(tmp_path / "little", "--input", text, "--memory", "1MB", "--threads", 2)
    shuffled = lines[:]
    random.Random(1).shuffle(shuffled)
    parts = []
    for i, flags in enumerate([(), ("--memory", "500KB"), ("--threads", 3)]):
        path = tmp_path / f"part{i}.jsonl"
        path.write_text("".join(json.dumps({"text": line}) + "\n" for line in shuffled[i::3]))
        parts.append(tmp_path / f"part{i}.counts.zst")
        count(parts[-1], path, *flags)
    train(tmp_path / "merged", "--counts", *reversed(parts))
    train(tmp_path / "merged-little", "--memory", "1MB", "--counts", *parts)
    for name in FILES:
        whole = (tmp_path / "whole" / name).read_bytes()
        for other in ("little", "merged", "merged-little"):
            a, b = whole, (tmp_path / other / name).read_bytes()
            if name == "report.html":  # JSON has no blank lines: the bytes of the text are one fewer a document
                continue
            if name == "counts.zst":
                a, b = lines_of(tmp_path / "whole" / name), lines_of(tmp_path / other / name)
                assert len(a) > 10000
            assert a == b, (name, other)
    assert [p for p in tmp_path.iterdir() if "partial" in p.name] == []


def test_counts_are_those_of_the_tokenizer(tmp_path, text):
    from tokenizers import normalizers, pre_tokenizers

    normalizer = normalizers.BertNormalizer(strip_accents=False)
    pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = {}
    for line in text.read_text().split("\n"):
        for word, _ in pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(line)):
            words[word] = words.get(word, 0) + 1
    count(tmp_path / "c", text, "--memory", "300KB")
    header, *rest = (tmp_path / "c").read_text().split("\n")[:-1]
    assert rest == [f"{words[word]}\t{word}" for word in sorted(words, key=str.encode)]
    header = json.loads(header.removeprefix("#lmkor-counts\t"))
    assert header["unit"] == 1 and header["total"] == sum(words.values()) and header["texts"] == 20000
    assert header["normalisation"] == {
        "clean_text": True, "handle_chinese_chars": True, "lowercase": True, "strip_accents": False
    }


def test_weights(tmp_path, text):
    other = tmp_path / "other.txt"
    other.write_text("법률 제정 법률\n" * 50)
    count(tmp_path / "once", text, other)
    count(tmp_path / "halves", f"{text}=0.5", f"{other}=0.5")
    count(tmp_path / "mixed", f"{text}=0.5", other)
    once, halves, mixed = (
        {word: int(n) for n, word in (line.split("\t") for line in (tmp_path / name).read_text().split("\n")[1:-1])}
        for name in ("once", "halves", "mixed")
    )
    assert halves == once  # in halves: all of one weight is no weight at all
    assert mixed["법률"] == 200 and mixed["영화"] == once["영화"]
    # of four quarters one is once
    train(tmp_path / "a", "--input", text, "--min-frequency", 4, "--min-character-count", 4)
    train(tmp_path / "b", "--input", f"{text}=0.25", "--min-frequency", 1, "--min-character-count", 1)
    assert (tmp_path / "a" / "vocab.txt").read_bytes() == (tmp_path / "b" / "vocab.txt").read_bytes()
    error = count(tmp_path / "x", f"{text}=0", code=2)
    assert f"--input {text}=0: got a weight that cannot be used, expected a number from 0.001 to 1000" in error


def test_a_character_that_falls_out_is_told(tmp_path, text):
    result = json.loads(train(tmp_path / "v", "--input", text, "--alphabet-coverage", "0.99", "--json", "--size", 1200))
    assert result["characters_left_out"] > 0 and 0.98 < result["character_coverage"] < 1
    assert result["words_with_left_out_characters"] > 0 and result["unknown_words"] > 0
    vocab = (tmp_path / "v" / "vocab.txt").read_text().split("\n")
    report = (tmp_path / "v" / "report.html").read_text()
    gone = {c for line in text.read_text().split("\n") for c in line.lower() if c not in vocab and c.isalpha()}
    assert gone and all(f">{c}<" in report for c in gone if c != "\u0301")


def test_full_disk(tmp_path, text):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
    for flags in (("--memory", "200KB"), ()):
        done = subprocess.run(
            [BIN, "vocab", "count", text, "--output", tmp_path / "c.zst", "--quiet", *flags],
            preexec_fn=limit, capture_output=True, text=True,
        )
        assert done.returncode == 73, done.stderr
        assert ": cannot write: File too large; raise the limit of file sizes" in done.stderr, done.stderr
        assert list(tmp_path.iterdir()) == []


def test_disk_that_is_really_full(tmp_path, text):
    """Output and runs on a file system of 256 KB, which a mount of its own makes for this one command."""
    probe = ["unshare", "--mount", "--map-root-user", "mount", "-t", "tmpfs", "tmpfs", tmp_path]
    if subprocess.run(probe, capture_output=True).returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    for command, what in (("count", "c"), ("train", "v")):
        script = f"""
            mount -t tmpfs -o size=256k tmpfs {tmp_path} &&
            {BIN} vocab {command} {text} --output {tmp_path}/{what} --quiet --memory 200KB
            code=$?
            ls -A {tmp_path}
            exit $code"""
        done = subprocess.run(["unshare", "--mount", "--map-root-user", "sh", "-c", script], capture_output=True, text=True)
        assert done.returncode == 73, done.stderr
        assert "No space left on device" in done.stderr and str(tmp_path) in done.stderr, done.stderr
        assert done.stdout == ""  # nothing is left behind


def test_errors(tmp_path, text):
    count(tmp_path / "lower", text)
    count(tmp_path / "cased", text, "--no-lowercase")
    told = (
        "counted with lowercase = false, expected true as the rest; words of different normalisation cannot be added: "
        "count the text again, or give the flag that these counts were made with"
    )
    error = train(tmp_path / "v", "--counts", tmp_path / "lower", tmp_path / "cased", code=65)
    assert f"{tmp_path}/cased: {told}" in error
    train(tmp_path / "v", "--counts", tmp_path / "cased", "--no-lowercase")
    assert "input, counts: got both, expected one of them" in train(tmp_path / "w", "--counts", tmp_path / "lower", "--input", text, code=2)
    assert "input, counts: got neither, expected one of them" in train(tmp_path / "w", code=2)
    assert f"{text}:1: not a file of counts" in train(tmp_path / "w", "--counts", text, code=65)
    assert "--memory much: got no size" in train(tmp_path / "w", "--input", text, "--memory", "much", code=2)
    blank = tmp_path / "blank.txt"
    blank.write_text("\u200b\n")
    assert "the text holds no word: a vocabulary needs text to be trained on" in train(tmp_path / "w", blank, code=65)
    blank.write_text("\n\n")
    assert f"{blank}: empty input: got no record, expected at least one document" in train(tmp_path / "w", blank, code=65)
    small = lmkor("vocab", "train", text, "--output", tmp_path / "w", "--size", 50, "--unused", 0, "--quiet", code=65)
    assert "the text has more characters than the vocabulary has room for" in small and "raise --size to " in small
    assert not (tmp_path / "w").exists()
