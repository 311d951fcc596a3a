"""Readers against those of Python: csv, json, codecs, pyarrow, polib, mwparserfromhell. What is compared is what
bench/read_speed --dump prints, one JSON object a document."""

import csv
import io
import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

BIN = Path(os.environ["LMKOR_BIN"])
FORMATS = Path(os.environ["LMKOR_TEST_DATA"]) / "formats"
real = pytest.mark.skipif(not FORMATS.is_dir(), reason="no real data")


def read(path, *settings):
    out = subprocess.run([BIN / "read_speed", "--dump", *settings, str(path)], capture_output=True, check=True)
    return [json.loads(line) for line in out.stdout.decode().splitlines()]


def squeeze(text):
    return re.sub(r"\s+", "", text)


@real
def test_csv_of_petitions_equals_python():
    path = FORMATS / "csv/petitions-bom-crlf-quoted.csv"
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    column = max(rows[0], key=lambda name: sum(len(row[name]) for row in rows))
    got = read(path, f"map=text={column}")
    assert [document["text"] for document in got] == [row[column] for row in rows]
    for name in rows[0]:
        if name not in (column, "id", "category", "date"):
            known = name in ("text", "source", "donor", "licence")
            assert [d["original_" + name if known else name] for d in got] == [row[name] for row in rows]


def test_random_csv_equals_python(tmp_path):
    draw = random.Random(1)
    pieces = ['"', ",", "\n", "\r\n", "가", "나다", " ", "a", "\t", "'"]
    rows = [["".join(draw.choices(pieces, k=draw.randrange(1, 12))) for _ in range(3)] for _ in range(500)]
    for delimiter, name in ((",", "r.csv"), ("\t", "r.tsv")):
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
            text = io.StringIO()
            writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
            writer.writerow(["text", "x", "y"])
            writer.writerows(rows)
            (tmp_path / name).write_bytes(text.getvalue().encode())
            got = [[d["text"], d["x"], d["y"]] for d in read(tmp_path / name)]
            want = list(csv.reader(io.StringIO(text.getvalue(), newline=""), delimiter=delimiter))[1:]
            assert got == want


@real
def test_json_equals_python():
    for path in sorted((FORMATS / "json").glob("*.json")):
        want = json.loads(path.read_text())
        got = read(path)
        assert [d["text"] for d in got] == [w["review"] for w in want]
        assert [d["rating"] for d in got] == [w["rating"] for w in want]
    want = [json.loads(line) for line in (FORMATS / "jsonl/petitions-original-keys.jsonl").open()]
    got = read(FORMATS / "jsonl/petitions-original-keys.jsonl")
    assert [d["text"] for d in got] == [w["content"] for w in want]
    left = set(want[0]) - {"content", "id", "category", "date"}
    assert all(d[key] == w[key] for d, w in zip(got, want) for key in left)


@real
def test_encodings_equal_codecs():
    texts = {"cp949.txt": "cp949", "utf16le-bom.txt": "utf-16", "utf8-bom-crlf.txt": "utf-8-sig", "utf8-nfd.txt": "utf-8",
             "utf8.txt": "utf-8"}
    for name, codec in texts.items():
        lines = (FORMATS / "txt" / name).read_bytes().decode(codec).split("\n")
        want = [line.rstrip("\r") for line in lines if line.strip(" \t\r")]
        assert [d["text"] for d in read(FORMATS / "txt" / name)] == want


def test_all_of_cp949_equals_codecs(tmp_path):
    syllables = [chr(c) for c in range(0xAC00, 0xD7A4)]
    (tmp_path / "all.txt").write_bytes("\n".join(syllables).encode("cp949"))
    assert [d["text"] for d in read(tmp_path / "all.txt", "encoding=cp949")] == syllables
    assert [d["text"] for d in read(tmp_path / "all.txt")] == syllables


@real
def test_modu_equals_json():
    for name, unit in (("NWRW1900000099", "paragraph"), ("MDRW1900000099", "utterance")):
        path = FORMATS / f"modu/{name}.json"
        want = json.loads(path.read_text())["document"]
        got = read(path)
        assert [d["id"] for d in got] == [w["id"] for w in want]
        assert [d["text"] for d in got] == ["\n".join(u["form"] for u in w[unit] if u["form"].strip()) for w in want]
        assert [d["category"] for d in got] == [w["metadata"]["topic"] for w in want]


@real
def test_mediawiki_keeps_what_mwparserfromhell_keeps():
    parser = pytest.importorskip("mwparserfromhell")
    import bz2
    import xml.etree.ElementTree as tree

    path = FORMATS / "mediawiki/kowikisource-sample-pages-articles.xml.bz2"
    root = tree.fromstring(bz2.open(path).read())
    pages = {}
    for page in root.findall("{*}page"):
        if page.find("{*}ns").text == "0" and page.find("{*}redirect") is None:
            pages[page.find("{*}id").text] = page.find("{*}revision/{*}text").text or ""
    got = {d["id"]: d["text"] for d in read(path)}
    assert got.keys() == pages.keys()
    for number, wikitext in pages.items():
        want = squeeze(parser.parse(wikitext).strip_code())
        text = squeeze(got[number])
        # The oracle keeps category names and list marks; running text is what must be equal.
        want = re.sub(r"분류:[^\n]*$", "", want)
        assert abs(len(text) - len(want)) <= 0.02 * len(want) + 40, number
        sample = [want[i:i + 40] for i in range(0, max(len(want) - 40, 1), 997)]
        found = sum(piece in text for piece in sample)
        assert found >= 0.95 * len(sample), number


@real
def test_mediawiki_sample():
    got = {d["title"]: d["text"] for d in read(FORMATS / "mediawiki/kowiki-sample-pages-articles.xml")}
    assert set(got) == {"트랜스포머 (기계 학습)", "한국 근대 단편소설 목록", "메밀꽃 필 무렵", "빈 문서", "메밀"}
    article = got["트랜스포머 (기계 학습)"]
    assert article.startswith("트랜스포머(transformer)는 멀티 헤드 어텐션 메커니즘을 기반으로 하는 딥 러닝 아키텍처이며,")
    for mark in ("{{", "}}", "[[", "]]", "<ref", "'''", "분류:", "섬네일", "Vaswani", "==", "각주"):
        assert mark not in article, mark
    assert "수년 동안 시퀀스 모델링 및 생성은" in article and "\n역사\n이전 모델\n" in article
    assert "[[링크 아님]]" in got["메밀꽃 필 무렵"]
    assert "여름장이란 애당초에 글러서," in got["메밀꽃 필 무렵"]
    assert "5205" not in got["한국 근대 단편소설 목록"]


@real
def test_namuwiki_sample():
    got = read(FORMATS / "namuwiki/namuwiki-sample.json")
    want = json.loads((FORMATS / "namuwiki/namuwiki-sample.json").read_text())
    articles = [w for w in want if w["namespace"] == "0" and not w["text"].lower().startswith(("#redirect", "#넘겨주기"))]
    assert [d["title"] for d in got] == [w["title"] for w in articles]
    for document in got:
        for mark in ("{{{", "}}}", "[[", "]]", "'''", "[*", "[목차]", "[include", "||", "분류:", "=="):
            assert mark not in document["text"], (document["title"], mark)
    # Lines without markup come out as they went in.
    for document, page in zip(got, articles):
        plain = [line for line in page["text"].split("\n") if re.fullmatch(r"[가-힣A-Za-z0-9 .,?!]{20,}", line)]
        lines = document["text"].split("\n")
        assert all(line.strip() in lines for line in plain)
    assert "작품 정보" not in got[0]["text"] and "취소선 예시" in got[0]["text"]
    assert "기숙생에게 오는 사신을" in got[0]["text"]


@real
def test_po_equals_polib():
    polib = pytest.importorskip("polib")
    path = FORMATS / "po/python-tutorial-classes.po"
    want = [entry.msgstr for entry in polib.pofile(str(path)).translated_entries()]
    (got,) = read(path)
    assert got["text"] == "\n".join(want)


def test_parquet_equals_pyarrow(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    if not (BIN / "liblmkor_parquet.so").exists():
        pytest.skip("built without Parquet")
    draw = random.Random(2)
    rows = [{"text": "".join(draw.choices("가나다 \n\"\\", k=draw.randrange(80))), "n": draw.randrange(-9, 9),
             "x": draw.choice([1.5, -2.25, None]), "tags": draw.choice([[], ["a", "나"], None]),
             "s": {"a": draw.choice([True, False]), "b": "다"}} for _ in range(3000)]
    table = arrow.Table.from_pylist(rows)
    for options in ({}, {"compression": "zstd", "row_group_size": 100}, {"use_dictionary": False, "version": "1.0"}):
        parquet.write_table(table, tmp_path / "t.parquet", **options)
        got = read(tmp_path / "t.parquet")
        assert [{key: d[key] for key in rows[0]} for d in got] == rows
    large = table.set_column(0, "text", table["text"].cast(arrow.large_string()))
    parquet.write_table(large, tmp_path / "l.parquet")
    assert [d["text"] for d in read(tmp_path / "l.parquet")] == [row["text"] for row in rows]


@real
def test_markdown_keeps_its_words():
    for path in sorted((FORMATS / "markdown").glob("*.md")):
        (got,) = read(path)
        body = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(), flags=re.S)
        plain = re.sub(r"```.*?```|`[^`]*`|<[^>]*>|\([^)]*\)|\{/\*.*?\*/\}|!?\[[^\]]*\]", " ", body, flags=re.S)
        words = re.findall(r"[가-힣]{4,}", plain)
        text = got["text"]
        assert sum(word in text for word in words) >= 0.97 * len(words), path.name
        assert "```" not in text and "**" not in text
    law = read(FORMATS / "markdown/statute-civil-act.md")[0]
    assert law["제목"] == "민법" and law["소관부처"] == "법무부"
