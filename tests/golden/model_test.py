"""lmkor's BERT, ALBERT and ELECTRA = Transformers': outputs, losses, gradients of every parameter; model folders."""
import copy
import functools
import json
import os
import re
import shutil
import statistics
import subprocess

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load, load_file, save, save_file
from transformers import AutoConfig, ElectraForMaskedLM

import model_oracle as oracle
from model_oracle import Case

CASES = {str(case): case for case in oracle.cases()}


class Probe:
    """Jobs collected first, then run in one process."""

    def __init__(self, folder):
        self.folder, self.jobs = folder, {}

    def add(self, name, model, inputs, **settings):
        place = self.folder / name
        place.mkdir()
        oracle.save_inputs(place / "inputs.safetensors", inputs)
        self.jobs[name] = dict(model=str(model), inputs=str(place / "inputs.safetensors"),
                               outputs=str(place / "outputs.safetensors"), export=str(place / "export"), **settings)

    def run(self):
        (self.folder / "jobs.json").write_text(json.dumps(list(self.jobs.values())))
        done = subprocess.run([oracle.probe(), self.folder / "jobs.json"], capture_output=True, text=True,
                              env=os.environ | {"OMP_NUM_THREADS": "1"})
        assert done.returncode == 0, done.stderr
        return self

    def copy(self, name, bytes):
        """Reads a safetensors file and writes it again."""
        (self.folder / name).write_bytes(bytes)
        self.jobs[name] = dict(copy=str(self.folder / name), outputs=str(self.folder / f"{name}-outputs"))

    def report(self, name):
        with safe_open(self.jobs[name]["outputs"], "pt") as file:
            return {key: value.split("\n") if value else [] for key, value in file.metadata().items()}

    def outputs(self, name):
        report = self.report(name)
        assert "error" not in report, report["error"]
        return load_file(self.jobs[name]["outputs"])

    def export(self, name):
        return self.jobs[name]["export"]


class Models:
    """A model of Transformers for each case, saved in folder / name, and what it gives in fp64."""

    def __init__(self, folder):
        self.folder = folder
        self.of = {name: oracle.make_model(case) for name, case in CASES.items()}
        for name, model in self.of.items():
            model.save_pretrained(folder / name)

    def inputs(self, name):
        return oracle.make_inputs(self.of[name].config, CASES[name].head)

    @functools.cache
    def outputs(self, name):
        return oracle.run(copy.deepcopy(self.of[name]).double(), CASES[name].head, self.inputs(name))


# Checkpoints as others write them: the case whose saved folder is changed, and how.
VARIANTS = {}


def variant(case):
    def add(change):
        VARIANTS[change.__name__] = (case, change)
        return change

    return add


def rename(folder, change, more={}):
    tensors = {change(name): value for name, value in load_file(folder / "model.safetensors").items()}
    save_file(tensors | more, folder / "model.safetensors", metadata={"format": "pt"})


@variant("bert-masked_lm-plain")
def layer_norm_as_gamma_and_beta(folder):
    """As TensorFlow conversions of 2018 to 2020 wrote it."""
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
    rename(folder, lambda name: re.sub(r"LayerNorm\.\w+$", lambda found: old[found[0]], name))


@variant("electra-replaced_token-E<H")
def position_ids_saved(folder):
    rename(folder, str, {"electra.embeddings.position_ids": torch.arange(24)[None]})


@variant("bert-masked_lm-odd")
def tied_weights_saved(folder):
    tensors = load_file(folder / "model.safetensors")
    rename(folder, str, {"cls.predictions.decoder.weight": tensors["bert.embeddings.word_embeddings.weight"].clone(),
                         "cls.predictions.decoder.bias": tensors["cls.predictions.bias"].clone()})


@variant("albert-masked_lm-plain")
def two_shards(folder):
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names, weight_map = sorted(tensors), {}
    for shard, part in enumerate((names[::2], names[1::2]), 1):
        file = f"model-{shard:05d}-of-00002.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))


@variant("bert-sequence-plain")
def keys_of_google_and_transformers_4(folder):
    config = json.loads((folder / "config.json").read_text())
    del config["dtype"], config["tie_word_embeddings"], config["classifier_dropout"]
    config |= {"directionality": "bidi", "pooler_fc_size": 768, "pooler_num_attention_heads": 12,
               "pooler_num_fc_layers": 3, "pooler_size_per_head": 128, "pooler_type": "first_token_transform",
               "position_embedding_type": "absolute", "gradient_checkpointing": False, "torch_dtype": "float32",
               "transformers_version": "4.0.1", "classifier_dropout": None}
    (folder / "config.json").write_text(json.dumps(config))


@variant("albert-sequence-plain")
def keys_of_albert_v1(folder):
    """As the first release's conversion has them, with keys of Google's own that say nothing here."""
    config = json.loads((folder / "config.json").read_text())
    del config["dtype"], config["tie_word_embeddings"]
    config |= {"down_scale_factor": 1, "gap_size": 0, "net_structure_type": 0, "num_memory_blocks": 0, "inner_group_num": 1,
               "num_hidden_groups": 1, "layers_to_keep": [], "output_past": True, "transformers_version": "2.2.0"}
    (folder / "config.json").write_text(json.dumps(config))


def container(header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(header).to_bytes(8, "little") + header + data


def u8(begin, end, **more):
    return {"dtype": "U8", "shape": [end - begin], "data_offsets": [begin, end]} | more


DTYPES = ("bool uint8 int8 float8_e5m2 float8_e4m3fn float8_e8m0fnu int16 uint16 float16 bfloat16 int32 uint32 float32 "
          "complex64 float64 int64 uint64").split()
CONTAINERS = {
    "every_dtype": save({f"{i} {name}": torch.arange(3).to(getattr(torch, name)) for name in DTYPES for i in (1, 2)},
                        metadata={"format": "pt"}),
    "empty_and_scalar": save({"비었음": torch.zeros(0, 3), "scalar": torch.tensor(1.5)}, metadata={"format": "pt"}),
    "no_tensor": save({}, metadata={"format": "pt"}),
}
BROKEN_CONTAINERS = {
    "cut_in_header": container({"x": u8(0, 4)}, b"1234")[:20],
    "cut_in_data": container({"x": u8(0, 4)}, b"123"),
    "trailing": container({"x": u8(0, 4)}, b"12345"),
    "hole": container({"x": u8(0, 2), "y": u8(3, 4)}, b"1234"),
    "overlap": container({"x": u8(0, 3), "y": u8(2, 4)}, b"1234"),
    "shape": container({"x": u8(0, 4, shape=[2, 3])}, b"1234"),
    "dtype": container({"x": u8(0, 4, dtype="U9")}, b"1234"),
    "metadata": container({"__metadata__": {"n": 1}}),
    "json": container(b"{"),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return Models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def probe(models, tmp_path_factory):
    out = Probe(tmp_path_factory.mktemp("probe"))
    for name in CASES:
        out.add(name, models.folder / name, models.inputs(name))
        out.add(f"{name}-bf16", models.folder / name, models.inputs(name), compute="bf16")
    for name, (case, change) in VARIANTS.items():
        shutil.copytree(models.folder / case, out.folder / f"{name}-model")
        change(out.folder / f"{name}-model")
        out.add(name, out.folder / f"{name}-model", models.inputs(case))
    for name, case in CASES.items():
        base = str(Case(case.family, "none", case.shape))
        out.add(f"{name}-from-base", models.folder / base, models.inputs(name), head=case.lmkor_head,
                labels=models.of[name].config.num_labels)
    for size in (0.5, 1.0):
        out.add(f"generator-{size}", models.folder / "electra-replaced_token-E=H",
                models.inputs("electra-masked_lm-E=H"), generator=size)
    for name, bytes in (CONTAINERS | BROKEN_CONTAINERS).items():
        out.copy(name, bytes)
    return out.run()


def error_of(got, expected):
    """The largest difference as a share of the largest value."""
    assert got.shape == expected.shape
    return ((got - expected).abs().max() / expected.abs().max()).item()


def assert_close(got, expected):
    """Outputs within 1e-5, gradients within 1e-4, of their largest value."""
    assert got.keys() == expected.keys()
    largest = max(value.abs().max() for name, value in expected.items() if name.startswith("grad."))
    for name, value in expected.items():
        assert got[name].shape == value.shape, name
        difference = (got[name] - value).abs().max()
        if name.startswith("grad."):
            # A bias of keys has no influence on the softmax, so its gradient is 0 but for rounding.
            assert difference < 1e-4 * value.abs().max() + 1e-6 * largest, name
        else:
            assert difference < 1e-5 * value.abs().max(), name


@pytest.mark.parametrize("name", CASES)
def test_fp32(name, models, probe):
    assert_close(probe.outputs(name), models.outputs(name))
    assert probe.report(name) == {"format": ["pt"], "missing": [], "unexpected": [], "mismatched": []}


def distance(got, expected):
    """Norm of the difference as a share of the norm, for a dictionary of tensors."""
    both = [torch.cat([tensors[name].double().flatten() for name in expected]) for tensors in (got, expected)]
    return ((both[0] - both[1]).norm() / both[1].norm()).item()


def bf16_errors(outputs, expected):
    """Distances of hidden states, logits and gradients."""
    groups = {"hidden": ["hidden"], "logits": [n for n in expected if n.endswith("logits")],
              "gradients": [n for n in expected if n.startswith("grad.")]}
    return {group: distance({n: outputs[n] for n in names}, {n: expected[n] for n in names})
            for group, names in groups.items() if names}


BF16_BOUNDS = {"hidden": 0.03, "logits": 0.05, "gradients": 0.1}


@pytest.mark.parametrize("name", CASES)
def test_bf16(name, models, probe):
    for group, error in bf16_errors(probe.outputs(name + "-bf16"), models.outputs(name)).items():
        assert error < BF16_BOUNDS[group], group


def test_bf16_loses_no_more_than_autocast(models, probe):
    """Over all cases: the residual stream is bf16 here and fp32 there, so a little more is lost."""
    ratios = {group: [] for group in BF16_BOUNDS}
    for name, case in CASES.items():
        with torch.autocast("cpu", torch.bfloat16):
            theirs = oracle.run(copy.deepcopy(models.of[name]), case.head, models.inputs(name))
        theirs = bf16_errors(theirs, models.outputs(name))
        for group, error in bf16_errors(probe.outputs(name + "-bf16"), models.outputs(name)).items():
            ratios[group].append(error / theirs[group])
    for group, values in ratios.items():
        assert statistics.geometric_mean(values) < 1.3, group


@pytest.mark.parametrize("name", VARIANTS)
def test_checkpoints_as_others_write_them(name, models, probe):
    case, _ = VARIANTS[name]
    assert_close(probe.outputs(name), models.outputs(case))
    assert probe.report(name) == {"format": ["pt"], "missing": [], "unexpected": [], "mismatched": []}


@pytest.mark.parametrize("name", CASES)
def test_base_class_checkpoint_without_prefix(name, models, probe):
    """The encoder comes from the file, what the head has of its own is random and reported."""
    case = CASES[name]
    base = str(Case(case.family, "none", case.shape))
    assert error_of(probe.outputs(name + "-from-base")["hidden"], models.outputs(base)["hidden"]) < 1e-5
    base_names = {f"{case.family}.{key}" for key in models.of[base].state_dict()}
    saved = set(load_file(models.folder / name / "model.safetensors"))
    if case.head == "none":
        saved = base_names
    report = probe.report(name + "-from-base")
    assert set(report["missing"]) == saved - base_names
    assert {f"{case.family}.{key}" for key in report["unexpected"]} == base_names - saved


@pytest.mark.parametrize("name", CASES)
def test_round_trip_to_transformers(name, models, probe):
    """Transformers saves, lmkor loads and saves, Transformers loads: no key too many or too few, every bit the same."""
    model = models.of[name]
    loaded, info = CASES[name].model_class.from_pretrained(probe.export(name), output_loading_info=True)
    assert not any(info.values()), info
    expected = model.state_dict()
    assert loaded.state_dict().keys() == expected.keys()
    for key, value in loaded.state_dict().items():
        assert value.dtype == expected[key].dtype and torch.equal(value, expected[key]), key


# Read nowhere, or different by nature.
NOT_COMPARED = {"transformers_version", "_name_or_path", "problem_type"}


@pytest.mark.parametrize("name", CASES)
def test_config_round_trip(name, models, probe):
    expected = AutoConfig.from_pretrained(models.folder / name).to_dict()
    got = AutoConfig.from_pretrained(probe.export(name)).to_dict()
    differing = {key: (got.get(key), value) for key, value in expected.items() if got.get(key) != value}
    assert differing.keys() <= NOT_COMPARED, differing
    problem = {"regression": "regression", "sequence": "single_label_classification"}.get(CASES[name].head)
    assert got["problem_type"] == problem


@pytest.mark.parametrize("size", [0.5, 1.0])
def test_generator_is_an_electra_for_masked_lm(size, models, probe):
    discriminator = models.of["electra-replaced_token-E=H"]
    folder = probe.export(f"generator-{size}")
    model, info = ElectraForMaskedLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    assert not any(info.values()), info
    for name, value in discriminator.electra.embeddings.state_dict().items():
        assert torch.equal(model.electra.embeddings.state_dict()[name], value), name
    config = model.config
    assert (config.embedding_size, config.hidden_size, config.num_attention_heads, config.intermediate_size) == (
        32, 32 * size, 4 * size, 128 * size)
    inputs = models.inputs("electra-masked_lm-E=H")
    assert_close(probe.outputs(f"generator-{size}"), oracle.run(model.double().eval(), "masked_lm", inputs))


@pytest.mark.parametrize("name", CONTAINERS)
def test_safetensors_are_written_byte_for_byte_as_the_library_does(name, probe):
    with open(probe.jobs[name]["outputs"], "rb") as file:
        assert file.read() == CONTAINERS[name]


def test_weights_are_written_byte_for_byte_as_transformers_does(models, probe):
    for name in CASES:
        with open(probe.export(name) + "/model.safetensors", "rb") as file:
            assert file.read() == (models.folder / name / "model.safetensors").read_bytes()


@pytest.mark.parametrize("name", BROKEN_CONTAINERS)
def test_safetensors_that_the_library_refuses(name, probe):
    with pytest.raises(SafetensorError):
        load(BROKEN_CONTAINERS[name])
    assert "not a valid safetensors file" in probe.report(name)["error"][0]
