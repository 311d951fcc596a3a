"""A model learns a domain: its terms get slots of the vocabulary and rows of their own, which are trained first alone, then
everything is with a share of general text. The domain's loss falls, the general loss stays within the stated bound."""
import json
import os
import pathlib
import random
import subprocess
import sys

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])
BOUND = 0.1  # nats that the general loss may rise
TERMS = ["심근경색", "혈압강하제", "관상동맥", "고지혈증", "부정맥환자", "협심증약"]
SIGNS = ["가슴이 답답하고", "숨이 차고", "어지럽고", "식은땀이 나고", "손발이 저리고"]
ENDS = ["입원했습니다", "약을 바꿨습니다", "다시 검사했습니다", "수술을 미뤘습니다"]
MODEL = ["--model-family", "bert", "--model-hidden-size", 64, "--model-num-hidden-layers", 2, "--model-num-attention-heads", 4,
         "--model-intermediate-size", 128, "--model-max-position-embeddings", 64, "--model-initializer-range", 0.12]
TRAIN = ["--train-sequence-length", 64, "--train-batch-sequences", 16, "--train-log-every-steps", 20, "--progress", "none",
         "--set", "train.dropout=false"]


def run(*arguments, code=0):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def lines_of(output):
    return [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapt")
    subprocess.run([sys.executable, SOURCE / "examples/make_reviews.py", "--output", folder / "data", "--documents", "4000",
                    "--examples", "100"], check=True, capture_output=True)
    rng = random.Random(5)
    lines = []
    for _ in range(2500):
        term, other = rng.sample(TERMS, 2)
        lines.append(f"{rng.choice(SIGNS)} {term}{'으로' if rng.random() < .5 else '이'} 의심되어 {other}{'도' if rng.random() < .5 else '은'} "
                     f"살핀 뒤 {rng.choice(ENDS)}")
    (folder / "clinic.txt").write_text("\n\n".join(lines) + "\n")
    general = folder / "data/corpus"
    # a vocabulary that knows the domain's characters but not its words
    (folder / "letters.txt").write_text("\n".join(" ".join(c + "다" + c for c in "".join(TERMS)) for _ in range(20)) + "\n")
    run("vocab", "train", general, folder / "letters.txt", "--output", folder / "vocab", "--size", 3000, "--unused", 50)
    run("shard", general, "--tokenizer", folder / "vocab", "--output", folder / "before")
    run("pretrain", "--data", folder / "before", "--output", folder / "base", *MODEL, *TRAIN, "--train-steps", 500,
        "--train-learning-rate", 2e-3, "--train-bias-from-frequencies")
    run("vocab", "extend", "--tokenizer", folder / "vocab", "--domain", folder / "clinic.txt", "--general", general, "--count",
        20, "--output", folder / "extended")
    run("shard", folder / "clinic.txt", "--tokenizer", folder / "extended", "--output", folder / "clinic")
    run("shard", general, "--tokenizer", folder / "extended", "--output", folder / "general")
    return folder


def adapt(work, output, *arguments, code=0):
    return run("pretrain", "--init", work / "base", "--extension", work / "extended/extension.json", "--output", output, *TRAIN,
               "--data", f"{work}/clinic=0.4", "--data", f"{work}/general=0.6", "--train-learning-rate", 1e-3, *arguments,
               code=code)


def test_the_domain_is_learnt_and_the_general_is_kept(work):
    output = work / "adapted"
    adapt(work, output, "--train-steps", 300, "--train-extension-steps", 60, "--train-validate-every-steps", 60)
    lines = {line["step"]: line for line in lines_of(output) if "validation_loss" in line}
    before, rows_only, after = lines[0], lines[60], lines[300]
    clinic, general = "validation_clinic_masked_lm_loss", "validation_general_masked_lm_loss"
    assert rows_only[clinic] < before[clinic]  # the new rows alone are worth something
    assert rows_only[general] < before[general] + BOUND
    assert after[clinic] < 0.6 * before[clinic]
    assert after[general] < before[general] + BOUND
    print({key: (before[key], rows_only[key], after[key]) for key in (clinic, general)})
    # the mapping goes with the model, which loads with its new tokens
    assert json.loads((output / "model/extension.json").read_text())["terms"]
    from transformers import AutoModelForMaskedLM, AutoTokenizer
    AutoModelForMaskedLM.from_pretrained(output / "model")
    assert AutoTokenizer.from_pretrained(output / "model").tokenize("심근경색")[0].startswith("심근경색"[:3])


def test_general_text_is_what_keeps_the_general_loss(work):
    output = work / "forgetful"
    run("pretrain", "--init", work / "base", "--extension", work / "extended/extension.json", "--output", output, *TRAIN,
        "--data", work / "clinic", "--train-learning-rate", 1e-3, "--train-steps", 300)
    last = run("pretrain", "--init", output, "--data", work / "general", "--output", work / "probe", *TRAIN, "--train-steps", 1)
    forgotten = lines_of(work / "probe")[0]["validation_masked_lm_loss"]
    kept = [line for line in lines_of(work / "adapted") if "validation_loss" in line][-1]["validation_general_masked_lm_loss"]
    assert forgotten > kept + BOUND, last.stderr


def test_what_does_not_belong_together_is_refused(work):
    error = run("pretrain", "--init", work / "adapted", "--extension", work / "extended/extension.json", "--output", work / "x",
                "--data", work / "clinic", *TRAIN, "--train-steps", 1, code=65).stderr
    assert "this model has the new tokens already: leave --extension out" in error
    error = run("pretrain", "--init", work / "base", "--extension", work / "extended/extension.json", "--output", work / "x",
                "--data", work / "before", *TRAIN, "--train-steps", 1, code=65).stderr
    assert "these shards belong to another vocabulary" in error and "of --extension" in error
    error = run("pretrain", "--extension", "e.json", "--output", work / "x", "--data", work / "before", "--train-steps", 1,
                code=2).stderr
    assert "extension: expected --init with the model to extend beside it" in error
    error = run("pretrain", "--output", work / "x", "--data", work / "before", "--train-steps", 9, "--train-extension-steps", 3,
                code=2).stderr
    assert "train.extension_steps: got 3, expected --extension beside it" in error
    error = run("pretrain", "--output", work / "x", "--data", f"{work}/before=much", "--train-steps", 9, code=2).stderr
    assert 'got the weight "much", expected a number more than 0: FOLDER=0.7' in error


def test_runs_are_compared(work):
    found = json.loads(run("runs", "compare", work / "base", work / "adapted", "--output", work / "comparison", "--json").stdout)
    assert [r["name"] for r in found["runs"]] == ["base", "adapted"] and found["runs"][0]["step"] == 500
    assert found["differing"]["train.steps"] == ["500", "300"] and "output" not in found["differing"]
    page = (work / "comparison/report.html").read_text()
    assert "<svg" in page and "Settings that differ" in page and "adapted" in page
    assert "held-out masked LM loss" in run("runs", "compare", work / "base", work / "adapted").stdout
    assert "holds no metrics.jsonl; give the output folder of lmkor pretrain" in run("runs", "compare", work / "vocab",
                                                                                     code=66).stderr
