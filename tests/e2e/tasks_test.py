"""lmkor finetune, evaluate, suite, audit and scaling on tasks of every kind, as a user runs them."""
import json
import os
import pathlib
import random
import subprocess
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
GOOD, BAD = ["재밌어요", "최고다", "추천해요"], ["지루해요", "최악이다", "돈아까워"]
REST = ["영화", "배우", "음악", "연출", "어제", "친구랑", "극장에서", "그냥"]
SHORT = ["--finetune-epochs", 8, "--finetune-learning-rate", 3e-3, "--finetune-max-length", 32, "--progress", "none"]


def run(*arguments, code=0):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done


def sentence(rng, good):
    words = [rng.choice(REST) for _ in range(rng.randint(1, 4))] + [rng.choice(GOOD if good else BAD)]
    rng.shuffle(words)
    return " ".join(words)


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))


def parts(make, sizes=(240, 60, 80)):
    rng = random.Random(1)
    return {name: [make(rng, i) for i in range(size)] for name, size in zip(("train", "dev", "test"), sizes)}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A tiny ELECTRA with random weights, and tasks that it can learn."""
    import torch
    from transformers import ElectraConfig, ElectraModel
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tasks")
    rng = random.Random(0)
    (folder / "text.txt").write_text("\n".join(sentence(rng, i % 2) + " 0 1 서울에서 부산으로 누가 갔나" for i in range(400)))
    run("vocab", "train", folder / "text.txt", "--output", folder / "vocab", "--size", 110, "--unused", 5)
    tokens = len((folder / "vocab/vocab.txt").read_text().splitlines())
    for name, width in (("small", 32), ("wide", 64)):
        config = ElectraConfig(vocab_size=tokens, embedding_size=width, hidden_size=width, num_hidden_layers=2,
                               num_attention_heads=2, intermediate_size=2 * width, max_position_embeddings=64,
                               initializer_range=0.1)
        ElectraModel(config).save_pretrained(folder / name)
        for file in (folder / "vocab").glob("*.[jt]*"):
            if "token" in file.name or file.name == "vocab.txt":
                (folder / name / file.name).write_bytes(file.read_bytes())
    tasks = folder / "tasks"
    for part, rows in parts(lambda rng, i: (i, sentence(rng, i % 2), i % 2)).items():
        write(tasks / f"nsmc/{part}.tsv", [("id", "document", "label"), *rows])
    for part, rows in parts(lambda rng, i: (sentence(rng, i % 2), sentence(rng, i % 2), i % 2)).items():
        write(tasks / f"question-pair/{part}.tsv", [("question1", "question2", "is_duplicate"), *rows])
    for part, rows in parts(lambda rng, i: ("g", "f", "y", i, 4.5 if i % 2 else 0.5, sentence(rng, i % 2), "영화")).items():
        write(tasks / f"korsts/{part}.tsv", [("genre", "filename", "year", "id", "score", "sentence1", "sentence2"), *rows])

    def tagged(rng, i):
        words = sentence(rng, i % 2).split()
        return " ".join(words), " ".join("PS-B" if w in GOOD else "LC-B" if w in BAD else "O" for w in words)

    for part, rows in parts(tagged).items():
        write(tasks / f"klue-ner/{part}.tsv", rows)

    def question(rng, i):
        context = sentence(rng, i % 2)
        answer = next(w for w in context.split() if w in GOOD + BAD)
        return {"context": context, "qas": [{"id": str(i), "question": "어제 영화", "answers": [
            {"text": answer, "answer_start": context.index(answer)}]}]}

    (tasks / "korquad").mkdir()
    for part, rows in parts(question).items():
        (tasks / f"korquad/{part}.json").write_text(json.dumps({"data": [{"title": "t", "paragraphs": rows}]}))
    return folder


def finetune(work, task, output, *arguments, model="small", code=0, data=None):
    return run("finetune", "--model", work / model, "--task", task, "--data", data or work / "tasks", "--output", output,
               "--seeds", 1, *SHORT, *arguments, code=code)


def results(output):
    return json.loads((output / "results.json").read_text())


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("task, least", [("question-pair", 0.6), ("korsts", 0.7), ("klue-ner", 0.8), ("korquad", 0.7)])
def test_every_kind_of_task_is_learnt(work, tmp_path, task, least):
    output = tmp_path / "run"
    finetune(work, task, output)
    found = results(output)
    assert found["test"]["mean"] > least, found["test"]
    rows = lines(output / "predictions/test-seed1.jsonl")
    assert len(rows) == 80
    test = work / "tasks" / task / ("test.json" if task == "korquad" else "test.tsv")
    again = json.loads(run("evaluate", "--model", output, "--task", task, "--data", test, "--max-length", 32,
                           "--json").stdout)
    assert again["score"] == pytest.approx(found["test"]["mean"], abs=1e-6)
    assert again["metrics"] == pytest.approx({k: v["mean"] for k, v in found["test"]["metrics"].items()}, abs=1e-6)


def test_tasks_of_ones_own(work, tmp_path):
    rng = random.Random(3)
    labels = {"좋음": GOOD, "나쁨": BAD}
    data = tmp_path / "data"
    data.mkdir()
    for part, size in (("train", 300), ("test", 60)):
        with open(data / f"{part}.jsonl", "w") as file:
            for i in range(size):
                text = sentence(rng, True) if i % 3 == 0 else sentence(rng, False)
                text += " " + sentence(rng, True) if i % 3 == 1 else ""
                own = [name for name, words in labels.items() if set(words) & set(text.split())]
                file.write(json.dumps({"review": text, "topics": own, "mood": own[0], "stars": len(own)}) + "\n")
    common = 'train = "train.jsonl"\ntest = "test.jsonl"\ntext = "review"\n'
    tasks = {"topics": 'kind = "multi-label"\nlabel = "topics"\n', "mood": 'kind = "classification"\nlabel = "mood"\n',
             "stars": 'kind = "regression"\nlabel = "stars"\nmetric = "pearson"\n'}
    for name, text in tasks.items():
        (tmp_path / f"{name}.toml").write_text(common + text)
        output = tmp_path / name
        done = finetune(work, tmp_path / f"{name}.toml", output, data=data)
        assert "no dev file: 30 of 300 training examples, drawn by seed 1, are dev" in done.stderr
        found = results(output)
        assert found["data"]["dev"]["carved"] and found["data"]["train"]["examples"] == 270
        assert found["test"]["mean"] > (0.4 if name == "stars" else 0.7), (name, found["test"])
    config = json.loads((tmp_path / "topics/model/config.json").read_text())
    assert config["problem_type"] == "multi_label_classification" and set(config["id2label"].values()) == set(labels)

    (tmp_path / "bad.toml").write_text('kind = "taging"\nlabl = "x"\n')
    error = finetune(work, tmp_path / "bad.toml", tmp_path / "x", data=data, code=2).stderr
    assert "labl" in error and "taging" in error
    (tmp_path / "bad.toml").write_text(common + 'label = "mod"\n')
    assert 'no member "mod"; got review, topics, mood, stars (is it "mood"?)' in finetune(
        work, tmp_path / "bad.toml", tmp_path / "x", data=data, code=65).stderr


def test_options_of_training_and_search(work, tmp_path):
    output = tmp_path / "run"
    finetune(work, "question-pair", output, "--finetune-swap-pairs", "--finetune-reinit-layers", 1,
             "--finetune-average-epochs", 2, "--finetune-patience", 2, "--finetune-r-drop", 0.5,
             "--finetune-class-weights", "balanced", "--finetune-layer-decay", 0.9)
    assert 0 < results(output)["test"]["mean"] <= 1
    for kind, trials in (("grid", 4), ("halving", 7)):
        output = tmp_path / kind
        finetune(work, "nsmc", output, "--search", kind, "--search-space", "learning_rate=1e-6 3e-3", "--search-space",
                 "batch_size=16 32", "--search-trials", 4)
        search = json.loads((output / "search.json").read_text())
        assert len(search["trials"]) == trials and search["chosen"]["learning_rate"] == "3e-3"
        assert results(output)["protocol"]["learning_rate"] == "0.003"
    assert "search_space: got \"learning_rate\", expected a setting and its values" in finetune(
        work, "nsmc", tmp_path / "x", "--search", "grid", "--search-space", "learning_rate", code=2).stderr
    assert "is not a task of symmetric pairs" in finetune(work, "nsmc", tmp_path / "x", "--finetune-swap-pairs",
                                                          code=2).stderr


def test_test_file_that_is_the_training_file(work, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    text = (work / "tasks/nsmc/train.tsv").read_text()
    for part in ("train", "dev", "test"):
        (data / f"{part}.tsv").write_text(text)
    assert "so the score would say nothing" in finetune(work, "nsmc", tmp_path / "x", data=data, code=65).stderr
    finetune(work, "nsmc", tmp_path / "y", "--finetune-allow-test-in-train", "--force", data=data)
    assert results(tmp_path / "y")["data"]["test"]["in_train"] == 240


def test_noise(work, tmp_path):
    finetune(work, "nsmc", tmp_path / "run")
    found = json.loads(run("evaluate", "--model", tmp_path / "run", "--task", "nsmc", "--data",
                           work / "tasks/nsmc/test.tsv", "--max-length", 32, "--noise", "all", "--noise-share", 1,
                           "--json").stdout)
    assert set(found["noise"]) == {"blanks", "jamo", "slips", "laughs", "drops", "look-alikes"}
    for kind, row in found["noise"].items():
        assert row["loss"] == pytest.approx(found["score"] - row["score"]), kind
    assert found["noise"]["jamo"]["changed"] == 80 and found["noise"]["jamo"]["loss"] > 0.1
    test = work / "tasks/nsmc/test.tsv"
    assert 'got "typos", expected all or some of blanks, jamo' in run(
        "evaluate", "--model", tmp_path / "run", "--task", "nsmc", "--data", test, "--noise", "typos", code=2).stderr


def test_suite_goes_on_and_compares(work, tmp_path):
    output = tmp_path / "suite"
    arguments = ["suite", "--data", work / "tasks", "--output", output, "--tasks", "nsmc", "klue-ner", "--seeds", 2,
                 *SHORT]
    run(*arguments, "--model", work / "small")
    done = run(*arguments, "--model", work / "small", f"big={work / 'wide'}")
    assert "1 of 4: small on nsmc, finished before" in done.stderr
    table = json.loads((output / "table.json").read_text())
    for task in table["tasks"]:
        assert set(task["cells"]) == {"small", "big"} and any(cell["best"] for cell in task["cells"].values())
        (difference,) = task["differences"]
        assert 0 < difference["p_permutation"] <= 1 and difference["ci95"][0] <= difference["ci95"][1]
    page = (output / "table.md").read_text()
    assert "| electra-kor-base [L] | 91.29 †" in page and "† nsmc: train 240 rows of 150,000, test 80 rows of 50,000." in page
    assert (output / "report.html").exists() and page.splitlines()[0].startswith("| model | nsmc (accuracy)")
    assert "with other settings" in run(*arguments, "--model", work / "small", "--finetune-batch-size", 8, code=65).stderr


def test_a_killed_suite_ends_as_one_that_was_never_stopped(work, tmp_path):
    def arguments(output):
        return [LMKOR, "suite", "--data", work / "tasks", "--output", output, "--tasks", "nsmc", "korsts", "--seeds", 2,
                *SHORT, "--model", work / "small"]

    for kills in (1, 2):  # after the first and the second finished seed
        process = subprocess.Popen(list(map(str, arguments(tmp_path / "killed"))), stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list((tmp_path / "killed").rglob("seed-*/*.jsonl"))) < kills:
            time.sleep(0.02)
        process.kill()
        process.wait()
    run(*arguments(tmp_path / "killed")[1:])
    run(*arguments(tmp_path / "whole")[1:])
    killed, whole = (tmp_path / name / "table.json" for name in ("killed", "whole"))
    assert killed.read_text().replace("killed", "whole") == whole.read_text()
    for path in sorted((tmp_path / "whole").rglob("predictions/*.jsonl")):
        assert path.read_bytes() == (tmp_path / "killed" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_an_audit_with_a_model(work, tmp_path):
    rows = [line.split("\t") for line in (work / "tasks/nsmc/train.tsv").read_text().splitlines()]
    rows = [rows[0]] + [[row[0], f"글{i} {row[1]}", row[2]] for i, row in enumerate(rows[1:])]
    rows[10][2] = str(1 - int(rows[10][2]))
    write(tmp_path / "data/train.tsv", rows)
    summaries = []
    for model in ([], ["--model", work / "small"]):
        output = tmp_path / f"audit{len(model)}"
        run("audit", "--task", "nsmc", "--data", tmp_path / "data", "--output", output, *model)
        found = json.loads((output / "audit.json").read_text())
        assert next(row for row in found["findings"] if row["kind"] == "label_error")["row"] == 10
        summaries.append(found["summary"]["linear_model"])
    assert "model's vectors" in summaries[1]["definition"] and "model's vectors" not in summaries[0]["definition"]
    assert "no model" in run("audit", "--task", "nsmc", "--data", tmp_path / "data", "--output", tmp_path / "x", "--model",
                             tmp_path, code=66).stderr


def test_audit_and_apply(work, tmp_path):
    rows = [line.split("\t") for line in (work / "tasks/nsmc/train.tsv").read_text().splitlines()]
    rows = [rows[0]] + [[row[0], f"글{i} {row[1]}", row[2]] for i, row in enumerate(rows[1:])]
    rows[10][2] = str(1 - int(rows[10][2]))
    write(tmp_path / "data/train.tsv", rows)
    arguments = ["audit", "--task", "nsmc", "--data", tmp_path / "data", "--output", tmp_path / "audit"]
    assert "beyond its limit: label_noise" in run(*arguments, "--fail-on", "label_noise=0", code=1).stdout
    found = json.loads((tmp_path / "audit/audit.json").read_text())
    first = next(row for row in found["findings"] if row["kind"] == "label_error")
    assert first["row"] == 10 and first["given"] == rows[10][2]
    issues = (tmp_path / "audit/issues.tsv").read_text().splitlines()
    assert issues[0] == "split\tid\trow\tkind\tscore\tgiven\tsuggested\ttext\taction"
    issues = [line + "relabel" if line.split("\t")[2:4] == ["10", "label_error"] else line for line in issues]
    (tmp_path / "issues.tsv").write_text("\n".join(issues) + "\n")
    run("audit", "apply", "--task", "nsmc", "--data", tmp_path / "data", "--issues", tmp_path / "issues.tsv", "--output",
        tmp_path / "fixed")
    rows[10][2] = str(1 - int(rows[10][2]))
    assert (tmp_path / "fixed/train.tsv").read_text() == "".join("\t".join(row) + "\n" for row in rows)
    assert "expected FIGURE=LIMIT" in run(*arguments, "--force", "--fail-on", "noise=1", code=2).stderr


def test_scaling(tmp_path):
    rows = [("parameters", "tokens", "loss")]
    for n in (1e6, 3e6, 1e7, 3e7, 1e8):
        for d in (1e8, 4e8, 1.6e9, 6.4e9):
            rows.append((n, d, 1.69 + 406.4 / n ** 0.34 + 410.7 / d ** 0.28))
    write(tmp_path / "points.tsv", rows)
    fit = json.loads(run("scaling", "fit", "--points", tmp_path / "points.tsv", "--output", tmp_path / "law", "--samples",
                         20, "--json").stdout)
    assert fit["law"]["alpha"] == pytest.approx(0.34, abs=0.01) and fit["law"]["beta"] == pytest.approx(0.28, abs=0.01)
    plans = [json.loads(run("scaling", "plan", "--compute", 1e19, *law, "--json").stdout)
             for law in ([], ["--law", "fitted", "--fit", tmp_path / "law/fit.json"])]
    assert plans[0]["parameters"] == pytest.approx(plans[1]["parameters"], rel=0.1)
    assert 6 * plans[0]["parameters"] * plans[0]["tokens"] == pytest.approx(1e19)
    assert "give either --compute" in run("scaling", "plan", code=2).stderr
