"""lmkor corpus build: the same bytes with any number of threads and after any stop; what a user sees on broken input."""
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import time

import pytest

LMKOR = str(pathlib.Path(os.environ["LMKOR_BIN"]) / "lmkor")
WORDS = "영화 정말 재밌게 봤어요 배우 연기 최고 음악 좋았다 별로 지루했다 다시 보고 싶다 추천 합니다 ㅋㅋㅋ ㅠㅠ ♥ 감독 결말 아쉽다".split()
ENDS = ["", ".", "!", "?", "...", "ㅋㅋ", "~"]


def run(*arguments, code=0, **options):
    done = subprocess.run([LMKOR, *map(str, arguments)], capture_output=True, text=True, **options)
    assert done.returncode == code, done.stderr
    return done


def build(inputs, output, *arguments, code=0, **options):
    return run("corpus", "build", "--input", *inputs, "--output", output, "--progress", "none", *arguments, code=code,
               **options)


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


def compress(path):
    subprocess.run(["zstd", "-q", "--rm", "-f", path], check=True)
    return pathlib.Path(f"{path}.zst")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    draw = random.Random(4)

    def text():
        sentences = [" ".join(draw.choices(WORDS, k=draw.randint(1, 9))) + draw.choice(ENDS)
                     for _ in range(draw.randint(1, 5))]
        return draw.choice([" ", "\n", "  "]).join(sentences)

    with open(folder / "reviews.jsonl", "w", encoding="utf-8") as out:
        for i in range(24000):
            record = {"id": str(i), "text": text(), "rating": i % 10}
            if i % 3:
                record["category"] = ["책", "영화"][i % 2]
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    with open(folder / "blog.txt", "w", encoding="utf-8") as out:
        for i in range(9000):
            out.write(text().replace("\n", " ") + "\n")
    with open(folder / "talk.csv", "w", encoding="utf-8") as out:
        out.write("Q,A,label\n")
        for i in range(3000):
            out.write(f"{text().splitlines()[0]},\"{text()}\",0\n")
    return [compress(folder / "reviews.jsonl"), folder / "blog.txt", folder / "talk.csv"]


@pytest.fixture(scope="module")
def whole(inputs, tmp_path_factory):
    output = tmp_path_factory.mktemp("whole") / "corpus"
    build(inputs, output, "--part-bytes", 1000000)
    return output


def test_sums_agree_with_what_lies_on_the_disk(whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    before = None
    for stage in manifest["stages"]:
        for unit in ("documents", "bytes"):
            assert stage["in"][unit] == stage["out"][unit] + sum(r[unit] for r in stage["removed"].values())
            assert before is None or before["out"][unit] == stage["in"][unit]
        before = stage
    documents = records(whole)
    assert manifest["stages"][0]["in"]["documents"] == 36000
    assert len(documents) == before["out"]["documents"] == manifest["documents"]
    assert sum(len(d["text"].encode()) for d in documents) == before["out"]["bytes"]
    assert [i["records"] for i in manifest["inputs"]] == [24000, 9000, 3000]
    for reason in ("too_short", "useless", "repeated"):
        removed = records(whole, f"removed/{reason}-*.jsonl.zst")
        stage = next(s for s in manifest["stages"] if reason in s["removed"])
        assert {(r["stage"], r["reason"]) for r in removed} == {(stage["name"], reason)}
        assert len(removed) == stage["removed"][reason]["sentences"]
    for groups in (manifest["sources"], manifest["categories"]):
        assert sum(g["out"]["bytes"] for g in groups.values()) == manifest["bytes"]
    assert set(manifest["sources"]) == {"reviews", "blog", "talk"}
    assert set(manifest["categories"]) == {"(none)", "책", "영화"}


def test_first_of_equal_sentences_stays_and_fields_are_kept(whole):
    documents = records(whole)
    ids = [d["id"] for d in documents if d["source"] == "reviews"]
    assert ids == sorted(ids, key=int)
    assert all(d["rating"] == int(d["id"]) % 10 for d in documents if d["source"] == "reviews")
    assert all(d["label"] == "0" for d in documents if d["source"] == "talk")


def test_files_of_a_run(whole):
    names = set(files(whole))
    assert {"manifest.json", "report.html", "docs-00000.jsonl.zst", "removed/too_short-00000.jsonl.zst"} <= names
    assert not any("tmp" in name or "state" in name for name in names)
    assert (whole / "run.toml").exists() and (whole / "run.json").exists()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_a_byte(inputs, whole, tmp_path, threads):
    build(inputs, tmp_path / "corpus", "--part-bytes", 1000000, "--threads", threads)
    assert files(tmp_path / "corpus") == files(whole)


def test_settings_file_repeats_the_run(inputs, whole, tmp_path):
    run("corpus", "build", "--config", whole / "run.toml", "--output", tmp_path / "again", "--progress", "none")
    assert files(tmp_path / "again") == files(whole)


def test_killed_at_any_moment_goes_on_to_the_same_bytes(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    command = [LMKOR, "corpus", "build", "--input", *inputs, "--output", output, "--progress", "none", "--part-bytes",
               "1000000"]
    draw = random.Random(9)
    # Four chosen moments, then any, ever later, so that the build gets to its end.
    moments = ["state", "state/progress.json", "docs-00003.jsonl.zst", "removed/repeated-00005.jsonl.zst"]
    kills = went_on = 0
    for attempt in range(200):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.monotonic() + draw.uniform(0.005, 0.15) * (1 + attempt / 10)
        while process.poll() is None and (not (output / moments[0]).exists() if moments else time.monotonic() < end):
            time.sleep(0.0005)
        process.send_signal(signal.SIGKILL)
        moments = moments[1:]
        error = process.communicate()[1]
        went_on += b"going on after part" in error
        if b"exists already" in error and not (output / "state").exists():
            break  # the last kill came after the last byte
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    assert process.returncode in (0, 73) and kills >= 3 and went_on > 0
    assert files(output) == files(whole)


def test_interrupt_ends_with_130_and_goes_on(inputs, whole, tmp_path):
    output = tmp_path / "corpus"
    process = subprocess.Popen([LMKOR, "corpus", "build", "--input", *inputs, "--output", output, "--part-bytes", "1000000"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (output / "state" / "progress.json").exists():
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    assert "run the same command to go on" in process.communicate()[1]
    assert process.returncode == 130
    build(inputs, output, "--part-bytes", 1000000)
    assert files(output) == files(whole)


def test_existing_output_is_an_error(inputs, whole):
    before = files(whole)
    assert ("exists already; choose another --output or add --force to replace it"
            in build(inputs, whole, code=73).stderr)
    assert files(whole) == before


def test_force_replaces(inputs, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "old.txt").write_text("x")
    build([inputs[2]], tmp_path / "corpus", "--force")
    assert not (tmp_path / "corpus" / "old.txt").exists()


def test_truncated_input(inputs, tmp_path):
    cut = tmp_path / "cut.jsonl.zst"
    cut.write_bytes(inputs[0].read_bytes()[:-1000])
    error = build([cut], tmp_path / "corpus", code=65).stderr
    assert f"{cut}: zstd data is cut off" in error and "fetch or make the file again" in error
    assert not (tmp_path / "corpus").exists()


def test_bad_lines_are_counted_and_bounded(tmp_path):
    lines = [json.dumps({"text": f"이 줄은 {i}번 줄이고 아주 멀쩡합니다"}, ensure_ascii=False) for i in range(200)]
    lines[16] = '{"text": "끝나지 않는 줄'
    lines[17] = '{"title": "글이 없는 줄"}'
    raw = tmp_path / "raw.jsonl"
    raw.write_text("\n".join(lines), encoding="utf-8")
    build([raw], tmp_path / "good")
    manifest = json.loads((tmp_path / "good" / "manifest.json").read_text())
    assert manifest["documents"] == 198
    assert manifest["read"]["bad_records"] == 2
    assert manifest["read"]["bad_samples"][1] == (
        f'{raw}:18: broken record: got no field "text", expected a string in field "text" (--map text=NAME if it has '
        "another name)")
    error = build([raw], tmp_path / "bad", "--max-bad-share", 0.005, code=65).stderr
    assert error.startswith(f"lmkor: error (data): {raw}:17: broken record: got no valid JSON (")
    assert ("expected one JSON object; 2 of 200 records are broken, more than --max-bad-share 0.005; mend the input or "
            "raise it") in error
    assert not (tmp_path / "bad").exists()


def test_broken_utf8(tmp_path):
    raw = tmp_path / "raw.txt"
    raw.write_bytes("이 줄은 아주 멀쩡한 줄입니다\n".encode() * 3 + "이 줄은 ".encode() + b"\xb0\xa1" + "깨진 줄입니다만\n".encode())
    assert "4: " in build([raw], tmp_path / "a", code=65).stderr
    build([raw], tmp_path / "b", "--max-bad-share", 0.5)
    assert json.loads((tmp_path / "b" / "manifest.json").read_text())["read"]["repaired_records"] == 1
    assert records(tmp_path / "b")[-1]["text"] == "이 줄은 깨진 줄입니다만"
    error = build([raw], tmp_path / "c", "--invalid-utf8", "error", code=65).stderr
    assert f"{raw}:4: got broken UTF-8 at byte 12 of the record" in error


def test_empty_missing_and_unknown(inputs, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert (f"{empty}: empty input: got no record, expected at least one document"
            in build([empty], tmp_path / "c", code=65).stderr)
    (tmp_path / "folder").mkdir()
    assert "no file with text: got an empty folder" in build([tmp_path / "folder"], tmp_path / "c", code=65).stderr
    assert "no such file or folder" in build([tmp_path / "none.txt"], tmp_path / "c", code=66).stderr
    assert "filter.min_characters" in build(inputs, tmp_path / "c", "--set", "filter.min_character=3", code=2).stderr
    assert "filter.min_hangul_share" in build(inputs, tmp_path / "c", "--filter-min-hangul-share", 2, code=2).stderr
    assert not (tmp_path / "c").exists()


def test_another_command_does_not_go_on(inputs, tmp_path):
    output = tmp_path / "corpus"
    process = subprocess.Popen([LMKOR, "corpus", "build", "--input", *inputs, "--output", output, "--part-bytes", "1"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (output / "state" / "progress.json").exists():
        time.sleep(0.001)
    assert "another lmkor is writing here" in build(inputs, output, "--part-bytes", 1, code=73).stderr
    process.kill()
    process.wait()
    error = build(inputs, output, "--part-bytes", 2, code=65).stderr
    assert "holds an unfinished corpus of another kind: got part_bytes = 2, before it was 1" in error
    build(inputs, output, "--force")



def test_outputs_that_cannot_be_written(inputs, whole, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    error = build(inputs, blocked / "corpus", code=73).stderr
    assert "cannot create the folder: Not a directory" in error

    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
    error = build(inputs, tmp_path / "small", "--part-bytes", 1000000, code=73, preexec_fn=limit).stderr
    assert "cannot write: File too large" in error
    assert not list(tmp_path.rglob("*.tmp-*"))
    build(inputs, tmp_path / "small", "--part-bytes", 1000000)
    assert files(tmp_path / "small") == files(whole)


def test_input_folder_may_hold_the_output(inputs, tmp_path):
    shutil.copy(inputs[2], tmp_path / "talk.csv")
    build([tmp_path], tmp_path / "corpus")
    build([tmp_path], tmp_path / "corpus", "--force")
    assert json.loads((tmp_path / "corpus" / "manifest.json").read_text())["inputs"][0]["records"] == 3000


def test_standard_input_and_json_result(tmp_path):
    done = run("corpus", "build", "-", "--output", tmp_path / "c", "--json", input="표준 입력으로 온 한 줄입니다\n" * 2)
    result = json.loads(done.stdout)
    assert result["documents"] == 1 and result["stages"][2]["removed"]["repeated"]["documents"] == 1
    assert records(tmp_path / "c")[0]["id"] == "stdin:1"


def test_killed_while_it_cleans_up(inputs, tmp_path):
    output = tmp_path / "corpus"
    build([inputs[2]], output)
    (output / ".state-done").mkdir()
    (output / ".state-done" / "hashes-00000.bin").write_bytes(b"x")
    assert "finished already" in build([inputs[2]], output).stdout
    assert not (output / ".state-done").exists()
    build([inputs[2]], output, code=73)


def test_categories_from_lists_of_words_to_shards(tmp_path):
    draw = random.Random(5)
    topics = {"food": "김치찌개 식당 반찬 국물 요리 고기".split(), "law": "법률 조항 시행령 벌칙 허가 신고".split()}
    with open(tmp_path / "raw.jsonl", "w", encoding="utf-8") as out:
        for i in range(400):
            words = draw.choices(topics["food" if i % 2 else "law"], k=8) + draw.choices("오늘 정말 다시 그리고 합니다".split(), k=6)
            draw.shuffle(words)
            out.write(json.dumps({"text": " ".join(words) + f" {i}"}, ensure_ascii=False) + "\n")
    for name, words in topics.items():
        (tmp_path / f"{name}.txt").write_text("# words\n" + "\n".join(words[:4]) + "\n", encoding="utf-8")
    model = tmp_path / "model"
    done = run("corpus", "train-categories", "--input", tmp_path / "raw.jsonl", "--words", tmp_path / "food.txt",
               tmp_path / "law.txt", "--output", model, "--progress", "none", "--json")
    assert json.loads(done.stdout)["held_out"]["macro_f1"] > 0.9
    assert {"weights.bin", "labels.json", "categories.json", "report.html", "run.toml"} <= {p.name for p in model.iterdir()}
    build([tmp_path / "raw.jsonl"], tmp_path / "corpus", "--categories", model)
    manifest = json.loads((tmp_path / "corpus" / "manifest.json").read_text())
    assert {"food", "law"} <= set(manifest["categories"])
    food = [r for r in records(tmp_path / "corpus") if r["category"] == "food"]
    assert all(0 < r["category_confidence"] <= 1 for r in food) and 150 < len(food) < 250
    run("vocab", "train", "--input", tmp_path / "corpus", "--output", tmp_path / "vocab", "--size", 110, "--unused", 0,
        "--progress", "none")
    done = run("shard", "--input", tmp_path / "corpus", "--tokenizer", tmp_path / "vocab", "--output", tmp_path / "shards",
               "--categories", "food", "--progress", "none", "--json")
    assert json.loads(done.stdout)["documents"] == len(food)
    shards = json.loads((tmp_path / "shards" / "manifest.json").read_text())
    assert set(shards["categories"]) == {"food"} and shards["documents_of_other_categories"] == 400 - len(food)


def test_example_lists_of_words_remove_sentences(tmp_path):
    words = pathlib.Path(os.environ["LMKOR_SOURCE"]) / "examples" / "words"
    raw = tmp_path / "raw.txt"
    raw.write_text("이 바보 같은 영화를 왜 봤을까요\n옛날 바보상자 앞에 모여 앉아 있었다\n지금 바로 클릭 하시면 선물을 드려요\n",
                   encoding="utf-8")
    build([raw], tmp_path / "corpus", "--filter-profanity", words / "profanity.txt", "--filter-spam", words / "spam.txt")
    assert [r["text"] for r in records(tmp_path / "corpus")] == ["옛날 바보상자 앞에 모여 앉아 있었다"]
    assert [r["reason"] for r in records(tmp_path / "corpus", "removed/spam-*.jsonl.zst")] == ["spam"]
