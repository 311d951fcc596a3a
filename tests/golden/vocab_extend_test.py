"""lmkor vocab extend: domain terms become one token in Hugging Face too, all else stays, undo gives the bytes back."""
import json
import re

import pytest
from transformers import AutoTokenizer

from tokenizer_oracle import SPECIALS, ids_of, lmkor
from vocab_train_test import sample

FILES = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
TERMS = {"심근경색": "은 이 으로 을", "혈압강하제": "를 는 가 의", "관상동맥": "이 은 에 을"}


@pytest.fixture(scope="module")
def domain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    general = sample(3000)
    rare = " ".join(c + "다" + c for c in "심근경색혈압강하제관상동맥")  # pieces of the terms, no more
    (folder / "general.txt").write_text("\n".join(general + [rare] * 3) + "\n")
    lines = []
    for i, line in enumerate(sample(300, seed=11)):
        term = list(TERMS)[i % 3]
        particles = TERMS[term].split()
        lines.append(f"{line} {term}{particles[i % 4]} {term}{particles[(i + 1) % 4]}")
    lines.append("한번나온혈관이름 " * 50)  # often, but in one document
    (folder / "domain.txt").write_text("\n".join(lines) + "\n")
    lmkor("vocab", "train", folder / "general.txt", "--output", folder / "base", "--size", 700, "--unused", 20, "--quiet", "--min-character-count", 1)
    return folder


def extend(folder, output, *flags, code=0):
    return lmkor(
        "vocab", "extend", "--tokenizer", folder / "base", "--domain", folder / "domain.txt", "--general",
        folder / "general.txt", "--output", output, "--quiet", *flags, code=code,
    )


def test_terms_become_one_token(tmp_path, domain):
    extend(domain, tmp_path / "e", "--count", 3, "--threads", 2)
    before = (domain / "base" / "vocab.txt").read_text().split("\n")
    after = (tmp_path / "e" / "vocab.txt").read_text().split("\n")
    record = json.loads((tmp_path / "e" / "extension.json").read_text())
    assert {term["term"] for term in record["terms"]} == set(TERMS)
    expected = before[:]
    for term in record["terms"]:
        assert before[term["id"]] == term["slot"]
        expected[term["id"]] = term["term"]
    assert after == expected and [t["slot"] for t in record["terms"]] == ["[unused0]", "[unused1]", "[unused2]"]
    assert record["vocab_size"] == 700 and record["domain"]["documents"] == 301
    old = AutoTokenizer.from_pretrained(str(domain / "base"))
    new = AutoTokenizer.from_pretrained(str(tmp_path / "e"))
    assert len(new) == len(old)
    for term in record["terms"]:
        assert new(term["term"], add_special_tokens=False)["input_ids"] == [term["id"]]
        pieces = old.tokenize(term["term"])
        assert [p["piece"] for p in term["old_pieces"]] == pieces and len(pieces) >= 3
        assert [p["id"] for p in term["old_pieces"]] == old.convert_tokens_to_ids(pieces)
        assert all(p["count"] > 0 for p in term["old_pieces"])
        assert term["documents"] == 100 and term["domain_count"] == 200 and term["general_count"] == 0
        assert term["log_odds"] > 3 and term["z"] > 3
    # text without the terms is divided as before
    general = (domain / "general.txt").read_text().split("\n")[:500]
    assert ids_of(tmp_path / "e", general) == ids_of(domain / "base", general)
    hf = [new(line, add_special_tokens=False)["input_ids"] for line in (domain / "domain.txt").read_text().split("\n")[:-1]]
    assert ids_of(tmp_path / "e", (domain / "domain.txt").read_text().split("\n")[:-1]) == hf


def test_undo_gives_the_bytes_back(tmp_path, domain):
    extend(domain, tmp_path / "e", "--count", 2)
    lmkor(
        "vocab", "extend", "--tokenizer", tmp_path / "e", "--domain", domain / "domain.txt", "--general",
        domain / "general.txt", "--output", tmp_path / "ee", "--count", 1, "--quiet",
    )
    assert json.loads((tmp_path / "ee" / "extension.json").read_text())["terms"][0]["slot"] == "[unused2]"
    lmkor("vocab", "extend", "--undo", tmp_path / "ee", "--output", tmp_path / "once", "--quiet")
    lmkor("vocab", "extend", "--undo", tmp_path / "once", "--output", tmp_path / "twice", "--quiet")
    for name in FILES + ("extension.json",):
        assert (tmp_path / "once" / name).read_bytes() == (tmp_path / "e" / name).read_bytes()
    for name in FILES:
        assert (tmp_path / "twice" / name).read_bytes() == (domain / "base" / name).read_bytes()
    assert sorted(p.name for p in (tmp_path / "twice").iterdir()) == sorted(FILES)
    error = lmkor("vocab", "extend", "--undo", tmp_path / "twice", "--output", tmp_path / "x", code=66)
    assert f"{tmp_path}/twice: no folder before-extension in it; give the folder that lmkor vocab extend has written" in error


def test_a_folder_as_transformers_saves_it(tmp_path, domain):
    AutoTokenizer.from_pretrained(str(domain / "base")).save_pretrained(str(tmp_path / "saved"))
    lmkor(
        "vocab", "extend", "--tokenizer", tmp_path / "saved", "--domain", domain / "domain.txt", "--general",
        domain / "general.txt", "--output", tmp_path / "e", "--count", 1, "--quiet",
    )
    before, after = ((tmp_path / name / "tokenizer.json").read_text() for name in ("saved", "e"))
    (term,) = json.loads((tmp_path / "e" / "extension.json").read_text())["terms"]
    assert before.replace('"[unused0]"', json.dumps(term["term"], ensure_ascii=False)) == after
    new = AutoTokenizer.from_pretrained(str(tmp_path / "e"))
    assert new(term["term"], add_special_tokens=False)["input_ids"] == [term["id"]]


def test_same_terms_for_any_threads_and_memory(tmp_path, domain):
    extend(domain, tmp_path / "one", "--count", 3, "--threads", 1)
    extend(domain, tmp_path / "three", "--count", 3, "--threads", 3, "--memory", "100KB", "--force")
    for name in FILES + ("extension.json",):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "three" / name).read_bytes()


def test_errors(tmp_path, domain):
    error = extend(domain, tmp_path / "e", "--count", 21, code=65)
    assert f"--count 21: expected at most 20: so many [unused] tokens that take a term are left in {domain}/base" in error
    error = extend(domain, tmp_path / "e", "--count", 5, "--min-documents", 5000, code=65)
    assert (
        "no term of the domain takes 3 pieces, is in 5000 documents and is more frequent than in general text; give more "
        "text of the domain or lower --min-pieces, --min-documents or --min-z" in error
    )
    error = lmkor("vocab", "extend", "--output", tmp_path / "e", "--domain", "-", code=2)
    for text in ("tokenizer: required, not given", "general: required, not given", "the text is read twice"):
        assert text in error
    error = lmkor("vocab", "extend", "--output", tmp_path / "e", "--undo", "x", "--domain", "y", code=2)
    assert "undo: takes only --output besides" in error
    assert list(tmp_path.iterdir()) == []
