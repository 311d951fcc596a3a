"""Containers: what lmkor writes loads in PyTorch, Transformers, h5py, ONNX Runtime and gguf; what they write, lmkor reads.
All bits stay as they were."""
import json
import os
import re
import shutil
import subprocess
import zipfile

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

import model_oracle as oracle
from tf1_oracle import write_tf1_checkpoint
from tokenizer_oracle import SPECIALS, lmkor

CASES = {str(case): case for case in oracle.cases()}
ALL = "safetensors,bin,h5,onnx,onnx-int8"


def vocabulary(size):
    return SPECIALS + [f"##가{i}" if i % 3 else f"나{i}" for i in range(5, size - 4)] + [f"[unused{i}]" for i in range(4)]


class Saved:
    """A model of Transformers in folder / name, and what lmkor makes of it in every container."""

    def __init__(self, folder, name):
        self.case, self.folder = CASES[name], folder / name
        self.model = oracle.make_model(self.case)
        self.source = self.folder / "source"
        self.model.save_pretrained(self.source)
        (self.source / "vocab.txt").write_text("".join(t + "\n" for t in vocabulary(self.model.config.vocab_size)))
        self.export = self.folder / "export"
        self.result = json.loads(lmkor("model", "export", "--model", self.source, "--output", self.export, "--formats",
                                       ALL, "--json"))

    @property
    def state(self):
        return self.model.state_dict()

    def alone(self, file):
        """A folder with one container and config.json."""
        place = self.folder / f"only-{file}"
        if not place.exists():
            place.mkdir()
            for name in ("config.json", file):
                shutil.copy(self.export / name, place / name)
        return place


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("containers"), {}

    def get(name):
        if name not in made:
            made[name] = Saved(folder, name)
        return made[name]

    return get


def assert_loads(saved, folder, **options):
    model, report = type(saved.model).from_pretrained(folder, output_loading_info=True, **options)
    assert not any(report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), report
    state = model.state_dict()
    assert state.keys() == saved.state.keys()
    for name, value in saved.state.items():
        assert torch.equal(value, state[name]), name


def imported(source, output, *flags):
    return json.loads(lmkor("model", "import", "--model", source, "--output", output, "--json", *flags))


@pytest.mark.parametrize("name", CASES)
def test_pytorch_and_safetensors(saved, name):
    this = saved(name)
    original = (this.source / "model.safetensors").read_bytes()
    assert (this.export / "model.safetensors").read_bytes() == original
    assert_loads(this, this.alone("pytorch_model.bin"), use_safetensors=False)
    loaded = torch.load(this.export / "pytorch_model.bin", weights_only=True)
    assert loaded.keys() == this.state.keys()
    # tied weights are one storage, as torch.save keeps them
    twins = {value.data_ptr() for value in loaded.values()}
    assert len(twins) == len({value.data_ptr() for value in this.state.values()})
    back = imported(this.alone("pytorch_model.bin"), this.folder / "from-bin")
    assert back["container"] == "bin" and back["unexpected"] == []
    assert (this.folder / "from-bin" / "model.safetensors").read_bytes() == original


@pytest.mark.parametrize("name", ["bert-pretraining-plain", "electra-masked_lm-E<H", "albert-sequence-E=H"])
@pytest.mark.parametrize("kind", ["zip", "legacy", "parameters", "deflated", "scattered", "shards"])
def test_what_torch_saves_is_read(saved, tmp_path, name, kind):
    this = saved(name)
    shutil.copy(this.source / "config.json", tmp_path)
    file, state = tmp_path / "pytorch_model.bin", dict(this.state)
    if kind == "parameters":
        state = dict(this.model.named_parameters())
    if kind == "scattered":  # transposed in memory
        state = {k: v.T.contiguous().T if v.dim() == 2 else v for k, v in state.items()}
    if kind == "shards":
        names = sorted(state)
        parts = {"pytorch_model-00001-of-00002.bin": names[::2], "pytorch_model-00002-of-00002.bin": names[1::2]}
        for part, keys in parts.items():
            torch.save({key: state[key] for key in keys}, tmp_path / part)
        index = {"metadata": {}, "weight_map": {key: part for part, keys in parts.items() for key in keys}}
        (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    else:
        # a state_dict itself carries _metadata, which the pickle sets after the fact
        torch.save(this.state if kind in ("zip", "legacy") else state, file,
                   _use_new_zipfile_serialization=kind != "legacy")
    if kind == "deflated":
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(tmp_path / "new", "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.namelist():
                new.writestr(entry, old.read(entry))
        (tmp_path / "new").rename(file)
    imported(tmp_path, tmp_path / "out")
    want, got = load_file(this.source / "model.safetensors"), load_file(tmp_path / "out" / "model.safetensors")
    assert want.keys() == got.keys()
    assert all(torch.equal(want[key], got[key]) for key in want)


@pytest.mark.parametrize("name", ["bert-masked_lm-plain", "electra-replaced_token-E=H"])
def test_legacy_stream_is_written(saved, tmp_path, name):
    this = saved(name)
    lmkor("model", "export", "--model", this.source, "--output", tmp_path / "out", "--formats", "bin-legacy", "--quiet")
    assert not zipfile.is_zipfile(tmp_path / "out" / "pytorch_model.bin")
    assert_loads(this, tmp_path / "out", use_safetensors=False)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_dtypes(saved, tmp_path, dtype):
    this = saved("bert-tokens-plain")
    model = oracle.make_model(this.case).to(dtype)
    model.save_pretrained(tmp_path / "a")
    lmkor("model", "export", "--model", tmp_path / "a", "--output", tmp_path / "b", "--formats", "safetensors,bin,onnx", "--quiet")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    loaded = torch.load(tmp_path / "b" / "pytorch_model.bin", weights_only=True)
    assert all(torch.equal(loaded[k], v) for k, v in model.state_dict().items())
    assert_onnx(model.float(), this.case, tmp_path / "b/onnx/model.onnx")
    if dtype != torch.float64:
        text = lmkor("model", "export", "--model", tmp_path / "a", "--output", tmp_path / "c", "--formats", "h5", code=65)
        assert "has no place in HDF5; write safetensors" in text


# ---- TensorFlow


def pytorch_name(tf_name):
    """transformers 4, modeling_tf_pytorch_utils.convert_tf_weight_name_to_pt_weight_name, as its rules are stated there."""
    name = re.sub(r"/[^/]*___([^/]*)/", r"/\1/", tf_name.replace(":0", ""))
    name = name.replace("_._", "/")
    parts = re.sub(r"//+", "/", name).split("/")[1:]
    transpose = parts[-1] == "kernel"
    parts[-1] = {"kernel": "weight", "gamma": "weight", "embeddings": "weight", "beta": "bias"}.get(parts[-1], parts[-1])
    return ".".join(parts), transpose


def read_h5(path):
    """As load_tf_weights_from_h5 walks it: layer_names, weight_names, a data set for each name."""
    out = {}
    with h5py.File(path) as file:
        layers = [name.decode() for name in file.attrs["layer_names"]]
        assert sorted(layers) == sorted(file.keys())
        for layer in layers:
            for name in file[layer].attrs["weight_names"]:
                out[layer, name.decode()] = np.asarray(file[layer][name.decode()])
        assert file.attrs["backend"] == b"tensorflow"
    return out


@pytest.mark.parametrize("name", CASES)
def test_tensorflow(saved, name):
    this = saved(name)
    weights = read_h5(this.export / "tf_model.h5")
    state, seen = this.state, {}
    for (layer, name_), value in weights.items():
        key, transpose = pytorch_name(name_)
        assert name_.split("/")[1] == layer
        seen[key] = torch.from_numpy(value.T.copy() if transpose else value)
    body = this.case.family + "."
    for key, value in seen.items():
        value_of = state[key if key in state else key.removeprefix(body)]
        assert torch.equal(value, value_of), key
    missing = {k for k in state if k not in seen and body + k not in seen}
    # output layers take the word table and their bias from where they are tied to
    assert all("decoder" in k or k == "generator_lm_head.weight" for k in missing), missing
    imported(this.alone("tf_model.h5"), this.folder / "from-h5")
    want, got = load_file(this.source / "model.safetensors"), load_file(this.folder / "from-h5/model.safetensors")
    assert {k.removeprefix(body): v.tolist() for k, v in want.items()} == {k.removeprefix(body): v.tolist() for k, v in got.items()}


def test_tensorflow_names(saved):
    """Literally those of the TF classes."""
    def names(case):
        return {name.removesuffix(":0") for _, name in read_h5(saved(case).export / "tf_model.h5")}

    layer = "electra/encoder/layer_._0/"
    electra = names("electra-replaced_token-E<H")
    model = "tf_electra_for_pre_training/"
    assert {model + n for n in (
        "electra/embeddings/word_embeddings/weight", "electra/embeddings/position_embeddings/embeddings",
        "electra/embeddings/token_type_embeddings/embeddings", "electra/embeddings/LayerNorm/gamma",
        "electra/embeddings/LayerNorm/beta", "electra/embeddings_project/kernel", layer + "attention/self/query/kernel",
        layer + "attention/output/LayerNorm/beta", layer + "intermediate/dense/kernel", layer + "output/dense/bias",
        "discriminator_predictions/dense/kernel", "discriminator_predictions/dense_prediction/kernel")} <= electra
    assert {"tf_bert_for_pre_training/mlm___cls/predictions/transform/dense/kernel", "tf_bert_for_pre_training/mlm___cls/predictions/bias",
            "tf_bert_for_pre_training/nsp___cls/seq_relationship/kernel", "tf_bert_for_pre_training/bert/pooler/dense/kernel",
            } <= names("bert-pretraining-plain")
    group = "tf_albert_for_pre_training/albert/encoder/albert_layer_groups_._0/albert_layers_._0/"
    assert {group + "full_layer_layer_norm/gamma", group + "attention/LayerNorm/gamma", group + "ffn_output/kernel",
            "tf_albert_for_pre_training/albert/encoder/embedding_hidden_mapping_in/kernel",
            "tf_albert_for_pre_training/albert/pooler/kernel", "tf_albert_for_pre_training/predictions/decoder/bias",
            "tf_albert_for_pre_training/sop_classifier/classifier/kernel"} <= names("albert-pretraining-plain")
    assert "tf_electra_for_sequence_classification/classifier/out_proj/kernel" in names("electra-sequence-E<H")
    assert "tf_bert_model/bert/embeddings/word_embeddings/weight" in names("bert-none-plain")


@pytest.mark.parametrize("kind", ["plain", "divided names", "compressed", "texts of h5py", "a whole model", "repeated"])
def test_what_keras_saves_is_read(saved, tmp_path, kind):
    this = saved("bert-masked_lm-plain")
    weights = read_h5(this.export / "tf_model.h5")
    if kind == "repeated":  # the word table stands with the head that uses it, too
        table = next(key for key in weights if "word_embeddings" in key[1])
        weights["mlm___cls", table[1]] = weights[table]
    with h5py.File(tmp_path / "tf_model.h5", "w") as file:
        root = file.create_group("model_weights") if kind == "a whole model" else file
        layers = sorted({layer for layer, _ in weights}) + ["dropout_37"]
        root.attrs["layer_names"] = layers if kind == "texts of h5py" else [n.encode() for n in layers]
        for layer in layers:
            group = root.create_group(layer)
            names = [name for of, name in weights if of == layer]
            if kind == "divided names" and names:
                for i, part in enumerate(np.array_split(np.array([n.encode() for n in names]), 3)):
                    group.attrs[f"weight_names{i}"] = part
            elif kind == "texts of h5py" and names:
                group.attrs["weight_names"] = names
            else:
                group.attrs["weight_names"] = [n.encode() for n in names]
            for name in names:
                options = dict(compression="gzip") if kind == "compressed" else {}
                group.create_dataset(name, data=weights[layer, name], **options)
    shutil.copy(this.source / "config.json", tmp_path)
    imported(tmp_path, tmp_path / "out")
    assert (tmp_path / "out/model.safetensors").read_bytes() == (this.source / "model.safetensors").read_bytes()


# Google's names, as its code makes them: Hugging Face's name by a few rules, written out once more here.
def google_variables(saved):
    out = {}
    for name, value in saved.state.items():
        if "decoder" in name or name == "generator_lm_head.weight":
            continue
        value = value.numpy()
        name = re.sub(r"(LayerNorm|layer_norm)\.weight$", r"\1/gamma", name)
        name = re.sub(r"(LayerNorm|layer_norm)\.bias$", r"\1/beta", name)
        name = re.sub(r"embeddings\.weight$", "embeddings", name)
        if name == "cls.seq_relationship.weight" or name == "sop_classifier.classifier.weight":
            name = "cls/seq_relationship/output_weights"
        elif name in ("cls.seq_relationship.bias", "sop_classifier.classifier.bias"):
            name = "cls/seq_relationship/output_bias"
        elif name in ("cls.predictions.bias", "predictions.bias"):
            name = "cls/predictions/output_bias"
        elif name == "generator_lm_head.bias":
            name = "generator_predictions/output_bias"
        if name.endswith(".weight"):
            name, value = name.removesuffix(".weight") + "/kernel", value.T
        if saved.case.family == "albert":
            inner = "bert/encoder/transformer/group_0/inner_group_0"
            name = name.replace("albert.encoder.albert_layer_groups.0.albert_layers.0", inner)
            for ours, theirs in ((f"{inner}.attention.LayerNorm", f"{inner}/LayerNorm"),
                                 (f"{inner}.attention.dense", f"{inner}/attention_1/output/dense"),
                                 (f"{inner}.attention", f"{inner}/attention_1/self"),
                                 (f"{inner}.full_layer_layer_norm", f"{inner}/LayerNorm_1"),
                                 (f"{inner}.ffn_output", f"{inner}/ffn_1/intermediate/output/dense"),
                                 (f"{inner}.ffn", f"{inner}/ffn_1/intermediate/dense"),
                                 ("albert.pooler", "bert/pooler/dense"),
                                 ("albert.", "bert/"), ("predictions.", "cls/predictions/transform/")):
                if name.startswith(ours):
                    name = theirs + name.removeprefix(ours)
        name = re.sub(r"layer\.(\d+)", r"layer_\1", name)
        name = name.replace("dense_prediction", "dense_1") if saved.case.family == "electra" else name
        if saved.case.head == "masked_lm" and saved.case.family == "electra" and not name.startswith("electra.embeddings."):
            name = re.sub(r"^electra\.", "generator.", name)
        out[name.replace(".", "/")] = np.ascontiguousarray(value)
    return out


@pytest.mark.parametrize("name", ["bert-pretraining-plain", "albert-pretraining-plain", "electra-replaced_token-E<H",
                                  "electra-masked_lm-E<H"])
def test_tensorflow_1(saved, tmp_path, name):
    this = saved(name)
    variables = google_variables(this)
    for key in list(variables):  # what an optimiser leaves in a checkpoint
        variables[key + "/adam_m"] = np.zeros(3, np.float32)
    variables["global_step"] = np.array(1000)
    if this.case.family == "electra":  # both networks stand in one checkpoint
        other = "electra" if this.case.head == "masked_lm" else "generator"
        variables[f"{other}/encoder/layer_0/attention/self/query/kernel"] = np.ones((2, 2), np.float32)
    write_tf1_checkpoint(tmp_path / "model.ckpt-1000", variables, shards=2)
    config = json.loads((this.source / "config.json").read_text())
    keep = {k: v for k, v in config.items() if k not in ("architectures", "model_type", "transformers_version", "dtype")}
    file = {"bert": "bert_config.json", "albert": "albert_config.json", "electra": "given.json"}[this.case.family]
    (tmp_path / file).write_text(json.dumps(keep))
    flags = ["--model-config", tmp_path / file] if this.case.family == "electra" else []
    part = ["--electra-part", "generator"] if this.case.head == "masked_lm" else []
    for source in (tmp_path, tmp_path / "model.ckpt-1000", tmp_path / "model.ckpt-1000.index"):
        result = imported(source, tmp_path / "out", "--force", *flags, *part)
        assert result["container"] == "tf1" and result["architecture"] == type(this.model).__name__
        assert (tmp_path / "out/model.safetensors").read_bytes() == (this.source / "model.safetensors").read_bytes()
    assert_loads(this, tmp_path / "out")


# ---- ONNX


def onnx_inputs(config, lengths=(7, 1, 12, 4)):
    generator = torch.Generator().manual_seed(1)
    width = max(lengths)
    mask = torch.tensor([[i < n for i in range(width)] for n in lengths]).long()
    ids = torch.randint(1, config.vocab_size, mask.shape, generator=generator) * mask
    return {"input_ids": ids, "attention_mask": mask,
            "token_type_ids": torch.randint(0, config.type_vocab_size, mask.shape, generator=generator) * mask}


def run_onnx(path, inputs):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    assert [i.name for i in session.get_inputs()] == list(inputs)
    values = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return dict(zip([o.name for o in session.get_outputs()], values))


def pairs(model, path, inputs):
    """Each output of the file, and Transformers' own of that name, at real tokens."""
    with torch.no_grad():
        want = model(**inputs)
    real = inputs["attention_mask"].bool().numpy()
    out = {}
    for name, value in run_onnx(path, inputs).items():
        expected = want[name].numpy()
        assert value.shape == expected.shape, name
        per_token = value.ndim >= 2 and value.shape[:2] == real.shape
        out[name] = (value[real], expected[real]) if per_token else (value, expected)
    return out


def assert_onnx(model, case, path):
    onnx.checker.check_model(str(path), full_check=True)
    for lengths in ((7, 1, 12, 4), (12,), (3, 3)):
        for name, (got, want) in pairs(model, path, onnx_inputs(model.config, lengths)).items():
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5, err_msg=f"{case} {name}")


@pytest.mark.parametrize("name", CASES)
def test_onnx(saved, name):
    this = saved(name)
    path = this.export / "onnx" / "model.onnx"
    assert_onnx(this.model, this.case, path)
    model = onnx.load(path)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 17)]
    dims = [[d.dim_param for d in i.type.tensor_type.shape.dim] for i in model.graph.input]
    assert dims == [["batch_size", "sequence_length"]] * 3
    # each weight once, tied and shared ones too
    names = [w.name for w in model.graph.initializer]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", CASES)
def test_onnx_int8(saved, name):
    this = saved(name)
    path = this.export / "onnx" / "model_quantized.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    report = next(file for file in this.result["files"] if file["format"] == "onnx-int8")
    assert 0 < report["weight_error"] < 0.02
    for output, (got, want) in pairs(this.model, path, onnx_inputs(this.model.config)).items():
        drift = np.sqrt(((got - want) ** 2).mean() / (want**2).mean())
        print(f"{name} {output}: off by {100 * drift:.2f} % (root mean square)")
        assert drift < 0.2  # weights of these models are drawn far larger than trained ones
    weights = lambda file: sum(len(w.raw_data) for w in onnx.load(str(file)).graph.initializer)
    assert weights(path) < weights(this.export / "onnx" / "model.onnx")


@pytest.mark.parametrize("family,groups", [("albert", 2)])
def test_albert_with_groups(tmp_path, family, groups):
    case = CASES["albert-none-plain"]
    model = oracle.make_model(case, num_hidden_groups=groups)
    model.save_pretrained(tmp_path / "a")
    lmkor("model", "export", "--model", tmp_path / "a", "--output", tmp_path / "b", "--formats", "safetensors,h5,onnx", "--quiet")
    assert_onnx(model, case, tmp_path / "b/onnx/model.onnx")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()


# ---- GGUF


@pytest.mark.parametrize("name", ["bert-none-plain", "bert-sequence-plain", "electra-replaced_token-E=H", "electra-sequence-E=H"])
def test_gguf(saved, tmp_path, name):
    from gguf import GGUFReader

    this = saved(name)
    lmkor("model", "export", "--model", this.source, "--output", tmp_path / "out", "--formats", "gguf", "--quiet")
    reader = GGUFReader(tmp_path / "out" / "model.gguf")
    field = lambda key: reader.fields[key].contents()
    config = this.model.config
    assert (field("general.architecture"), field("bert.block_count")) == ("bert", config.num_hidden_layers)
    assert field("bert.embedding_length") == config.hidden_size
    assert field("bert.attention.head_count") == config.num_attention_heads
    assert field("bert.attention.causal") is False
    tokens = vocabulary(config.vocab_size)
    assert field("tokenizer.ggml.tokens") == [
        t if t in SPECIALS else t[2:] if t.startswith("##") else "\u2581" + t for t in tokens]
    ids = [field(f"tokenizer.ggml.{key}_token_id") for key in ("padding", "unknown", "cls", "seperator", "mask")]
    assert ids == [0, 1, 2, 3, 4]
    tensors = {t.name: t.data for t in reader.tensors}
    prefix = this.case.family + "." if this.case.head != "none" else ""
    same = {"token_embd.weight": "embeddings.word_embeddings.weight", "token_types.weight": "embeddings.token_type_embeddings.weight",
            "blk.1.attn_q.weight": "encoder.layer.1.attention.self.query.weight",
            "blk.0.attn_output_norm.bias": "encoder.layer.0.attention.output.LayerNorm.bias",
            "blk.2.ffn_down.weight": "encoder.layer.2.output.dense.weight",
            "blk.2.layer_output_norm.weight": "encoder.layer.2.output.LayerNorm.weight"}
    for theirs, ours in same.items():
        assert np.array_equal(tensors[theirs], this.state[prefix + ours].numpy()), theirs
    assert ("cls.output.weight" in tensors) == (this.case.head == "sequence")
    assert len(tensors) == 5 + 16 * config.num_hidden_layers + (4 if this.case.head == "sequence" else 0)


def test_gguf_refuses_what_llama_cannot_run(saved, tmp_path):
    for name, sizes in (("albert-none-plain", "albert with 16 and 32"), ("electra-none-E<H", "electra with 16 and 32")):
        text = lmkor("model", "export", "--model", saved(name).source, "--output", tmp_path / "out", "--formats", "gguf", code=65)
        assert f"model.gguf: llama.cpp runs BERT and ELECTRA with embedding_size = hidden_size; this is {sizes}" in text
        assert not (tmp_path / "out").exists()


# ---- shards, and faults


def test_shards(saved, tmp_path):
    this = saved("bert-masked_lm-plain")
    lmkor("model", "export", "--model", this.source, "--output", tmp_path / "out", "--shard-gigabytes", "0.00003", "--quiet")
    assert len(list((tmp_path / "out").glob("model-*-of-*.safetensors"))) > 2
    assert_loads(this, tmp_path / "out")
    imported(tmp_path / "out", tmp_path / "back")
    assert (tmp_path / "back/model.safetensors").read_bytes() == (this.source / "model.safetensors").read_bytes()


class Calls:
    def __reduce__(self):
        return os.system, ("touch called",)


def test_pickle_that_calls(tmp_path, saved):
    shutil.copy(saved("bert-none-plain").source / "config.json", tmp_path)
    for legacy in (False, True):
        torch.save({"x": Calls()}, tmp_path / "pytorch_model.bin", _use_new_zipfile_serialization=not legacy)
        text = lmkor("model", "import", "--model", tmp_path, "--output", tmp_path / "out", code=65)
        assert "pytorch_model.bin: not a pickle of tensors: it uses posix.system, which is not read: only tensors are, never code" in text
        assert not (tmp_path / "out").exists() and not os.path.exists("called")


def test_all_faults_at_once(saved, tmp_path):
    this = saved("bert-tokens-plain")
    shutil.copytree(this.source, tmp_path / "a")
    state = {k: v.clone() for k, v in this.state.items()}
    state["classifier.bias"][2] = float("nan")
    state["bert.encoder.layer.0.output.dense.weight"] = torch.zeros(3, 4)
    state["bert.encoder.layer.7.output.dense.bias"] = torch.zeros(2)
    del state["bert.embeddings.LayerNorm.bias"]
    torch.save(state, tmp_path / "a" / "pytorch_model.bin")
    (tmp_path / "a" / "model.safetensors").unlink()
    text = lmkor("model", "import", "--model", tmp_path / "a", "--output", tmp_path / "out", code=65)
    assert text.split("\n")[1:6] == [
        "  bert.embeddings.LayerNorm.bias: missing, expected [32]",
        "  bert.encoder.layer.0.output.dense.weight: got [3, 4], expected [32, 64]",
        "  bert.encoder.layer.7.output.dense.bias: got [2], expected no such tensor",
        "  classifier.bias: 1 of 5 values are not finite",
        "",
    ]
    assert not (tmp_path / "out").exists()
