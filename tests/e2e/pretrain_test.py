"""lmkor pretrain, finetune and evaluate from end to end: what a user sees when it goes well, is killed, or cannot go."""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
SOURCE = pathlib.Path(os.environ["LMKOR_SOURCE"])
TINY = ["--model-hidden-size", 32, "--model-num-hidden-layers", 2, "--model-num-attention-heads", 2,
        "--model-intermediate-size", 64, "--model-max-position-embeddings", 64, "--train-sequence-length", 32,
        "--train-batch-sequences", 8, "--model-initializer-range", 0.15]


def start(*arguments, **options):
    return subprocess.Popen([LMKOR, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            **options)


def run(*arguments, code=0, **options):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True, **options)
    assert done.returncode == code, done.stderr
    return done


def pretrain(work, output, *arguments, family="electra", steps=20, code=0, shards="shards"):
    return run("pretrain", "--data", work / shards, "--output", output, "--model-family", family, *TINY,
               "--train-steps", steps, "--train-log-every-steps", 1, "--progress", "none", *arguments, code=code)


def metrics(output):
    """metrics.jsonl without what depends on the clock."""
    lines = [json.loads(line) for line in (output / "metrics.jsonl").read_text().splitlines()]
    clock = ("seconds", "tokens_per_second", "waiting_share", "flops_per_second", "utilisation")
    return [{k: v for k, v in line.items() if k not in clock} for line in lines]


def weights(output):
    return {str(p.relative_to(output)): p.read_bytes() for p in sorted(output.glob("*/model.safetensors"))}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretrain")
    subprocess.run([sys.executable, SOURCE / "examples/make_reviews.py", "--output", folder / "data", "--documents", "6000",
                    "--examples", "1500"], check=True, capture_output=True)
    run("vocab", "train", folder / "data/corpus", "--output", folder / "vocab", "--size", 3000, "--unused", 50)
    run("shard", folder / "data/corpus", "--tokenizer", folder / "vocab", "--output", folder / "shards")
    pretrain(folder, folder / "run", steps=60)
    return folder


def test_what_lies_in_a_run(work):
    output = work / "run"
    lines = metrics(output)
    assert [line["step"] for line in lines] == list(range(1, 61))
    for key in ("loss", "masked_lm_loss", "masked_lm_accuracy", "sampled_masked_lm_accuracy", "disc_loss", "disc_accuracy",
                "disc_auc", "disc_precision", "disc_recall", "lr", "gradient_norm", "tokens"):
        assert key in lines[-1], key
    assert lines[-1]["validation_loss"] > 0
    run_json = json.loads((output / "run.json").read_text())
    assert run_json["command"] == "pretrain" and run_json["parents"][0]["path"] == str(work / "shards")
    page = (output / "report.html").read_text()
    assert "Loss of the generator" in page and "<svg" in page and "http" not in page.replace("http://www.w3.org", "")
    # the settings beside the run repeat it
    again = work / "again"
    run("pretrain", "--config", output / "run.toml", "--output", again, "--progress", "none")
    assert weights(again) == weights(output)


def test_folders_load_in_transformers(work):
    from transformers import AutoTokenizer, ElectraForMaskedLM, ElectraForPreTraining, ElectraModel
    for kind, folder in ((ElectraForPreTraining, "model"), (ElectraForMaskedLM, "generator")):
        model, info = kind.from_pretrained(work / "run" / folder, output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
        assert model.config.vocab_size == 3000
    ElectraModel.from_pretrained(work / "run/model")
    tokenizer = AutoTokenizer.from_pretrained(work / "run/model")
    text = "배송이 빨라서 좋았습니다 ㅋㅋ"
    ours = run("tokenize", "--tokenizer", work / "run/model", "--special", input=text + "\n").stdout
    assert tokenizer(text)["input_ids"] == [int(i) for i in ours.split()]


@pytest.mark.parametrize("family", ["bert", "electra"])
def test_killed_at_any_moment_and_started_again_is_as_never_stopped(work, family):
    whole, killed = work / f"whole-{family}", work / f"killed-{family}"
    options = ["--train-checkpoint-every-steps", 3, "--train-precision", "bf16"]
    pretrain(work, whole, *options, family=family, steps=40)
    command = ["pretrain", "--data", work / "shards", "--output", killed, "--model-family", family, *TINY, "--train-steps",
               40, "--train-log-every-steps", 1, "--progress", "none", *options]
    kills, finished = 0, False
    while not finished:
        process = start(*command)
        seen = len((killed / "metrics.jsonl").read_text().splitlines()) if (killed / "metrics.jsonl").exists() else 0
        deadline = time.time() + 60
        while process.poll() is None and kills < 4 and time.time() < deadline:
            if (killed / "metrics.jsonl").exists() and len((killed / "metrics.jsonl").read_text().splitlines()) > seen + 4:
                process.send_signal(signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        finished = process.wait() == 0
        process.communicate()
    assert kills >= 1
    assert metrics(killed) == metrics(whole)
    assert weights(killed) == weights(whole)
    # finished: the same command again changes nothing
    run(*command)
    assert weights(killed) == weights(whole) and metrics(killed) == metrics(whole)


def test_a_full_disk_does_no_harm(work):
    """Checkpoints that cannot be written are told of, the run goes on; the model at the end cannot be done without."""
    output = work / "full"
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    command = ["pretrain", "--data", work / "shards", "--output", output, "--model-family", "bert", *TINY, "--train-steps", 6,
               "--train-log-every-steps", 1, "--train-checkpoint-every-steps", 3, "--progress", "none"]
    error = run(*command, code=73, preexec_fn=limit).stderr
    for step in (3, 6):
        assert f"a checkpoint could not be written: {output}/checkpoints/.step-{step:08}.partial/values.safetensors" in error
    assert "File too large" in error and "the run goes on, and the last good checkpoint stays" in error
    assert list((output / "checkpoints").iterdir()) == [] and not (output / "model").exists()
    run(*command)
    whole = work / "not-full"
    run(*(whole if a == output else a for a in command))
    assert weights(output) == weights(whole) and metrics(output) == metrics(whole)


def test_a_broken_checkpoint_is_not_used(work):
    output, whole = work / "broken", work / "unbroken"
    options = ["--train-checkpoint-every-steps", 5, "--train-keep-checkpoints", 3]
    pretrain(work, whole, *options, family="bert", steps=20)
    shutil.copytree(whole, output)
    values = output / "checkpoints/step-00000020/values.safetensors"
    data = bytearray(values.read_bytes())
    data[len(data) // 2] ^= 1
    values.write_bytes(data)
    (output / "checkpoints/step-00000015/state.json").write_text("{")
    error = pretrain(work, output, *options, family="bert", steps=20).stderr
    assert f"{output}/checkpoints/step-00000020: this checkpoint is broken and is not used: values.safetensors: got XXH3 " in error
    assert "step-00000015: this checkpoint is broken" in error and "step-00000010, step 10 of 20" in error
    assert weights(output) == weights(whole) and metrics(output) == metrics(whole)
    for broken in (output / "checkpoints").glob("step-*"):
        (broken / "state.json").unlink()
    error = pretrain(work, output, *options, family="bert", steps=20, code=65).stderr
    assert "every checkpoint is broken; check the disk, then begin again with --resume never --force" in error


def test_tensorboard_reads_the_figures(work):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(str(work / "run"), size_guidance={"scalars": 0})
    events.Reload()
    lines = metrics(work / "run")
    for tag, key in (("train/loss", "loss"), ("train/lr", "lr"), ("train/disc_auc", "disc_auc")):
        scalars = events.Scalars(tag)
        assert [s.step for s in scalars] == [line["step"] for line in lines]
        assert [s.value for s in scalars] == pytest.approx([line[key] for line in lines], rel=1e-6)
    assert events.Scalars("validation/loss")[-1].value == pytest.approx(lines[-1]["validation_loss"], rel=1e-6)


@pytest.mark.parametrize("number,code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_the_same_command_goes_on(work, number, code):
    output = work / f"signal-{code}"
    command = ["pretrain", "--data", work / "shards", "--output", output, "--model-family", "bert", *TINY, "--train-steps",
               100000, "--train-log-every-steps", 1, "--progress", "none"]
    process = start(*command)
    while not (output / "metrics.jsonl").exists() or (output / "metrics.jsonl").stat().st_size == 0:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert f"of 100000; the state is in {output}, and the same command goes on from there" in error
    assert len(list((output / "checkpoints").iterdir())) == 1 and not (output / "model").exists()


def test_the_loss_falls_below_the_entropy_of_single_tokens(work):
    result = json.loads(run("pretrain", "--config", SOURCE / "recipes/bert-tiny.toml", "--data", work / "shards", "--output",
                            work / "entropy", "--train-steps", 500, "--progress", "none", "--json").stdout)
    assert result["loss"] < result["unigram_entropy"] - 0.5
    assert result["validation_loss"] < result["unigram_entropy"] - 0.5
    assert result["seconds"] < 60 or os.getloadavg()[0] > 3  # about ten seconds on two idle cores


def test_statistics_of_batches(work):
    found = json.loads(run("inspect", work / "shards", "--config", SOURCE / "recipes/bert-tiny.toml", "--batches", 50,
                           "--json").stdout)["batches"]
    masking = found["masking"]
    # a word over the budget is skipped, so less than 15 % is masked
    assert 0.11 < masking["share_of_tokens"] <= 0.15
    assert abs(masking["mask"] - 0.8) < 0.01 and abs(masking["random"] - 0.1) < 0.01 and abs(masking["kept"] - 0.1) < 0.01
    assert found["whole_words"]["whole_share"] == 1 and masking["special_tokens_predicted"] == 0
    assert found["padding"]["share"] == 0
    assert found["pairs"]["pairs"] == 0 and 1 <= found["whole_words"]["masked_words_in_a_row"]["mean"] < 1.35
    found = json.loads(run("inspect", work / "shards", "--config", SOURCE / "recipes/albert-tiny.toml", "--batches", 50,
                           "--json").stdout)["batches"]
    assert 0.11 < found["masking"]["share_of_tokens"] <= 0.15 and found["whole_words"]["whole_share"] == 1
    assert 1.2 < found["whole_words"]["masked_words_in_a_row"]["mean"] < 2
    assert abs(found["pairs"]["changed_share"] - 0.5) < 0.04 and 0.1 < found["pairs"]["share_of_sequences"] < 1
    text = run("inspect", work / "shards", "--config", SOURCE / "recipes/electra-tiny-demo.toml", "--batches", 5).stdout
    assert "of the words with a predicted piece" in text
    assert "--batches is for shards, got a tokenizer" in run("inspect", work / "vocab", "--batches", 5, code=2).stderr


def test_a_dry_run_says_what_it_would_take_and_writes_nothing(work):
    command = ["pretrain", "--config", SOURCE / "recipes/albert-tiny.toml", "--data", work / "shards", "--output", work / "dry",
               "--dry-run"]
    found = json.loads(run(*command, "--json").stdout)
    assert found["steps"] == 1000 and found["parameters"] > 64 * 3000
    assert found["flop"] > 6 * found["tokens"] * 2 * 12 * 128 * 128
    assert found["here"]["hours"] > found["h100"]["hours"] > 0
    assert found["memory_bytes"]["all"] > 16 * found["parameters"]
    assert not (work / "dry").exists()


def test_bad_recipes_and_foreign_artefacts(work):
    recipe = work / "recipe.toml"
    recipe.write_text('[model]\nfamily = "bert"\nhiden_size = 64\nnum_attention_heads = 5\n[train]\nsteps = -1\n')
    error = run("pretrain", "--config", recipe, "--data", work / "shards", "--output", work / "x", code=2).stderr
    assert f"{recipe}:3: unknown setting 'model.hiden_size'; did you mean 'model.hidden_size'?" in error
    assert "model.num_attention_heads: got 5, expected a divisor of hidden_size 768" in error
    assert f"{recipe}:6: train.steps: got -1, expected at least 0" in error and "3 faults" in error or "4 faults" in error
    assert not (work / "x").exists()

    error = run("pretrain", "--data", work / "shards", "--output", work / "x", code=2).stderr
    assert "train.steps: got 0, expected at least 1, or train.minutes more than 0; give a recipe (--config)" in error
    assert "absent: " in run("pretrain", "--data", work / "absent", "--output", work / "x", "--train-steps", 1, code=66).stderr
    assert "no checkpoint to go on from (--resume required)" in pretrain(work, work / "x", "--resume", "required", code=66).stderr
    shutil.rmtree(work / "x", ignore_errors=True)

    # the run was made with other settings; a folder of something else is never touched
    assert "this run was begun with other settings:\n  train.learning_rate: it has 0.0001, got 0.001" in pretrain(
        work, work / "run", "--train-learning-rate", 0.001, steps=60, code=65).stderr
    assert "exists already" in pretrain(work, work / "vocab", code=73).stderr
    (work / "file").write_text("x")
    assert "file" in pretrain(work, work / "file/run", code=73).stderr

    run("vocab", "train", work / "data/corpus", "--output", work / "vocab2", "--size", 3000, "--unused", 40)
    run("shard", work / "data/corpus", "--tokenizer", work / "vocab2", "--output", work / "shards2")
    error = pretrain(work, work / "x", "--init", work / "run", shards="shards2", code=65).stderr
    assert "these shards belong to another vocabulary" in error
    error = run("pretrain", "--data", work / "shards", "--output", work / "x", "--init", work / "run", "--model-hidden-size",
                48, "--train-steps", 1, code=2).stderr
    assert f"--model-hidden-size: model.hidden_size: got 48, but --init {work}/run/model has 32; leave it out" in error
    assert "device" in run("pretrain", "--data", work / "shards", "--output", work / "x", "--train-steps", 1, "--device",
                           "cuda", code=69).stderr


def test_every_shipped_recipe_is_understood():
    commands = {"nsmc": ["finetune", "--model", "m", "--task", "nsmc", "--data", "d"]}
    recipes = sorted((SOURCE / "recipes").rglob("*.toml"))
    assert len(recipes) >= 5
    for recipe in recipes:
        command = commands.get(recipe.name.split("-")[0], ["pretrain", "--data", "d"])
        run(*command, "--output", "o", "--config", recipe, "--print-config")


@pytest.fixture(scope="module")
def tuned(work):
    arguments = ["finetune", "--model", work / "run", "--task", "nsmc", "--data", work / "data/tasks", "--output",
                 work / "tuned", "--seeds", 2, "--finetune-epochs", 6, "--finetune-learning-rate", 2e-3,
                 "--finetune-max-length", 48, "--progress", "none"]
    run(*arguments)
    return work / "tuned", arguments


def test_scores_and_predictions_agree_with_transformers(work, tuned):
    import torch
    from sklearn.metrics import accuracy_score
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    output, _ = tuned
    results = json.loads((output / "results.json").read_text())
    assert results["task"] == "nsmc" and results["metric"] == "accuracy" and len(results["test"]["seeds"]) == 2
    assert results["test"]["mean"] == pytest.approx(sum(results["test"]["seeds"]) / 2)
    assert results["test"]["mean"] > 0.6  # chance is 0.5
    best = results["best_seed"]
    lines = [json.loads(line) for line in (output / f"predictions/test-seed{best}.jsonl").read_text().splitlines()]
    rows = [line.split("\t") for line in (work / "data/tasks/nsmc/test.tsv").read_text().splitlines()[1:]]
    assert [line["id"] for line in lines] == [row[0] for row in rows]
    assert [line["gold"] for line in lines] == [row[2] for row in rows]
    gold, said = [line["gold"] for line in lines], [line["prediction"] for line in lines]
    seed_score = results["test"]["seeds"][[run["seed"] for run in results["runs"]].index(best)]
    assert seed_score == pytest.approx(accuracy_score(gold, said))

    model, info = AutoModelForSequenceClassification.from_pretrained(output / "model", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert model.config.id2label == {0: "0", 1: "1"}
    tokenizer = AutoTokenizer.from_pretrained(output / "model")
    inputs = tokenizer([row[1] for row in rows[:64]], padding=True, truncation=True, max_length=48, return_tensors="pt")
    with torch.no_grad():
        shares = model.eval()(**inputs).logits.softmax(-1)
    for line, share in zip(lines, shares.tolist()):
        assert line["scores"]["1"] == pytest.approx(share[1], abs=1e-4)

    found = json.loads(run("evaluate", "--model", output, "--task", "nsmc", "--data", work / "data/tasks/nsmc/test.tsv",
                           "--max-length", 48, "--json").stdout)
    assert found["score"] == pytest.approx(seed_score) and found["examples"] == len(rows)


def test_finetuning_goes_on_with_the_next_seed(work, tuned):
    output, arguments = tuned
    again = work / "tuned-again"
    arguments = [again if a == output else a for a in arguments]
    process = start(*arguments)
    while not (again / "seeds/seed-1").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130, error
    run(*arguments)
    whole, pieces = (json.loads((folder / "results.json").read_text()) for folder in (output, again))
    assert whole["test"] == pieces["test"] and whole["dev"] == pieces["dev"]
    assert (again / "model/model.safetensors").read_bytes() == (output / "model/model.safetensors").read_bytes()
    assert "exists already" in run(*arguments, code=73).stderr


def test_random_weights_take_only_the_shape(work, tuned):
    output, arguments = tuned
    arguments = [work / "random" if a == output else a for a in arguments] + ["--random-weights", "--seeds", 1]
    run(*arguments)
    results = json.loads((work / "random/results.json").read_text())
    assert results["model"].startswith("random weights in the shape of ")
    assert (work / "random/predictions/test-seed1.jsonl").read_text() != (
        output / "predictions/test-seed1.jsonl").read_text()


def test_what_finetune_and_evaluate_refuse(work, tuned):
    output, _ = tuned
    base = ["finetune", "--model", work / "run", "--data", work / "data/tasks", "--output", work / "y"]
    error = run(*base, "--task", "nsmk", code=2).stderr
    assert '--task: got "nsmk", expected one of nsmc, ' in error and "did you mean nsmc?" in error
    assert "no train.tsv or ratings_train.txt in it" in run("finetune", "--model", work / "run", "--task", "nsmc", "--data", work, "--output",
                                       work / "y", code=66).stderr
    assert "no model: expected a folder with config.json" in run(
        "finetune", "--model", work / "vocab", "--task", "nsmc", "--data", work / "data/tasks", "--output", work / "y",
        code=66).stderr
    assert "the model has 64 positions" in run(*base, "--task", "nsmc", "--finetune-max-length", 100, code=2).stderr
    test = work / "data/tasks/nsmc/test.tsv"
    assert "labels of the classifier: got none, expected 0, 1 of the task nsmc" in run(
        "evaluate", "--model", work / "run", "--task", "nsmc", "--data", test, code=65).stderr
    assert "got the folder" in run("evaluate", "--model", output, "--task", "nsmc", "--data", test.parent, code=2).stderr
