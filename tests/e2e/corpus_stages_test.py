"""lmkor corpus build in stages and by many processes: the same bytes as one process, after kills and with broken files;
tested texts, stats and restore."""
import json
import os
import pathlib
import random
import resource
import signal
import subprocess
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
OPTIONS = ["--progress", "none", "--part-bytes", "300000", "--dedup-near", "--dedup-repeated-words", "5",
           "--filter-boilerplate-documents", "30"]
STAGES = ("lines", "boilerplate", "survey", "pair", "shingle", "verify", "cluster", "repeat", "words", "write")


def run(*arguments, code=0, **options):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True, **options)
    assert done.returncode == code, done.stderr
    return done


def command(inputs, output, *arguments):
    return [LMKOR, "corpus", "build", "--input", *map(str, inputs), "--output", str(output), *OPTIONS,
            *map(str, arguments)]


def build(inputs, output, *arguments, code=0, **options):
    return run(*command(inputs, output, *arguments)[1:], code=code, **options)


def together(commands, environments=None):
    """Runs commands at the same time; their results in order."""
    environments = environments or [{}] * len(commands)
    processes = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **e})
                 for c, e in zip(commands, environments)]
    results = [process.communicate() for process in processes]
    for process, (_, error) in zip(processes, results):
        assert process.returncode == 0, error
    return [out for out, _ in results]


def files(folder):
    """Bytes of all files but run.json and the last section of the report, which tell time and machine."""
    return {str(path.relative_to(folder)): path.read_bytes().partition(b"Throughput</h2>")[0]
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in ("run.json", "run.toml")}


def records(folder, pattern="docs-*.jsonl.zst"):
    lines = []
    for path in sorted(folder.glob(pattern)):
        lines += subprocess.run(["zstd", "-dcq", path], capture_output=True, check=True).stdout.decode().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    draw = random.Random(4)
    words = ["".join(chr(0xAC00 + draw.randrange(11172)) for _ in range(draw.randint(1, 4))) for _ in range(2000)]
    sentence = lambda: " ".join(draw.choices(words, k=draw.randint(4, 14))) + "다."
    pool = [sentence() for _ in range(300)]
    texts = []
    paths = [folder / f"in{i}.jsonl" for i in range(5)]
    for path in paths:
        with open(path, "w", encoding="utf-8") as out:
            for i in range(500):
                kind = draw.random()
                if texts and kind < 0.1:
                    text = draw.choice(texts)
                elif texts and kind < 0.3:
                    parts = draw.choice(texts).split(" ")
                    parts[draw.randrange(len(parts))] = draw.choice(words)
                    text = " ".join(parts)
                else:
                    text = " ".join(draw.choice(pool) if draw.random() < 0.3 else sentence()
                                    for _ in range(draw.randint(1, 8)))
                    if draw.random() < 0.3:
                        text += f"\n{sentence()}\n모든 권리는 저작권자에게 있으니 옮겨 싣지 마십시오."
                    texts.append(text)
                out.write(json.dumps({"id": f"{path.stem}-{i}", "text": text, "donor": f"d{i % 3}"},
                                     ensure_ascii=False) + "\n")
    return paths


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / "corpus"
    build(inputs, output, "--threads", 2)
    return output


def test_each_kind_of_repeat_is_there_and_sums_agree(whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    dedup = next(s for s in manifest["stages"] if s["name"] == "dedup")
    assert set(dedup["removed"]) == {"repeated_document", "near_duplicate", "repeated", "repeated_words"}
    before = None
    for stage in manifest["stages"]:
        for unit in ("documents", "sentences", "bytes"):
            if unit not in stage["in"]:
                continue
            assert stage["in"][unit] == stage["out"][unit] + sum(r[unit] for r in stage["removed"].values())
            assert before is None or unit not in before["out"] or before["out"][unit] == stage["in"][unit]
        before = stage
    filters = next(s for s in manifest["stages"] if s["name"] == "filter")
    assert filters["removed"]["boilerplate"]["sentences"] > 5 * 30
    documents = records(whole)
    assert len(documents) == manifest["documents"]
    assert sum(len(d["text"].encode()) for d in documents) == manifest["bytes"]
    # What goes as a near duplicate names one that stays, which may have lost sentences since.
    gone = records(whole, "removed/near_duplicate-*.jsonl.zst")
    lost = {d["id"] for reason in ("repeated_document", "near_duplicate")
            for d in records(whole, f"removed/{reason}-*.jsonl.zst")}
    assert len(gone) == dedup["removed"]["near_duplicate"]["documents"] > 100
    for record in gone:
        assert 0.7 <= record["similarity"] <= 1 and record["duplicate_of"] not in lost
    assert not (whole / "state").exists()


def test_the_report_tells_what_each_stage_took(whole):
    took = json.loads((whole / "run.json").read_text())["stage_seconds"]
    assert tuple(took) == STAGES and all(seconds > 0 for seconds in took.values())
    section = (whole / "report.html").read_text().split("Throughput</h2>")[1]
    assert all(f"<td>{stage}</td>" in section for stage in STAGES)


@pytest.mark.parametrize("arguments", [["--threads", 1], ["--threads", 5, "--memory", "200KB"]])
def test_threads_and_memory_do_not_change_a_byte(inputs, whole, tmp_path, arguments):
    build(inputs, tmp_path / "corpus", *arguments)
    assert files(tmp_path / "corpus") == files(whole)


def test_processes_over_one_folder_give_the_same_bytes(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    results = together([command(inputs, output, "--threads", 1, "--shard", f"{i}/3") for i in range(3)])
    assert files(output) == files(whole)
    assert "shard 1 of 3: done" in results[1]
    assert "finished already" in build(inputs, output, "--shard", "1/3").stdout


@pytest.mark.parametrize("names", [("RANK", "WORLD_SIZE"), ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"),
                                   ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS")])
def test_launchers_say_the_shard(inputs, whole, tmp_path, names):
    output = tmp_path / "corpus"
    together([command(inputs, output, "--threads", 1)] * 2,
             [{names[0]: str(i), names[1]: "2", "SLURM_ARRAY_TASK_MIN": "0"} for i in range(2)])
    assert files(output) == files(whole)


def test_stage_by_stage(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    error = build(inputs, output, "--stage", "verify", "--shard", "0/2", code=66).stderr
    assert "stage verify needs stage lines, of which 5 of 5 tasks are not done; run --stage lines on shard 0, 1 of 2" in error
    for stage in ("lines", "boilerplate"):
        for shard in ("0/2", "1/2"):
            build(inputs, output, "--stage", stage, "--shard", shard)
    build(inputs, output, "--stage", "survey", "--shard", "0/2")
    error = build(inputs, output, "--stage", "pair", "--shard", "0/2", code=66).stderr
    assert "stage pair needs stage survey, of which 2 of 5 tasks are not done; run --stage survey on shard 1 of 2" in error
    for stage in STAGES[2:]:
        for shard in ("0/2", "1/2"):
            build(inputs, output, "--stage", stage, "--shard", shard)
    build(inputs, output)
    assert files(output) == files(whole)


def test_killed_workers_begin_again_to_the_same_bytes(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    draw = random.Random(2)
    commands = [command(inputs, output, "--threads", 1, "--shard", f"{i}/2") for i in range(2)]
    processes = [None, None]
    kills = 0
    for attempt in range(400):
        for i, process in enumerate(processes):
            if process is None or process.poll() not in (None, 0):
                processes[i] = subprocess.Popen(commands[i], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if all(process.poll() == 0 for process in processes):
            break
        time.sleep(draw.uniform(0.01, 0.1) * (1 + attempt / 10))
        victim = draw.choice(processes)
        if victim.poll() is None:
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            kills += 1
    assert all(process.poll() == 0 for process in processes) and kills >= 3
    assert files(output) == files(whole)


def test_what_a_worker_left_broken_is_made_again(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    for stage in ("lines", "boilerplate"):
        for shard in ("0/2", "1/2"):
            build(inputs, output, "--stage", stage, "--shard", shard)
    keys = next((output / "state" / "boilerplate").glob("*/keys"))
    keys.write_bytes(keys.read_bytes()[:-1])
    (output / "state" / "lines" / "00002" / "lines").write_bytes(b"")
    error = build(inputs, output, "--stage", "survey", "--shard", "0/2").stderr
    assert "keys: broken working file: its end is not that of a complete file" in error
    assert "lines: broken working file: it is cut off" in error and error.count("it is made again") == 2
    build(inputs, output, "--stage", "survey", "--shard", "1/2")
    state = output / "state"
    bands = state / "survey" / "00001" / "bands"
    bands.write_bytes(bands.read_bytes()[:1000])
    damaged = bytearray((state / "survey" / "00003" / "sentences").read_bytes())
    damaged[40] ^= 1
    (state / "survey" / "00003" / "sentences").write_bytes(damaged)
    (state / "survey" / "00004" / "table").unlink()
    for stage in STAGES[2:]:
        for shard in ("0/2", "1/2"):
            done = build(inputs, output, "--stage", stage, "--shard", shard)
            if stage == "pair" and "it is cut off" in done.stderr:
                assert "it is made again" in done.stderr
    part = next((state / "write" / "00002").glob("docs-*"))
    part.write_bytes(part.read_bytes()[:-7])
    assert "it is made again" in build(inputs, output).stderr
    assert files(output) == files(whole)


def test_output_on_a_full_disk(inputs, whole, tmp_path):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))
    error = build(inputs, tmp_path / "corpus", code=73, preexec_fn=limit).stderr
    assert "cannot write: File too large" in error
    assert not list(tmp_path.rglob("*.tmp-*"))
    build(inputs, tmp_path / "corpus")
    assert files(tmp_path / "corpus") == files(whole)


def test_what_cannot_be(inputs, tmp_path):
    assert ("shard: got \"2/2\", expected I/N with I from 0 to N - 1, such as 0/4"
            in build(inputs, tmp_path / "c", "--shard", "2/2", code=2).stderr)
    assert "expected one of all, lines, boilerplate, survey" in build(inputs, tmp_path / "c", "--stage", "none", code=2).stderr
    assert ("--force: would take away what other shards write; delete the folder first"
            in build(inputs, tmp_path / "c", "--shard", "0/2", "--force", code=2).stderr)
    assert ("-: standard input can be read once, near duplicates and shards need more than one pass; write it to a file"
            in build(["-"], tmp_path / "c", code=2, input="글\n").stderr)
    assert "--memory lots: got no size" in build(inputs, tmp_path / "c", "--memory", "lots", code=2).stderr
    assert ("--decontaminate none: no such file or folder"
            in build(inputs, tmp_path / "c", "--decontaminate", "none", code=66).stderr)
    done = run("corpus", "build", "--input", inputs[0], "--output", tmp_path / "c", "--stage", "verify", code=66)
    assert "needs stage survey" in done.stderr


def test_standard_input_beyond_memory(inputs, tmp_path):
    lines = "".join(f"이것은 {i}번 문장이고 서로 다르다\n" for i in range(20000))
    error = run("corpus", "build", "-", "--output", tmp_path / "c", "--memory", "200KB", code=2, input=lines).stderr
    assert ("-: more different sentences than --memory holds (200.0 kB), and standard input can be read once; write it "
            "to a file or raise --memory") in error


@pytest.mark.parametrize("arguments", [[], ["--dedup-near", "--shard", "0/1"]])
def test_tested_texts_go_and_are_reported(tmp_path, arguments):
    tasks = tmp_path / "tasks"
    (tasks / "nsmc").mkdir(parents=True)
    (tasks / "nsmc" / "test.tsv").write_text("id\tdocument\tlabel\n1\t배우들 연기가 정말 좋았던 영화\t1\n2\t없는 예문이다\t0\n",
                                             encoding="utf-8")
    (tasks / "nsmc" / "train.tsv").write_text("id\tdocument\tlabel\n1\t훈련에 쓰는 문장은 남아야 한다\t1\n", encoding="utf-8")
    raw = tmp_path / "raw.txt"
    raw.write_text("배우들 연기가 정말 좋았던 영화!\n훈련에 쓰는 문장은 남아야 한다\n앞말이 있고. 배우들 연기가 정말 좋았던 영화. 뒷말도 있다.\n",
                   encoding="utf-8")
    output = tmp_path / "corpus"
    run("corpus", "build", "--input", raw, "--output", output, "--decontaminate", tasks, "--filter-min-characters", 3,
        *arguments)
    assert [d["text"] for d in records(output)] == ["훈련에 쓰는 문장은 남아야 한다", "앞말이 있고. 뒷말도 있다."]
    manifest = json.loads((output / "manifest.json").read_text())
    stage = next(s for s in manifest["stages"] if s["name"] == "decontaminate")
    assert stage["removed"]["contaminated"]["sentences"] == 2
    assert manifest["contamination"]["tasks"] == {"nsmc": {"examples": 2, "found": 1, "exact": 1, "ngram": 0, "near": 0}}
    found = [json.loads(line) for line in (output / "contamination.jsonl").read_text().splitlines()]
    assert found == [{"task": "nsmc", "file": "test.tsv", "row": 1, "text": "배우들 연기가 정말 좋았던 영화",
                      "places": {"exact": 2, "ngram": 0, "near": 0}, "first_document": "raw:1"}]
    card = (output / "README.md").read_text()
    assert card.startswith("---\nlanguage:\n- ko\n") and "| nsmc | 2 | 1 | 1 | 0 | 0 |" in card
    assert "Tested texts" in (output / "report.html").read_text()


def test_stats_of_a_corpus_and_of_raw_text(inputs, whole, tmp_path):
    manifest = json.loads((whole / "manifest.json").read_text())
    stats = json.loads(run("corpus", "stats", whole, "--json").stdout)
    assert stats["documents"] == manifest["documents"] and stats["bytes"] == manifest["bytes"]
    assert stats["repeated_documents"] == 0
    texts = [d["text"] for d in records(whole)]
    assert stats["characters"] == sum(map(len, texts)) == sum(stats["characters_by_class"].values())
    assert stats["words"] == sum(len(t.split()) for t in texts)
    assert {s: v["documents"] for s, v in stats["sources"].items()} == {
        s: v["out"]["documents"] for s, v in manifest["sources"].items()}
    raw = json.loads(run("corpus", "stats", *inputs, "--json").stdout)
    assert raw["documents"] == 2500
    assert raw["repeated_documents"] == manifest["stages"][2]["removed"]["repeated_document"]["documents"]
    assert "documents repeat one before" in run("corpus", "stats", *inputs).stdout
    assert "no such file or folder" in run("corpus", "stats", tmp_path / "none", code=66).stderr


def test_restore_gives_removed_text_back(whole, tmp_path):
    manifest = json.loads((whole / "manifest.json").read_text())
    removed = {reason: amount for stage in manifest["stages"] for reason, amount in stage["removed"].items()}
    output = tmp_path / "back.jsonl.zst"
    run("corpus", "restore", whole, "--output", output, "--reason", "near_duplicate", "--from", "in1", "in2")
    back = records(tmp_path, "back.jsonl.zst")
    assert len(back) == sum(manifest["sources"][s]["removed"]["near_duplicate"]["documents"] for s in ("in1", "in2"))
    for record in back:
        assert "stage" not in record and "reason" not in record and "duplicate_of" in record
        assert record["donor"].startswith("d") and record["source"] in ("in1", "in2")
    counts = json.loads(run("corpus", "restore", whole, "--output", tmp_path / "all.jsonl", "--json").stdout)["records"]
    assert counts["repeated"] == removed["repeated"]["sentences"]
    assert counts["repeated_document"] == removed["repeated_document"]["documents"]
    assert ("reason: got \"near\", expected one of" in
            run("corpus", "restore", whole, "--output", tmp_path / "x.jsonl", "--reason", "near", code=2).stderr)
    assert ("exists already" in
            run("corpus", "restore", whole, "--output", tmp_path / "all.jsonl", code=73).stderr)
    assert ("no removed text: got no folder removed/, expected a corpus made by lmkor corpus build" in
            run("corpus", "restore", tmp_path, "--output", tmp_path / "y.jsonl", code=66).stderr)
