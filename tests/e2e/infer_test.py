"""Commands that use a model: what they say of input and models that do not fit, and that they stream."""
import json
import os
import pathlib
import subprocess
import time

import pytest
import torch
import transformers
from transformers import BertConfig, ElectraConfig

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "가", "나", "##가", "##나", "다"]
SHAPE = dict(vocab_size=len(TOKENS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
             max_position_embeddings=16)


def make(folder, name, tokens=TOKENS, **more):
    torch.manual_seed(1)
    config = (ElectraConfig if name.startswith("Electra") else BertConfig)(**SHAPE | more)
    getattr(transformers, name)(config).save_pretrained(folder / name)
    (folder / name / "vocab.txt").write_text("".join(t + "\n" for t in tokens), encoding="utf-8")
    (folder / name / "tokenizer_config.json").write_text('{"strip_accents": false}')
    return folder / name


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    names = ["BertModel", "BertForMaskedLM", "BertForSequenceClassification", "BertForTokenClassification",
             "BertForQuestionAnswering", "ElectraForPreTraining"]
    return {name: make(folder, name) for name in names}


def run(*arguments, stdin="", code=0, **more):
    stdin = stdin if isinstance(stdin, bytes) else stdin.encode()
    done = subprocess.run([LMKOR, *map(str, arguments)], input=stdin, capture_output=True, **more)
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode(), done.stderr.decode()


WITHOUT_HEAD = [
    ("fill-mask", "BertModel", "got BertModel, filling masks expects BertForMaskedLM or BertForPreTraining"),
    ("predict", "BertForMaskedLM", "got BertForMaskedLM, predicting a label expects BertForSequenceClassification"),
    ("ner", "BertForSequenceClassification",
     "got BertForSequenceClassification, tagging words expects BertForTokenClassification"),
    ("answer", "BertModel", "got BertModel, answering questions expects BertForQuestionAnswering"),
    ("detect", "BertForMaskedLM", "got BertForMaskedLM, finding replaced tokens expects a model of another family"),
]


@pytest.mark.parametrize("command, name, text", WITHOUT_HEAD)
def test_a_missing_head(models, command, name, text):
    for lines in ("가\n", ""):
        out, error = run(command, "--model", models[name], stdin=lines, code=65)
        assert out == "" and error == f"lmkor: error (incompatible): {models[name]}: {text}\n"


def test_a_head_that_the_weights_lack(models, tmp_path):
    model = make(tmp_path, "BertModel")
    config = json.loads((model / "config.json").read_text()) | {"architectures": ["BertForSequenceClassification"]}
    (model / "config.json").write_text(json.dumps(config))
    error = run("predict", "--model", model, code=65)[1]
    assert error == (f"lmkor: error (incompatible): {model}: config.json says BertForSequenceClassification, the weights lack "
                     "its head\n  classifier.weight: missing\n  classifier.bias: missing\n")


def test_lines_that_cannot_be_answered(models):
    out, error = run("fill-mask", "--model", models["BertForMaskedLM"], stdin="[MASK]\n나 [MASK]\n가\n[MASK]\n", code=65)
    assert len(out.splitlines()) == 2
    assert error == "lmkor: error (data): standard input:3: got no [MASK], expected one at least\n"
    long = "가 " * 20 + "[MASK]\n"
    error = run("fill-mask", "--model", models["BertForMaskedLM"], stdin=long, code=65)[1]
    assert error == ("lmkor: error (data): standard input:1: got no [MASK] in the first 16 tokens, expected one at least; "
                     "shorten the text\n")
    answer = models["BertForQuestionAnswering"]
    out, error = run("answer", "--model", answer, stdin="가\t나 다\n\n", code=65)
    assert len(out.splitlines()) == 1
    assert error == ("lmkor: error (data): standard input:2: got no tab, expected a question and a context divided by one\n")
    error = run("answer", "--model", answer, stdin="가\t\n", code=65)[1]
    assert error == "lmkor: error (data): standard input:1: got a context without tokens, expected a text\n"
    error = run("answer", "--model", answer, stdin="가 " * 12 + "\t나\n", code=65)[1]
    assert error == ("lmkor: error (data): standard input:1: got a question of 12 tokens, expected at most 9, which leave room "
                     "for a context\n")
    error = run("predict", "--model", models["BertForSequenceClassification"], "--pairs", stdin="가\t나\t다\n", code=65)[1]
    assert error == ("lmkor: error (data): standard input:1: got 3 columns, expected 2 texts divided by a tab (--pairs)\n")


def test_empty_lines(models):
    lines = "\n \n가"  # the last line has no end
    for command, name in [("encode", "BertModel"), ("predict", "BertForSequenceClassification"),
                          ("ner", "BertForTokenClassification"), ("detect", "ElectraForPreTraining")]:
        answers = [json.loads(line) for line in run(command, "--model", models[name], stdin=lines)[0].splitlines()]
        assert len(answers) == 3
        if command == "ner":
            assert answers[0] == answers[1] == {"words": [], "tags": [], "entities": []}
        if command == "detect":
            assert answers[0] == answers[1] == {"tokens": [], "words": []}
            assert answers[2]["tokens"][0]["token"] == "가"
        assert run(command, "--model", models[name])[0] == ""


def test_broken_utf8(models, tmp_path):
    lines = b"\xea\xb0\x80\n\xea\xb0 \xeb\x82\x98\n"
    out, error = run("ner", "--model", models["BertForTokenClassification"], stdin=lines)
    assert [json.loads(line)["words"] for line in out.splitlines()] == [["가"], ["\ufffd", "나"]]
    assert error.endswith("1 broken parts of UTF-8 became U+FFFD\n")
    (tmp_path / "a.txt").write_bytes(lines)
    out, error = run("ner", "--model", models["BertForTokenClassification"], "--invalid-utf8", "error", tmp_path / "a.txt", code=65)
    assert len(out.splitlines()) == 1
    assert error == (f"lmkor: error (data): {tmp_path}/a.txt:2: got broken UTF-8 at byte 1 of the line, expected sound UTF-8; "
                     "--invalid-utf8 replace makes it U+FFFD\n")


def test_long_lines_are_counted(models):
    lines = "가 나\n" + "가 " * 30 + "\n" + "나 " * 15 + "\n"
    error = run("predict", "--model", models["BertForSequenceClassification"], stdin=lines)[1]
    assert error.endswith("2 lines were longer than the model takes and were cut\n")
    out, error = run("ner", "--model", models["BertForTokenClassification"], stdin=lines)
    assert len(json.loads(out.splitlines()[1])["words"]) == 30
    assert error.endswith("2 lines were longer than the model takes and were looked at through windows\n")


def test_settings(models, tmp_path):
    model = models["BertModel"]
    error = run("encode", "--model", model, "--max-length", "17", code=2)[1]
    assert "max_length: got 17, expected 0 or a number from 8 to 16, the positions that the model has" in error
    error = run("encode", "--model", model, "--format", "npy", "--pooling", "none", code=2)[1]
    assert "output: got none, expected a file for --format npy" in error
    assert "format: got npy for --pooling none, expected safetensors or jsonl" in error
    (tmp_path / "out.npy").write_text("there")
    assert "exists already" in run("encode", "--model", model, "--format", "npy", "--output", tmp_path / "out.npy", code=73)[1]
    assert "no such folder" in run("encode", "--model", tmp_path / "none", code=66)[1]
    (tmp_path / "text").write_bytes(b"\xff\n")
    run("encode", "--model", model, "--format", "npy", "--output", tmp_path / "new.npy", "--invalid-utf8", "error", tmp_path / "text",
        code=65)
    assert not list(tmp_path.glob("new.npy*")), "nothing half-written stays"


def test_a_vocabulary_that_does_not_belong(models, tmp_path):
    error = run("encode", "--model", make(tmp_path, "BertModel", TOKENS + ["라", "마"]), code=65)[1]
    assert "the tokenizer has 12 tokens, the model a word table of 10" in error
    without = [t for t in TOKENS if t != "[CLS]"]
    error = run("encode", "--model", make(tmp_path, "BertModel", without), code=65)[1]
    assert "the vocabulary has no [CLS]" in error
    without = [t for t in TOKENS if t != "[MASK]"]
    error = run("fill-mask", "--model", make(tmp_path, "BertForMaskedLM", without), stdin="가\n", code=65)[1]
    assert error.endswith("the vocabulary has no [MASK], which this needs\n")


def test_names_of_the_cache(models, tmp_path):
    snapshot = tmp_path / "models--somebody--small" / "snapshots" / ("a" * 40)
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(models["BertModel"])
    (tmp_path / "models--somebody--small" / "refs").mkdir()
    (tmp_path / "models--somebody--small" / "refs" / "main").write_text("a" * 40)
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path)}
    got = run("encode", "--model", "somebody/small", stdin="가\n", env=environment)[0]
    assert got == run("encode", "--model", models["BertModel"], stdin="가\n")[0]


def test_answers_come_as_lines_do(models):
    process = subprocess.Popen([LMKOR, "predict", "--model", models["BertForSequenceClassification"]], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    for line in ("가\n", "나 다\n"):
        process.stdin.write(line.encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["label"].startswith("LABEL_")
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def test_memory_does_not_grow_with_the_input(models, tmp_path):
    def peak(lines):
        (tmp_path / "text").write_text("가 나 다가나\n" * lines, encoding="utf-8")
        process = subprocess.Popen([LMKOR, "predict", "--model", models["BertForSequenceClassification"], tmp_path / "text"],
                                   stdout=subprocess.DEVNULL)
        most = 0
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            except OSError:
                break
            most = max([most] + [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")])
            time.sleep(0.01)
        assert process.wait() == 0
        return most

    small, large = peak(20_000), peak(200_000)
    assert large < small + 40_000, f"{small} KB for 20,000 lines, {large} KB for 200,000"
