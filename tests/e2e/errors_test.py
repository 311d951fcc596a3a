"""Bad input, full disks and Ctrl-C in the text commands: the exit code, the whole text, and nothing lost or left over.

What corpus_test, shard_test, vocab_train_test and tokenize_test hold already is not repeated here.
"""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
LINES = [f"{i}번째 줄은 아주 멀쩡한 한국어 문장이고 끝까지 읽힙니다." for i in range(400)]


def run(*arguments, code=0, **options):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
    assert done.returncode == code, done.stderr
    return done


def fault(*arguments, code, **options):
    """Standard error of a call that fails, without progress; it must have printed no result."""
    done = run(*arguments, "--progress", "none", code=code, **options)
    assert done.stdout == ""
    return done.stderr


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Sound artefacts: text.txt, vocab/."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "text.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    run("vocab", "train", folder / "text.txt", "--output", folder / "vocab", "--size", 90, "--unused", 5)
    return folder


def command(name, made, text, output):
    """A call of a command that reads text and writes a folder."""
    return {
        "corpus build": ["corpus", "build", text, "--output", output],
        "vocab train": ["vocab", "train", text, "--output", output, "--size", "90", "--unused", "5"],
        "shard": ["shard", text, "--tokenizer", made / "vocab", "--output", output, "--validation-share", "0"],
    }[name]


WRITERS = pytest.mark.parametrize("name", ["corpus build", "vocab train", "shard"])
READERS = pytest.mark.parametrize("name", ["vocab train", "shard"])  # corpus_test holds corpus build to the same


@READERS
def test_broken_utf8(name, made, tmp_path):
    text = tmp_path / "text.txt"
    text.write_bytes("\n".join(LINES).encode() + "\n깨진 ".encode() + b"\xb0\xa1" + " 줄\n".encode())
    error = fault(*command(name, made, text, tmp_path / "out"), "--invalid-utf8", "error", code=65)
    assert error == (f"lmkor: error (data): {text}:401: got broken UTF-8 at byte 8 of the record, expected valid UTF-8; "
                     "name the encoding of the file (--encoding cp949) or use --invalid-utf8 replace\n")
    assert list(tmp_path.iterdir()) == [text]
    run(*command(name, made, text, tmp_path / "out"))
    error = fault(*command(name, made, text, tmp_path / "none"), "--max-bad-share", 0.001, code=65)
    assert error == (f"lmkor: error (data): {text}:401: broken record: got broken UTF-8 at byte 8 of the record, expected valid UTF-8; 1 of "
                     "401 records are broken, more than --max-bad-share 0.001; mend the input or raise it\n")
    assert not (tmp_path / "none").exists()


@READERS
def test_truncated_zst(name, made, tmp_path):
    whole = subprocess.run(["zstd", "-qc", made / "text.txt"], check=True, capture_output=True).stdout
    cut = tmp_path / "cut.txt.zst"
    cut.write_bytes(whole[:-20])
    error = fault(*command(name, made, cut, tmp_path / "out"), code=65)
    assert error == (f"lmkor: error (data): {cut}: zstd data is cut off near stored byte {len(whole) - 20}; fetch or make the "
                     "file again\n")
    assert list(tmp_path.iterdir()) == [cut]


@READERS
def test_bad_records_are_counted_sampled_and_bounded(name, made, tmp_path):
    lines = [json.dumps({"text": line}, ensure_ascii=False) for line in LINES]
    lines[10] = '{"text": 5}'
    lines[20] = "{broken"
    text = tmp_path / "text.jsonl"
    text.write_text("\n".join(lines), encoding="utf-8")
    run(*command(name, made, text, tmp_path / "out"))
    found = (tmp_path / "out/run.json" if name == "vocab train" else tmp_path / "out/manifest.json").read_text()
    assert '"bad_records": 2' in found
    error = fault(*command(name, made, text, tmp_path / "bad"), "--max-bad-share", 0.004, code=65)
    assert error.startswith(f"lmkor: error (data): {text}:11: broken record: got ")
    assert error.endswith("2 of 400 records are broken, more than --max-bad-share 0.004; mend the input or raise it\n")
    assert not (tmp_path / "bad").exists()


@READERS
def test_empty_input(name, made, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert fault(*command(name, made, empty, tmp_path / "out"), code=65) == (
        f"lmkor: error (data): {empty}: empty input: got no record, expected at least one document\n")
    (tmp_path / "folder").mkdir()
    assert fault(*command(name, made, tmp_path / "folder", tmp_path / "out"), code=65) == (
        f"lmkor: error (data): {tmp_path}/folder: no file with text: got an empty folder, expected files to read\n")
    assert fault(*command(name, made, tmp_path / "none", tmp_path / "out"), code=66) == (
        f"lmkor: error (not_found): {tmp_path}/none: no such file or folder\n")
    assert not (tmp_path / "out").exists()


@WRITERS
def test_a_pipe_in_place_of_a_file(name, made, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert fault(*command(name, made, tmp_path / "pipe", tmp_path / "out"), code=65) == (
        f"lmkor: error (data): {tmp_path}/pipe: got a pipe or device, expected a file; send it to standard input and name "
        "that with -\n")
    assert not (tmp_path / "out").exists()


def test_tokenize_damaged_files(made, tmp_path):
    whole = subprocess.run(["gzip", "-c", made / "text.txt"], check=True, capture_output=True).stdout
    cut = tmp_path / "cut.gz"
    cut.write_bytes(whole[:-9])
    error = run("tokenize", "--tokenizer", made / "vocab", cut, code=65).stderr
    assert error == (f"lmkor: error (data): {cut}: gzip data is cut off near stored byte {len(whole) - 9}; fetch or make the "
                     "file again\n")


@WRITERS
def test_unknown_keys_and_impossible_values_of_a_settings_file(name, made, tmp_path):
    settings = tmp_path / "x.toml"
    settings.write_text('max_bad_shar = 0.1\nmax_bad_share = 2\nformat = "pdf"\nthreads = "two"\n')
    arguments = command(name, made, made / "text.txt", tmp_path / "out")
    assert fault(*arguments, "--config", settings, code=2) == (
        f"lmkor: error (config): lmkor {name}: 4 faults\n"
        f"  {settings}:1: unknown setting 'max_bad_shar'; did you mean 'max_bad_share'?\n"
        f"  {settings}:4: threads: got a string, expected a whole number without quotes\n"
        f'  {settings}:3: format: got "pdf", expected one of auto, parquet, mediawiki, namuwiki, modu, text, csv, tsv, json, jsonl, markdown, po\n'
        f"  {settings}:2: max_bad_share: got 2.0, expected from 0 to 1\n")
    assert not (tmp_path / "out").exists()


@WRITERS
def test_places_that_cannot_be_written(name, made, tmp_path):
    (tmp_path / "file").write_text("x")
    for output in (tmp_path / "file/out", pathlib.Path("/proc/lmkor-test")):
        error = fault(*command(name, made, made / "text.txt", output), code=73)
        assert re.fullmatch(r"lmkor: error \(output\): \S+: cannot create the folder: (Not a directory|No such file or "
                            r"directory|Permission denied)(; choose an --output you may write to)?\n", error), error
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@WRITERS
def test_a_full_disk_leaves_nothing_half_written(name, made, tmp_path):
    for size in (10, 100, 500, 1000, 1300, 2000):  # each stops another file
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        error = fault(*command(name, made, made / "text.txt", tmp_path / "out"), code=73, preexec_fn=limit)
        assert re.fullmatch(r"lmkor: error \(output\): \S+: cannot write: File too large; raise the limit of file sizes "
                            r"\(ulimit -f\) and run the same command again\n", error), error
        assert everything(tmp_path) == {}, size
    run(*command(name, made, made / "text.txt", tmp_path / "out"))


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "lmkor", disk],
                                           stderr=subprocess.DEVNULL).returncode:
        pytest.skip("no right to mount a small file system here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@WRITERS
def test_a_disk_without_space(name, made, small_disk, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("\n".join(f"{i * 7919 % 100003} 번째 {i * 104729 % 100003} 줄은 멀쩡한 문장이고 {i} 읽힙니다." for i in range(20000)))
    error = fault(*command(name, made, text, small_disk / "out"), code=73)
    assert re.fullmatch(r"lmkor: error \(output\): \S+: cannot (write|sync|create|create the folder): No space left on device; "
                        r"free some space and run the same command again\n", error), error
    assert everything(small_disk) == {}


def test_results_that_nobody_can_read(made, tmp_path):
    for name in ("corpus build", "vocab train", "shard"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([LMKOR, *map(str, command(name, made, made / "text.txt", tmp_path / name))],
                                  stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 73
        assert done.stderr.endswith("error (output): standard output cannot be written: No space left on device\n")
        assert (tmp_path / name / "run.json").exists(), "the work is done and stays"


@WRITERS
def test_force_never_removes_its_own_input(name, made, tmp_path):
    shutil.copy(made / "text.txt", tmp_path / "text.txt")
    before = everything(tmp_path)
    error = fault(*command(name, made, tmp_path / "text.txt", tmp_path), "--force", code=2)
    assert error == (f"lmkor: error (usage): {tmp_path}: --force would remove it with {tmp_path}/text.txt (--input) in it; "
                     "choose another --output\n")
    assert everything(tmp_path) == before


@READERS
def test_what_force_replaces_stays_when_the_work_fails(name, made, tmp_path):
    run(*command(name, made, made / "text.txt", tmp_path / "out"))
    before = everything(tmp_path)
    broken = tmp_path.parent / f"{tmp_path.name}.zst"
    broken.write_bytes(b"\x28\xb5\x2f\xfd broken")
    fault(*command(name, made, broken, tmp_path / "out"), "--force", code=65)
    assert everything(tmp_path) == before
    run(*command(name, made, made / "text.txt", tmp_path / "out"), "--force")
    assert everything(tmp_path).keys() == before.keys()


@pytest.mark.parametrize("number,code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
@WRITERS
def test_a_signal_ends_with_its_code_and_leaves_nothing_half_written(name, made, tmp_path, number, code):
    """The input is a pipe that stays open, so the signal always finds the command at work."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    arguments = command(name, made, "-", tmp_path / "out")
    process = subprocess.Popen([LMKOR, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    process.stdin.write("\n".join(LINES).encode())
    process.stdin.flush()
    time.sleep(0.3)
    process.send_signal(number)
    assert process.wait(20) == code
    assert process.stdout.read() == b""
    assert process.stderr.read().decode() == (
        f"lmkor: error (interrupted): stopped by signal {number}; run the same command to go on\n")
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_second_signal_ends_at_once(made, tmp_path):
    process = subprocess.Popen([LMKOR, *map(str, command("shard", made, "-", tmp_path / "out"))], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.2)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert not (tmp_path / "out").exists()


def test_ctrl_c_while_inspect_reads_a_large_file(tmp_path):
    large = tmp_path / "large.bin"
    with open(large, "wb") as file:
        file.truncate(40 << 30)  # a hole: no space, but half a minute of hashing
    process = subprocess.Popen([LMKOR, "inspect", large], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130 and process.stdout.read() == b""


def test_shards_of_another_vocabulary(made, tmp_path):
    run(*command("shard", made, made / "text.txt", tmp_path / "shards"))
    run("vocab", "train", made / "text.txt", "--output", tmp_path / "vocab", "--size", 89, "--unused", 5)
    shutil.rmtree(tmp_path / "shards/tokenizer")
    shutil.copytree(tmp_path / "vocab", tmp_path / "shards/tokenizer")
    error = run("inspect", tmp_path / "shards", "--verify", code=65).stderr
    assert re.fullmatch(
        r"lmkor: error \(incompatible\): \S+shards: these shards belong to another vocabulary: got vocab_sha256 [0-9a-f]{64}, "
        r"expected [0-9a-f]{64} of the tokenizer in \S+shards/tokenizer; make the shards again with that tokenizer "
        r"\(lmkor shard --tokenizer\)\n", error), error


def test_a_vocabulary_too_large_for_shards(tmp_path):
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"t{i}" for i in range(65536)]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens) + "\n")
    (tmp_path / "text.txt").write_text("t1 t2\n")
    error = fault("shard", tmp_path / "text.txt", "--tokenizer", tmp_path / "vocab.txt", "--output", tmp_path / "out", code=65)
    assert error == ("lmkor: error (incompatible): vocabulary: got 65541 tokens, expected at most 65536, because shards hold "
                     "16-bit ids; train one with lmkor vocab train --size 65536 or less\n")
    assert not (tmp_path / "out").exists()
