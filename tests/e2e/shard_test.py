"""lmkor shard: text and a vocabulary in, shards out; what a user sees on good and on broken input."""
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import time

import numpy as np
import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def run(*arguments, code=0):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def write_vocab(path, syllables=SYLLABLES):
    path.mkdir()
    tokens = SPECIAL + ["."] + list(syllables) + ["##" + s for s in syllables] + ["[unused0]"]
    (path / "vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shard")
    draw = random.Random(1)
    word = lambda: "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(1, 5)))
    sentence = lambda: " ".join(word() for _ in range(draw.randint(1, 9))) + "."
    with open(folder / "text.jsonl", "w", encoding="utf-8") as file:
        for i in range(3000):
            text = "\n".join(" ".join(sentence() for _ in range(draw.randint(1, 4))) for _ in range(draw.randint(1, 3)))
            record = {"text": text, "id": str(i), "source": f"source-{i % 3}", "category": "review" if i % 2 else "news"}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    write_vocab(folder / "vocab")
    run("shard", "--input", folder / "text.jsonl", "--tokenizer", folder / "vocab", "--output", folder / "shards",
        "--shard-tokens", 20000, "--validation-share", 0.02, "--threads", 1)
    return folder


def files_of(shards):
    return {str(p.relative_to(shards)): p.read_bytes() for p in sorted(shards.rglob("*"))
            if p.is_file() and p.name not in ("run.toml", "run.json")}


def read_index(path):
    data = path.read_bytes()
    magic, version, vocab_size, tokens, documents, sentences, text_bytes, sha256 = struct.unpack("<8sIIQQQQ64s", data[:112])
    assert (magic, version) == (b"lmkorIDX", 1)
    numbers = np.frombuffer(data, "<u4", offset=112)
    starts, first = numbers[: documents + 1], numbers[documents + 1 : 2 * documents + 2]
    assert len(numbers) == 2 * (documents + 1) + sentences
    assert starts[-1] == tokens and first[-1] == sentences
    return {"vocab_size": vocab_size, "starts": starts, "first": first, "sentences": numbers[2 * documents + 2 :],
            "text_bytes": text_bytes, "vocab_sha256": sha256.decode()}


def test_any_number_of_threads_gives_the_same_bytes(work):
    reference = files_of(work / "shards")
    assert len([name for name in reference if name.endswith(".tokens")]) > 3
    for threads in (2, 3, 7):
        output = work / f"shards-{threads}"
        run("shard", "--input", work / "text.jsonl", "--tokenizer", work / "vocab", "--output", output,
            "--shard-tokens", 20000, "--validation-share", 0.02, "--threads", threads)
        assert files_of(output) == reference


def test_numpy_reads_the_documents_back(work):
    shards = work / "shards"
    manifest = json.loads((shards / "manifest.json").read_text())
    vocab = (work / "vocab/vocab.txt").read_text(encoding="utf-8").split("\n")
    originals = {}
    for line in open(work / "text.jsonl", encoding="utf-8"):
        text = json.loads(line)["text"]
        originals["".join(text.split())] = text
    documents = tokens = sentences = 0
    for split, prefix in (("train", "shard"), ("validation", "validation")):
        for row in manifest["splits"][split]["files"]:
            assert row["name"].startswith(prefix)
            ids = np.fromfile(shards / (row["name"] + ".tokens"), "<u2")
            index = read_index(shards / (row["name"] + ".index"))
            assert len(ids) == row["tokens"] and index["vocab_sha256"] == manifest["vocab_sha256"]
            for i in range(row["documents"]):
                begin, end = index["starts"][i], index["starts"][i + 1]
                text = "".join(vocab[id].removeprefix("##") for id in ids[begin:end])
                assert text in originals
                starts = index["sentences"][index["first"][i] : index["first"][i + 1]]
                assert starts[0] == begin
                assert 1 + originals[text].count("\n") <= len(starts) <= originals[text].count(".")
                assert all(vocab[ids[s - 1]] == "." for s in starts[1:])
            documents, tokens, sentences = documents + row["documents"], tokens + len(ids), sentences + row["sentences"]
    assert (documents, tokens, sentences) == (3000, manifest["tokens"], manifest["sentences"])
    assert manifest["unknown_tokens"] == 0
    assert 20 < manifest["splits"]["validation"]["documents"] < 120
    assert [v["documents"] for v in manifest["sources"].values()] == [1000, 1000, 1000]
    assert manifest["categories"]["news"]["documents"] == 1500


def test_the_ids_are_those_of_tokenize(work):
    first = json.loads(open(work / "text.jsonl", encoding="utf-8").readline())["text"]
    done = subprocess.run([LMKOR, "tokenize", "--tokenizer", str(work / "vocab")], input=first.replace("\n", " ") + "\n",
                          capture_output=True, text=True, check=True)
    expected = [int(id) for id in done.stdout.split()]
    output = work / "one"
    (work / "one.jsonl").write_text(json.dumps({"text": first}) + "\n")
    run("shard", "--input", work / "one.jsonl", "--tokenizer", work / "vocab", "--output", output, "--validation-share", 0)
    assert np.fromfile(output / "shard-00000.tokens", "<u2").tolist() == expected


def test_result_as_json_and_run_files(work):
    done = run("shard", "--input", work / "text.jsonl", "--tokenizer", work / "vocab", "--output", work / "json", "--json")
    result = json.loads(done.stdout)
    assert result["documents"] == 3000 and result["splits"]["train"]["files"] == 1
    record = json.loads((work / "json/run.json").read_text())
    assert record["command"] == "shard" and record["inputs"][0]["path"].endswith("text.jsonl")
    before = files_of(work / "json")
    run("shard", "--config", work / "json/run.toml", "--force")
    assert files_of(work / "json") == before


def test_an_output_that_exists_stays(work):
    done = run("shard", "--input", work / "text.jsonl", "--tokenizer", work / "vocab", "--output", work / "shards", code=73)
    assert "exists already; choose another --output or add --force to replace it" in done.stderr


def test_empty_documents_are_counted_and_nothing_to_train_on_is_an_error(work):
    (work / "blank.jsonl").write_text('{"text": "가나."}\n{"text": "\\u200b"}\n')
    done = run("shard", "--input", work / "blank.jsonl", "--tokenizer", work / "vocab", "--output", work / "blank",
               "--validation-share", 0, "--json")
    assert json.loads(done.stdout)["empty_documents"] == 1
    (work / "nothing.jsonl").write_text('{"text": "\\u200b"}\n')
    done = run("shard", "--input", work / "nothing.jsonl", "--tokenizer", work / "vocab", "--output", work / "nothing", code=65)
    assert "got 1 documents with 0 tokens, none of them to train on; give more text, or --validation-share 0" in done.stderr
    assert not (work / "nothing").exists() and not list(work.glob(".nothing*"))


def test_a_vocabulary_without_special_tokens_is_refused_before_the_work(work):
    folder = work / "bare"
    folder.mkdir()
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n가\n", encoding="utf-8")
    done = run("shard", "--input", work / "text.jsonl", "--tokenizer", folder, "--output", work / "bare-out", code=65)
    assert "[MASK] is missing" in done.stderr
    assert not (work / "bare-out").exists()


def test_an_interrupt_leaves_nothing_and_the_same_command_gives_the_same_result(work):
    large = work / "large.jsonl"
    line = open(work / "text.jsonl", encoding="utf-8").readlines()
    large.write_text("".join(line * 60), encoding="utf-8")
    command = [LMKOR, "shard", "--input", str(large), "--tokenizer", str(work / "vocab"), "--output", str(work / "stopped")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.time() + 20
    while not (work / ".stopped.partial").exists() and time.time() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 130
    assert not (work / "stopped").exists() and not (work / ".stopped.partial").exists()

    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not (work / ".stopped.partial").exists() and time.time() < deadline:
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert not (work / "stopped").exists()
    run(*command[1:])
    assert (work / "stopped/manifest.json").exists() and not (work / ".stopped.partial").exists()
