"""Reading by the programs: fields that travel to the shards, donors taken out, messages of bad input."""

import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

BIN = Path(os.environ["LMKOR_BIN"])
SENTENCES = ["오늘은 하루 종일 비가 내려서 집에만 있었습니다.", "새로 나온 영화를 보았는데 배우들의 연기가 훌륭했어요.",
             "학교 앞 식당의 김치찌개가 정말 맛있다고 합니다.", "기차를 놓치는 바람에 약속 시간에 늦고 말았다."]


def lmkor(*arguments, code=0, folder=None):
    run = subprocess.run([BIN / "lmkor", *map(str, arguments)], capture_output=True, text=True, cwd=folder)
    assert run.returncode == code, run.stderr
    return run.stdout if code == 0 else run.stderr


def records(folder):
    out = []
    for part in sorted(folder.glob("*.jsonl.zst")):
        lines = subprocess.run(["zstd", "-dcq", part], capture_output=True, check=True).stdout.decode().splitlines()
        out += [json.loads(line) for line in lines]
    return out


@pytest.fixture
def world(tmp_path):
    """Donations of two people, a corpus, a vocabulary and shards made of them."""
    for number, donor in enumerate(("kim", "lee")):
        (tmp_path / "in" / donor).mkdir(parents=True)
        lines = [json.dumps({"text": f"{donor}의 {i}번째 글에는 {SENTENCES[(i + number) % 4]}", "rating": i}, ensure_ascii=False)
                 for i in range(40)]
        (tmp_path / "in" / donor / "reviews.jsonl").write_text("\n".join(lines) + "\n")
    lmkor("corpus", "build", "--input", "in", "--output", "corpus", "--fill", "in/kim:donor=kim", "--fill",
          "in/lee:donor=lee", "--fill", "licence=CC BY 4.0", "--fill", "category=review", folder=tmp_path)
    lmkor("vocab", "train", "--input", "corpus", "--output", "vocab", "--size", 200, "--unused", 10, folder=tmp_path)
    lmkor("shard", "--input", "corpus", "--tokenizer", "vocab", "--output", "shards", folder=tmp_path)
    return tmp_path


def test_fields_travel_to_the_shards(world):
    for record in records(world / "corpus"):
        assert record["donor"] in ("kim", "lee") and record["licence"] == "CC BY 4.0" and "rating" in record
    manifest = json.loads((world / "shards/manifest.json").read_text())
    assert set(manifest["donors"]) == {"kim", "lee"} and set(manifest["licences"]) == {"CC BY 4.0"}
    origins = records(world / "shards")
    assert len(origins) == manifest["documents"]
    assert sum(origin["donor"] == "kim" for origin in origins) == manifest["donors"]["kim"]["documents"]
    assert all(origin["category"] == "review" and origin["id"] for origin in origins)


def test_remove_takes_a_donor_out_and_tells_the_descendants(world):
    before = json.loads((world / "corpus/manifest.json").read_text())
    result = json.loads(lmkor("corpus", "remove", "--corpus", "corpus", "--donor", "kim", "--json", folder=world))
    assert [Path(row["path"]).name for row in result["descendants"]] == ["shards", "vocab"]
    after = json.loads((world / "corpus/manifest.json").read_text())
    left = records(world / "corpus") + records(world / "corpus/removed")
    assert left and all(record["donor"] == "lee" for record in left)
    assert after["documents"] == before["documents"] - result["documents"] == len(records(world / "corpus"))
    assert after["stages"][-1]["removed"]["donor_withdrew"]["documents"] == result["documents"] > 0
    assert not list(world.glob(".corpus*")) and not (world / "corpus/report.html").exists()
    # What was made from the former corpus is found by its hash, also after it was moved.
    (world / "elsewhere").mkdir()
    (world / "shards").rename(world / "elsewhere/shards")
    again = json.loads(lmkor("corpus", "remove", "--corpus", "corpus", "--donor", "lee", "--json", folder=world))
    assert {Path(row["path"]).name for row in again["descendants"]} == {"shards", "vocab"}
    assert json.loads((world / "corpus/manifest.json").read_text())["documents"] == 0


def test_remove_of_an_unknown_donor_changes_nothing(world):
    before = (world / "corpus/manifest.json").read_bytes()
    error = lmkor("corpus", "remove", "--corpus", "corpus", "--donor", "park", folder=world, code=65)
    assert "corpus: got no record of donor \"park\", expected one of kim, lee" in error
    assert (world / "corpus/manifest.json").read_bytes() == before


def test_archives_and_encodings_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/글.txt", "\n".join(SENTENCES).encode("cp949"))
        archive.writestr("b.png", b"\x89PNG\0\0")
    run = subprocess.run([BIN / "lmkor", "corpus", "build", "--input", "in.zip", "--output", "corpus"], cwd=tmp_path,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "in.zip!a/글.txt: read as cp949 (100.0 % of its first Korean characters fit" in run.stderr
    read = json.loads((tmp_path / "corpus/manifest.json").read_text())["read"]
    assert read["skipped"] == {"member of an archive: .png": 1} and len(read["notes"]) == 1
    assert [record["text"] for record in records(tmp_path / "corpus")] == SENTENCES


def test_missing_and_parquet(tmp_path):
    error = lmkor("corpus", "build", "--input", "nowhere.jsonl", "--output", "out", folder=tmp_path, code=66)
    assert "nowhere.jsonl" in error
    if (BIN / "liblmkor_parquet.so").exists():
        (tmp_path / "bad.parquet").write_bytes(b"PAR1" + b"x" * 100)
        error = lmkor("corpus", "build", "--input", "bad.parquet", "--output", "out", folder=tmp_path, code=65)
        assert "bad.parquet:1: damaged Parquet: got \"" in error
        arrow = pytest.importorskip("pyarrow")
        import pyarrow.parquet as parquet

        parquet.write_table(arrow.table({"title": ["가"], "n": [1]}), tmp_path / "other.parquet")
        error = lmkor("corpus", "build", "--input", "other.parquet", "--output", "out", folder=tmp_path, code=65)
        assert ("other.parquet:1: no column of text: got columns title, n; expected one of text, document, review,"
                in error)
        parquet.write_table(arrow.table({"text": [1, 2]}), tmp_path / "number.parquet")
        error = lmkor("corpus", "build", "--input", "number.parquet", "--output", "out", folder=tmp_path, code=65)
        assert "number.parquet:1: broken record: got a number in field \"text\", expected a string" in error
        with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
            archive.write(tmp_path / "other.parquet", "other.parquet")
        error = lmkor("corpus", "build", "--input", "p.zip", "--output", "out", folder=tmp_path, code=65)
        assert "p.zip!other.parquet: got Parquet that is packed or piped, expected a plain file; unpack it" in error
    else:
        (tmp_path / "bad.parquet").write_bytes(b"PAR1")
        error = lmkor("corpus", "build", "--input", "bad.parquet", "--output", "out", folder=tmp_path, code=69)
        assert "bad.parquet: this lmkor cannot read Parquet: liblmkor_parquet.so is not beside the program" in error
