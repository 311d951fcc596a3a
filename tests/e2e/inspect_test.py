"""lmkor inspect and lmkor doctor: every kind of artefact is explained; clear errors."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess

import numpy as np
import pytest
from safetensors.numpy import save_file

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호"
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "."] + list(SYLLABLES) + ["##" + s for s in SYLLABLES] + ["[unused0]"]


def run(*arguments, code=0):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def inspect(*arguments):
    return json.loads(run("inspect", *arguments, "--json").stdout)


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inspect")
    draw = random.Random(2)
    word = lambda: "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(1, 4)))
    (folder / "text.txt").write_text(
        "".join(" ".join(word() for _ in range(draw.randint(2, 40))) + ".\n" for _ in range(4000)), encoding="utf-8")
    (folder / "vocab").mkdir()
    (folder / "vocab/vocab.txt").write_text("".join(t + "\n" for t in TOKENS), encoding="utf-8")
    run("shard", "--input", folder / "text.txt", "--tokenizer", folder / "vocab", "--output", folder / "shards")
    return folder


def test_shards_with_origin_and_hashes(work):
    found = inspect(work / "shards", "--verify")
    manifest = json.loads((work / "shards/manifest.json").read_text())
    assert found["kind"] == "shards" and found["verified"] is True
    assert found["shards"] == manifest
    assert found["origin"]["command"] == "shard"
    assert found["parents"][0]["path"] == str(work / "vocab")
    files = {f["name"]: f for f in found["files"]}
    for name in ("shard-00000.tokens", "shard-00000.index", "manifest.json", "tokenizer/vocab.txt"):
        path = work / "shards" / name
        assert files[name] == {"name": name, "bytes": path.stat().st_size, "sha256": sha256(path)}
    assert "shards: " in run("inspect", work / "shards").stdout


def copy_of_shards(work, name):
    shutil.rmtree(work / name, ignore_errors=True)
    return pathlib.Path(shutil.copytree(work / "shards", work / name))


def test_damaged_and_foreign_shards(work):
    shards = copy_of_shards(work, "broken")
    data = bytearray((shards / "shard-00000.tokens").read_bytes())
    data[20] ^= 1
    (shards / "shard-00000.tokens").write_bytes(data)
    assert inspect(shards)["kind"] == "shards"
    assert "shard-00000.tokens: was changed: got sha256" in run("inspect", shards, "--verify", code=65).stderr

    (shards / "shard-00000.tokens").write_bytes(data[:-100])
    assert (f"shard-00000.tokens: cut off or damaged: got {len(data) - 100} bytes, expected {len(data)} for "
            f"{len(data) // 2} tokens; make the shards again with lmkor shard") in run("inspect", shards, code=65).stderr

    shards = copy_of_shards(work, "broken")
    index = shards / "shard-00000.index"
    index.write_bytes(b"wrong" + index.read_bytes()[5:])
    assert "is no index of shards: the first 8 bytes are not lmkorIDX" in run("inspect", shards, code=65).stderr

    shards = copy_of_shards(work, "broken")
    own = json.loads((shards / "manifest.json").read_text())["vocab_sha256"]
    shutil.rmtree(shards / "tokenizer")
    (shards / "tokenizer").mkdir()
    (shards / "tokenizer/vocab.txt").write_text("".join(t + "\n" for t in TOKENS[:-2] + ["##하하", "[unused0]"]))
    error = run("inspect", shards, "--verify", code=65).stderr
    other = sha256(shards / "tokenizer/vocab.txt")
    assert (f"these shards belong to another vocabulary: got vocab_sha256 {own}, expected {other} of the tokenizer in "
            f"{shards}/tokenizer; make the shards again with that tokenizer (lmkor shard --tokenizer)") in error


def test_tokenizer_and_files(work):
    found = inspect(work / "vocab")
    assert found["kind"] == "tokenizer" and found["tokenizer"]["vocab_size"] == len(TOKENS)
    assert found["tokenizer"]["vocab_sha256"] == sha256(work / "vocab/vocab.txt")
    assert found["tokenizer"]["unused"] == 1 and found["tokenizer"]["continuations"] == len(SYLLABLES)
    assert inspect(work / "shards/tokenizer")["origin"]["command"] == "shard"
    found = inspect(work / "text.txt")
    assert found["kind"] == "file" and found["compression"] == "plain"
    assert found["files"][0]["sha256"] == sha256(work / "text.txt")


def test_safetensors_and_models_of_transformers(work):
    tensors = {"a": np.zeros((3, 4), np.float32), "b": np.zeros((5,), np.float16)}
    save_file(tensors, work / "x.safetensors", metadata={"format": "pt"})
    found = inspect(work / "x.safetensors")
    assert found["kind"] == "safetensors" and found["metadata"] == {"format": "pt"}
    assert found["tensors"]["parameters"] == 17 and found["tensors"]["dtypes"] == {"F16": 5, "F32": 12}

    from transformers import ElectraConfig, ElectraForPreTraining
    config = ElectraConfig(vocab_size=100, embedding_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                           intermediate_size=32)
    model = ElectraForPreTraining(config)
    model.save_pretrained(work / "model")
    found = inspect(work / "model")
    assert found["kind"] == "model" and found["config"]["model_type"] == "electra"
    assert found["tensors"]["parameters"] == sum(p.numel() for p in model.parameters())
    assert found["summary"].startswith("model: ELECTRA (ElectraForPreTraining), num_hidden_layers 2, hidden_size 16")
    assert "origin" in found and found["origin"] is None


def test_errors(work):
    assert "absent: no such file or folder" in run("inspect", work / "absent", code=66).stderr
    (work / "nothing").mkdir()
    assert "nothing: is no artefact that is known here" in run("inspect", work / "nothing", code=65).stderr
    assert "--verify is for shards, got a tokenizer" in run("inspect", work / "vocab", "--verify", code=2).stderr


def test_doctor():
    found = json.loads(run("doctor", "--json").stdout)
    assert found["libtorch"] and found["devices"][0] == "cpu"
    assert found["cpu"]["usable_threads"] >= 1 and found["memory"]["total_bytes"] > 0
    assert {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"} <= found["cpu"]["simd"].keys()
    assert all(f.keys() == {"severity", "what", "why", "advice"} for f in found["findings"])
    assert "processor" in run("doctor").stdout
