"""lmkor model verify finds what Transformers stumbles over, and nothing where it does not."""
import json
import pathlib
import shutil
import subprocess

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

import model_oracle as oracle
from containers_test import CASES, vocabulary
from tokenizer_oracle import BIN, SPECIALS, lmkor

SETTINGS = {"do_lower_case": True, "strip_accents": False, "tokenizer_class": "BertTokenizer", "model_max_length": 24}


@pytest.fixture(scope="module", params=["bert-masked_lm-plain", "albert-pretraining-plain", "electra-replaced_token-E<H"])
def good(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    case = CASES[request.param]
    model = oracle.make_model(case)
    model.save_pretrained(folder / "source")
    tokens = vocabulary(model.config.vocab_size)
    (folder / "source" / "vocab.txt").write_text("".join(t + "\n" for t in tokens))
    (folder / "source" / "tokenizer_config.json").write_text(json.dumps(SETTINGS))
    lmkor("model", "export", "--model", folder / "source", "--output", folder / "good", "--formats", "safetensors,bin,h5", "--quiet")
    return folder / "good"


@pytest.fixture
def folder(good, tmp_path):
    return pathlib.Path(shutil.copytree(good, tmp_path / "model"))


def findings(folder, code=1):
    done = subprocess.run([str(BIN), "model", "verify", str(folder), "--json"], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    result = json.loads(done.stdout)
    assert result["ok"] == (code == 0)
    return [f"{f['file']}: {f['text']}" for f in result["findings"]]


def edit(path, **members):
    content = json.loads(path.read_text()) | members
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not ...}))


def test_nothing_is_wrong(folder):
    assert findings(folder, code=0) == []


def test_korean_that_falls_apart(folder):
    """Each of these makes [UNK] of Korean words in Transformers; verify says so."""
    for change in ("absent", "null", "no file"):
        shutil.copy(folder / "tokenizer_config.json", folder / "kept")
        if change == "no file":
            (folder / "tokenizer_config.json").unlink()
        else:
            edit(folder / "tokenizer_config.json", strip_accents=... if change == "absent" else None)
        assert any("every Korean word becomes [UNK]" in text for text in findings(folder)), change
        shutil.move(folder / "kept", folder / "tokenizer_config.json")


def test_containers_that_differ(folder):
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    name = next(k for k in state if k.endswith("query.bias"))
    torch.save(state | {name: state[name] + 1, "more": torch.zeros(2)}, folder / "pytorch_model.bin")
    (folder / "tf_model.h5").write_bytes(b"nothing")
    assert findings(folder) == [
        "pytorch_model.bin: more: unexpected, " + json.loads((folder / "config.json").read_text())["architectures"][0] + " has no place for it",
        f"pytorch_model.bin: {name}: other values than in model.safetensors",
        "pytorch_model.bin: more: unexpected, model.safetensors lacks it",
        "tf_model.h5: not a valid Keras HDF5 file: it cannot be opened as HDF5 (7 bytes; cut off?)",
    ]


def test_weights_that_do_not_fit(folder):
    for file in ("pytorch_model.bin", "tf_model.h5"):
        (folder / file).unlink()
    state = load_file(folder / "model.safetensors")
    bias = next(k for k in state if k.endswith("query.bias"))
    norm = next(k for k in state if k.endswith("embeddings.LayerNorm.weight"))
    width = state[bias].shape[0]
    state[bias] = torch.zeros(3)
    state[norm][1] = float("inf")
    gone = next(k for k in state if k.endswith("key.bias"))
    del state[gone]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    assert sorted(findings(folder)) == sorted([
        f"model.safetensors: {bias}: got [3], expected [{width}]", f"model.safetensors: {gone}: missing, expected [{width}]",
        f"model.safetensors: {norm}: 1 of {state[norm].numel()} values are not finite"])


def test_vocabulary_and_lengths(folder):
    tokens = (folder / "vocab.txt").read_text()
    (folder / "vocab.txt").write_text(tokens + "더\n")
    edit(folder / "tokenizer_config.json", model_max_length=512)
    count = len(tokens.splitlines())
    assert findings(folder) == [
        f"tokenizer.json: has {count + 1} tokens, config.json says vocab_size {count}",
        "tokenizer_config.json: model_max_length 512 is more than config.json's max_position_embeddings 24"]


def test_a_forward_pass_that_overflows(folder):
    """Every number is finite, and yet the model computes none."""
    for file in ("pytorch_model.bin", "tf_model.h5"):
        (folder / file).unlink()
    state = load_file(folder / "model.safetensors")
    for kind in ("word", "position"):
        name = next(k for k in state if k.endswith(f"{kind}_embeddings.weight"))
        state[name] = torch.full_like(state[name], 3e38)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    width = json.loads((folder / "config.json").read_text())["hidden_size"]
    assert findings(folder) == [f"forward pass: hidden states: {28 * width} of {28 * width} values are not finite"]


def test_what_is_missing(folder, tmp_path):
    (folder / "config.json").unlink()
    (folder / "vocab.txt").unlink()
    (folder / "tokenizer_config.json").unlink()
    assert findings(folder) == ["config.json: is missing",
                                "tokenizer.json: is missing, and vocab.txt too: nobody can make ids for this model"]
    text = lmkor("model", "verify", tmp_path / "none", code=66)
    assert "none: no such folder" in text
